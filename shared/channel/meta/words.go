package meta

import "fmt"

// verdict is what an error of Meta's means for a message.
type verdict int

const (
	refused verdict = iota // for good
	again                  // later
	few                    // later, but not for ever
	blocked                // the person is gone or doesn't want it
	broken                 // the account can't send any more
)

// meaning is what an error means, and what an agent reads.
type meaning struct {
	verdict verdict
	words   string
}

const (
	windowWords = "The messaging window is over: the contact's last message is too long ago for a free answer."
	tokenWords  = "Meta no longer accepts the access token. Make a new one and paste it into the channel's settings."
	rightWords  = "The access token lacks a permission that sending needs. Give it the permissions that the channel's help names."
	lockedWords = "Meta has locked or restricted the account. Look at the account's quality page in Meta's business settings."
	slowWords   = "Meta asks for patience: too many messages at once."
	personWords = "The contact can't be reached: the account is gone, or doesn't take messages from us."
	awayWords   = "Meta has trouble at the moment."
)

// meaningOf is the table of errors. Subcodes are looked at where one code stands for several things.
func meaningOf(code, subcode int) (meaning, bool) {
	switch {
	case code == 10 && (subcode == 2018278 || subcode == 2018065 || subcode == 2534022), code == 131047:
		return meaning{refused, windowWords}, true
	case code == 100 && subcode == 2018001, code == 551, code == 131026:
		return meaning{blockedOr(code), personWords}, true
	case code == 100 && subcode == 2018047, code == 131053:
		return meaning{fewOr(code), "Meta could not take the file."}, true
	case code >= 200 && code <= 299, code == 3, code == 10:
		return meaning{broken, rightWords}, true
	case code >= 132000 && code <= 132999:
		return meaning{refused, "The template can't be sent as it is."}, true
	}
	m, known := meanings()[code]
	return m, known
}

// blockedOr: WhatsApp's "undeliverable" has several causes, of which blocking is only one.
func blockedOr(code int) verdict {
	if code == 131026 {
		return refused
	}
	return blocked
}

func fewOr(code int) verdict {
	if code == 131053 {
		return few
	}
	return refused
}

func meanings() map[int]meaning {
	return map[int]meaning{
		0: {broken, tokenWords}, 102: {broken, tokenWords}, 190: {broken, tokenWords},
		368: {broken, lockedWords}, 131031: {broken, lockedWords},
		4: {again, slowWords}, 17: {again, slowWords}, 32: {again, slowWords}, 613: {again, slowWords},
		80006: {again, slowWords}, 80007: {again, slowWords}, 130429: {again, slowWords}, 131056: {again, slowWords},
		131048: {again, "Meta holds back messages of this number, because people blocked or reported it."},
		131064: {again, awayWords}, 133016: {again, awayWords}, 2: {again, awayWords}, 1200: {again, awayWords},
		1: {few, awayWords}, 131000: {few, awayWords}, 135000: {few, awayWords},
		100:    {refused, "Meta refused the message's form."},
		131008: {refused, "Meta refused the message's form."}, 131009: {refused, "Meta refused the message's form."},
		131051: {refused, "Meta doesn't take this kind of message."},
		131049: {refused, "Meta held the message back to limit how many messages this contact gets."},
		130472: {refused, "Meta held the message back: the contact is part of an experiment of Meta's."},
	}
}

// Words says what an error of Meta's means, in an agent's words and then in Meta's.
func (p API) Words(code int, said string) string { return wordsOf(code, 0, said) }

func wordsOf(code, subcode int, said string) string {
	m, known := meaningOf(code, subcode)
	switch {
	case !known && said == "":
		return fmt.Sprintf("Meta refused it (error %d).", code)
	case !known:
		return fmt.Sprintf("Meta refused it: %s (error %d)", said, code)
	case said == "":
		return fmt.Sprintf("%s (error %d)", m.words, code)
	default:
		return fmt.Sprintf("%s Meta says: %s (error %d)", m.words, said, code)
	}
}
