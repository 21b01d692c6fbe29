package mime

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// An attribution is the line, often broken over several, that a client puts above a quotation:
// "On 3 May 2024 at 10:00, Ann <ann@example.com> wrote:". It is known by its shape: a date and a person, and a verb or
// a colon at the end.
type attribution struct {
	start, end int // lines [start, end)
	text       string
}

const (
	maxAttributionLines = 5
	maxAttribution      = 600 // bytes
)

// wroteVerbs are the verbs of attributions in the languages of mail clients, in lower case: the last word of each, as
// "écrit" of "a écrit". Of "napisał(a)" it is the first.
const wroteVerbs = `wrote|writes|schrieb|schreef|geschreven|skrev|skreiv|écrit|écrivait|escribió|escribio|escreveu|scritto|scrisse|escrit|escriure|escribiu|kirjoitti|napisał|napisała|napisali|pisze|napsal|napsala|napísal|napísala|napisao|napisala|piše|írta|написал|написала|писал|писала|пишет|написав|пише|написа|yazdı|yazmış|scris|έγραψε|kirjutas|rašė|parašė|rakstīja|skrifaði|idatzi|viết|menulis|เขียนว่า|เขียน|כתב|כתבה|كتب|كتبت|följande|følgende`

// wroteMarks are such words in writing without blanks between words.
const wroteMarks = `写道|寫道|さんは書きました|のメール|님이 작성|작성`

var (
	verbs = sync.OnceValue(func() map[string]bool {
		all := map[string]bool{}
		for verb := range strings.SplitSeq(wroteVerbs, "|") {
			all[verb] = true
		}
		return all
	})
	verbMarks = sync.OnceValue(func() []string { return strings.Split(wroteMarks, "|") })
)

// hasVerb says whether a text holds such a verb as a word of its own.
func hasVerb(s string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(s), notLetter) {
		if verbs()[word] {
			return true
		}
	}
	return containsAny(s, verbMarks())
}

// endsWithVerb says whether a text ends with such a verb and no colon, as some clients leave it.
func endsWithVerb(s string) bool {
	word := s[len(strings.TrimRightFunc(s, func(r rune) bool { return !notLetter(r) })):]
	return verbs()[strings.ToLower(word)]
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }

// strongDate finds what can hardly be but a date or a time of day.
var strongDate = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|\D)(?:19|20)\d\d(?:\D|$)|\d{1,2}[./-]\d{1,2}[./-]\d{2}|\d{1,2}[:.h]\d{2}(?:\D|$)`)
})

// endsWithClock finds a time of day before the colon.
var endsWithClock = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AaPp][Mm])?(?: Uhr)?\)?\s?:$`)
})

// readAttribution reads an attribution that begins at line i; false when none does.
func readAttribution(lines []textLine, i int) (attribution, bool) {
	first := lines[i]
	if first.blank() || len(first.text) > maxAttribution {
		return attribution{}, false
	}
	joined, well := trimBlank(first.text), startsWithDate(first.text)
	for k := 0; ; k++ {
		if mayEndAttribution(joined) {
			quoted := followedByQuote(lines, i+k+1, first.depth)
			if isAttribution(joined, well, k > 0, quoted) && !betterStart(lines, i, i+k, quoted) {
				return attribution{start: i, end: i + k + 1, text: joined}, true
			}
		}
		next := i + k + 1
		if !well || k+1 >= maxAttributionLines || next >= len(lines) || lines[next].blank() || len(joined) > maxAttribution {
			return attribution{}, false
		}
		more, ok := continuation(lines[next], first.depth)
		if !ok {
			return attribution{}, false
		}
		joined += " " + more
	}
}

// continuation is the text of a later line of an attribution. A ">" there may belong to a broken address, if it is all
// that the line has; otherwise the quotation has begun.
func continuation(l textLine, depth int) (string, bool) {
	if l.depth <= depth {
		return trimBlank(l.text), true
	}
	return trimBlank(l.raw), depth == 0 && len(l.raw) <= 24 && mayEndAttribution(l.raw)
}

