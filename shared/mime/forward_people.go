package mime

import (
	"regexp"
	"strings"
	"sync"
)

// writtenAddress finds mail addresses in free text, with what marks a link before them.
var writtenAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:mailto:)?[^\s<>()\[\]"„“”',;:|]+(?:'[^\s<>()\[\]"„“”',;:|]+)?@[\pL\pN][\pL\pN.\-]*[\pL\pN]`)
})

// maxPeople bounds the addresses taken from one line.
const maxPeople = 200

// writtenPeople reads the people of a line as clients write them for readers, which is no header syntax: names with bare
// commas, "Ann<mailto:ann@example.com>", "[mailto:ann@example.com]", "(ann@example.com)", semicolons, and names alone.
func writtenPeople(s string) []Address {
	var people []Address
	at := 0
	for _, m := range writtenAddress().FindAllStringIndex(s, maxPeople) {
		between := s[at:m[0]]
		addr := s[m[0]:m[1]]
		link := len(addr) > 7 && strings.EqualFold(addr[:7], "mailto:")
		if link {
			addr = addr[7:]
		}
		name := writtenName(between)
		at = m[1]
		if n := len(people); n > 0 && name == "" && (link && strings.HasSuffix(between, "<") && !strings.ContainsAny(between, ",;") || strings.EqualFold(people[n-1].Addr, addr)) {
			continue // the link of the address before, or the address again
		}
		if n := len(people); n > 0 && strings.EqualFold(people[n-1].Addr, addr) && people[n-1].Name == "" {
			people[n-1].Name = name
			continue
		}
		people = append(people, Address{Name: name, Addr: addr})
	}
	if people == nil {
		return namesOnly(s)
	}
	return people
}

// writtenName cleans what stands between two addresses to the name of the second.
func writtenName(s string) string {
	s = strings.TrimLeft(s, ">)],; \t\"'”")
	s = strings.TrimRight(s, "<([ \t")
	return strings.TrimRight(strings.TrimSpace(strings.Trim(s, "\"'„“”*` \t")), ",;:")
}

// namesOnly reads a line of names without addresses.
func namesOnly(s string) []Address {
	if strings.HasPrefix(strings.ToLower(s), "undisclosed") {
		return nil
	}
	var people []Address
	for name := range strings.SplitSeq(s, ";") {
		if name = writtenName(name); name != "" && len(people) < maxPeople {
			people = append(people, Address{Name: name})
		}
	}
	return people
}

// writtenBy reads the date and the person of an attribution.
func writtenBy(text string) (date string, from Address) {
	m := writtenAddress().FindStringIndex(text)
	if m == nil {
		return "", Address{}
	}
	from.Addr = strings.TrimPrefix(text[m[0]:m[1]], "mailto:")
	before := strings.TrimRight(text[:m[0]], "<([ ")
	end := dateEnd(before)
	date, name := before[:end], before[end:]
	if q := strings.IndexAny(name, `"„“`); q >= 0 {
		name = name[q:]
	}
	from.Name = fillers().ReplaceAllString(writtenName(strings.TrimLeft(name, " ,")), "")
	return trimBlank(intros().ReplaceAllString(strings.TrimRight(date, ", "), "")), from
}

// dateEnd finds where the date at the beginning of an attribution ends: behind its last time of day, else its last year.
func dateEnd(s string) int {
	if m := timeOfDay().FindAllStringIndex(s, -1); m != nil {
		return m[len(m)-1][1]
	}
	if m := yearOrDate().FindAllStringIndex(s, -1); m != nil {
		return m[len(m)-1][1]
	}
	return 0
}

var (
	timeOfDay = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?(?: ?[AaPp]\.?[Mm]\.?\b)?(?: \(?[A-Z]{2,5}\)?\b)?(?: ?[+-]\d{2}:?\d{2})?`)
	})
	yearOrDate = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\b(?:19|20)\d\d\b`)
	})
	// intros are the words that come before the date of an attribution.
	intros = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:on|am|le|el|il giorno|il|in data|op|den|em|dnia|w dniu|dne|dňa|a|на|vào|pada|kl\.?|på)\s+`)
	})
	// fillers are the words that stand between the date and the name.
	fillers = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:időpontban|keltezéssel|heeft|schreef|schrieb|skrev|kirjoitti|from|by|użytkownik|пользователь|користувач|uživatel|používateľ|utilizatorul|,)\s+`)
	})
)
