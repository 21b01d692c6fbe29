package channel

import (
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// longestIdentifier bounds a delivery identifier's value, in bytes.
const longestIdentifier = 200

// CustomIdentity is the identity that an address on a custom channel stands for: mail addresses and telephone numbers are
// those of every channel, anything else belongs to this type of channel. A refusal says what is wrong with the value.
func CustomIdentity(t desk.ChannelType, p desk.CustomParty) (desk.Identity, error) {
	value := strings.TrimSpace(p.Value)
	bad := func(words string) (desk.Identity, error) {
		return desk.Identity{}, desk.RefuseField("deliveryIdentifier.value", words)
	}
	switch {
	case value == "":
		return bad("is required")
	case len(value) > longestIdentifier:
		return bad("has at most 200 bytes")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return bad("holds a control character")
	}
	switch p.Type {
	case desk.EmailAddress:
		if !mailAddress(value) {
			return bad("is no mail address")
		}
		return desk.Identity{Kind: "email", Value: strings.ToLower(value)}, nil
	case desk.PhoneNumber:
		number, ok := phoneNumber(value)
		if !ok {
			return bad("is no telephone number such as +31201234567")
		}
		return desk.Identity{Kind: "phone", Value: number}, nil
	case desk.OpaqueID, desk.ShortCode:
		return desk.Identity{Kind: string(t), Value: value}, nil
	}
	return desk.Identity{}, desk.RefuseField("deliveryIdentifier.type", "is one of "+strings.Join(CustomIdentifierTypes(), ", "))
}

// CustomIdentifierTypes are all types of delivery identifiers.
func CustomIdentifierTypes() []string {
	return []string{desk.OpaqueID, desk.EmailAddress, desk.PhoneNumber, desk.ShortCode}
}

// CustomAddress reads an address that somebody typed as one of the types that the channel declares.
func CustomAddress(x desk.CustomChannel, address string) (desk.CustomParty, desk.Identity, error) {
	for _, kind := range []string{desk.EmailAddress, desk.PhoneNumber, desk.OpaqueID, desk.ShortCode} {
		if !slices.Contains(x.Capabilities.DeliveryIdentifierTypes, kind) {
			continue
		}
		p := desk.CustomParty{Type: kind, Value: strings.TrimSpace(address)}
		if who, err := CustomIdentity(desk.CustomType(x.ID), p); err == nil {
			return p, who, nil
		}
	}
	return desk.CustomParty{}, desk.Identity{}, desk.RefuseField("to", x.Name+" has no such address; it knows "+strings.Join(x.Capabilities.DeliveryIdentifierTypes, ", "))
}

// mailAddress reports whether a text has the form of a mail address. Whether it exists is not looked at.
func mailAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(s, " \t<>,;\"") && !strings.Contains(domain, "@")
}

// phoneNumber takes out what people write between the digits of an international number.
func phoneNumber(s string) (string, bool) {
	s = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(s)
	digits, plus := strings.CutPrefix(s, "+")
	return s, plus && len(digits) >= 5 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}