// betterStart says whether an attribution that ends at line last would rather begin after line i: at a later line with a
// date of its own, or at its last line where those above hold no real date.
func betterStart(lines []textLine, i, last int, quoted bool) bool {
	dated := false
	for j := i; j < last; j++ {
		dated = dated || strongDate().MatchString(lines[j].text)
	}
	if last > i && !dated && namedFirst(lines[last].text) && isAttribution(trimBlank(lines[last].text), false, false, quoted) {
		return true
	}
	for s := last; s > i; s-- {
		if !startsWithDay(lines[s].text) {
			continue
		}
		var joined strings.Builder
		for j := s; j <= last; j++ {
			joined.WriteString(" " + trimBlank(lines[j].text))
		}
		if isAttribution(trimBlank(joined.String()), true, last > s, quoted) {
			return true
		}
	}
	return false
}

// mayEndAttribution says whether a text ends as an attribution does: cheap, before anything is searched for.
func mayEndAttribution(s string) bool {
	s = strings.TrimRight(s, "-–— *")
	if strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") {
		return true
	}
	return strings.ContainsRune(s, '@') && endsWithVerb(s)
}

// isAttribution weighs a joined text. well says that a date stands at its beginning, several that it is broken over
// lines, quoted that a quotation follows.
func isAttribution(s string, well, several, quoted bool) bool {
	if strings.Contains(s, "://") && !strings.ContainsRune(s, '@') {
		return false
	}
	address := strings.ContainsRune(s, '@')
	dated := numbers(s) > 0 && strongDate().MatchString(s)
	if !address && !dated && !quoted {
		return false
	}
	verb := hasVerb(s)
	switch {
	case well && address && (verb || dated):
		return true
	case verb && dated && well:
		return quoted || numbers(s) >= 2
	case several:
		return false
	case verb && !address && numbers(s) >= 4 && len(s) <= 160 && endsWithClock().MatchString(s):
		return true // Ann wrote on 05/03/2024 10:00:00 AM:
	case verb && address:
		return dated || quoted
	}
	return quoted && len(s) <= 160 && (verb || address && dated || address && strings.Count(s, " ") <= 5)
}

// numbers counts the runs of digits.
func numbers(s string) int {
	count, inside := 0, false
	for i := range len(s) {
		digit := s[i] >= '0' && s[i] <= '9'
		if digit && !inside {
			count++
		}
		inside = digit
	}
	return count
}

// startsWithDate says whether a date may stand at the beginning of a line: a digit within the first few words, which
// hold no sentence.
func startsWithDate(line string) bool {
	line = strings.TrimLeft(line, "-–—* \t")
	if first, _, _ := strings.Cut(line, " "); strings.ContainsRune(first, '@') {
		return false
	}
	runes, words := 0, 0
	for _, r := range line {
		switch {
		case unicode.IsDigit(r):
			return true
		case r == ' ':
			words++
		case r == '@' || r == '!' || r == '?' || r == ':' || r == '<':
			return false
		}
		if runes++; runes > 32 || words > 5 {
			return false
		}
	}
	return false
}

// startsWithDay says whether a line can be the first of an attribution: it starts with a date, and not with the time that
// goes on with the date of the line above.
func startsWithDay(line string) bool {
	if !startsWithDate(line) {
		return false
	}
	rest := strings.TrimLeftFunc(line, func(r rune) bool { return !unicode.IsDigit(r) })
	return !strings.HasPrefix(strings.TrimLeftFunc(rest, unicode.IsDigit), ":")
}

// namedFirst says whether a line begins with a name that an address follows.
func namedFirst(line string) bool {
	first, rest, _ := strings.Cut(trimBlank(line), " ")
	return strings.ContainsRune(rest, '@') && !strings.ContainsAny(first, "@<")
}

// followedByQuote says whether the next line that shows something is quoted deeper than depth.
func followedByQuote(lines []textLine, i, depth int) bool {
	next := nextShown(lines, i, 4)
	return next >= 0 && lines[next].depth > depth
}
