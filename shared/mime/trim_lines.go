package mime

import (
	"regexp"
	"strings"
	"sync"
)

// maxView is how many bytes of a body are looked at: more is machine made, and no view shows it.
const maxView = 1 << 20

// textLine is one line of a body.
type textLine struct {
	raw   string // as written, without blanks at its end
	text  string // without quote marks
	depth int    // how many quote marks there were
}

// blank says that the line shows nothing beside its quote marks.
func (l textLine) blank() bool { return l.text == "" }

// splitLines cuts a body into lines: CR LF and lone CR are line ends, no-break spaces are blanks.
func splitLines(text string) []textLine {
	if len(text) > maxView {
		text = text[:maxView]
	}
	text = strings.TrimPrefix(strings.ToValidUTF8(text, "\ufffd"), "\ufeff")
	text = lineEnds().Replace(text)
	lines := make([]textLine, 0, strings.Count(text, "\n")+1)
	for raw := range strings.SplitSeq(text, "\n") {
		raw = strings.TrimRightFunc(raw, isBlankRune)
		rest, depth := unquote(raw)
		lines = append(lines, textLine{raw: raw, text: rest, depth: depth})
	}
	return lines
}

var lineEnds = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u202f", " ", "\u2028", "\n", "\x00", "")
})

// unquote takes the quote marks ("> > ") off a line and counts them.
func unquote(line string) (rest string, depth int) {
	rest = line
	for {
		s := strings.TrimLeft(rest, " \t")
		if !strings.HasPrefix(s, ">") {
			break
		}
		rest = s[1:]
		depth++
	}
	if depth == 0 {
		return line, 0
	}
	return strings.TrimPrefix(rest, " "), depth
}

// nextShown gives the first line at or after i that is not blank, looking no further than limit lines; -1 when there is none.
func nextShown(lines []textLine, i, limit int) int {
	for end := min(len(lines), i+limit); i < end; i++ {
		if !lines[i].blank() {
			return i
		}
	}
	return -1
}

// isRule says whether a line is a rule drawn with characters: "-----", "_____", "=====".
func isRule(line string) bool {
	line = trimBlank(line)
	return len(line) >= 3 && strings.Trim(line, "-_=*~—–‐") == ""
}

// framed gives the words of a line framed by dashes, in lower case: "-----Original Message-----"; "" for any other line.
// The frame at the end may be missing.
func framed(line string) string {
	line = trimBlank(line)
	if len(line) < 4 || len(line) > 120 || line[0] < 0x80 && strings.IndexByte("-_=*~#", line[0]) < 0 || !frameStart()(line) {
		return ""
	}
	words := strings.Trim(line, "-_=*~#—–‐ \t")
	if len(words) < 3 || strings.ContainsAny(words, ":@<>") {
		return ""
	}
	return strings.ToLower(foldBlanks(words))
}

var frameStart = sync.OnceValue(func() func(string) bool {
	return regexp.MustCompile(`^[-_=*~#—–‐]{2,}\s*[^-_=*~#—–‐\s]`).MatchString
})
