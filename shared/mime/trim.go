package mime

import "strings"

// VisibleText is what the sender wrote in this mail: its body without what is quoted from earlier mail and without the
// signature. It is a view, the body is kept elsewhere in full. Answers between quotations stay, and so does forwarded
// mail. When nothing would be left, everything is shown. The plain text decides where there is one; html helps where the
// text shows no quotation, and stands in for it where it is empty. At most 1 MB of a body is looked at.
func VisibleText(text, html string) string {
	if trimBlank(text) == "" {
		if html == "" {
			return ""
		}
		if shown, _ := trimText(TextFromHTML(withoutQuotes(html))); shown != "" {
			return shown
		}
		shown, _ := trimText(TextFromHTML(html))
		return shown
	}
	shown, cut := trimText(text)
	if cut || html == "" {
		return shown
	}
	own := withoutQuotes(html)
	if len(own) == len(html) {
		return shown
	}
	if again, _ := trimText(TextFromHTML(own)); again != "" && len(strings.Fields(again)) < len(strings.Fields(shown)) {
		return again
	}
	return shown
}

// Snippet is the beginning of a text for lists: at most n runes, each run of white space one blank. Give it VisibleText's.
func Snippet(text string, n int) string {
	if n <= 0 {
		return ""
	}
	var b strings.Builder
	gap := false
	for _, r := range text {
		if isBlankRune(r) {
			gap = gap || r != '\u200d'
			continue
		}
		if gap && b.Len() > 0 {
			if n--; n <= 0 {
				break
			}
			b.WriteByte(' ')
		}
		gap = false
		if n--; n < 0 {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

// A trimmer walks down a body and hides lines.
type trimmer struct {
	lines  []textLine
	hidden []bool
	headed []bool // a hidden run that begins here has an introduction of its own
	plain  []bool // known not to begin a copied mail
	cut    bool   // a quotation was hidden

	dividers []string // rules that had too much below them for a signature
}

// trimText hides what is quoted and the signature of one body. cut says that a quotation was hidden.
func trimText(text string) (shown string, cut bool) {
	t := &trimmer{lines: splitLines(text)}
	t.hidden, t.headed, t.plain = make([]bool, len(t.lines)), make([]bool, len(t.lines)), make([]bool, len(t.lines))
	t.walk()
	if shown = t.shown(); shown != "" {
		return shown, t.cut
	}
	clear(t.hidden)
	return t.shown(), false
}

// walk decides line by line from the top.
func (t *trimmer) walk() {
	for i := 0; i < len(t.lines); {
		if t.lines[i].blank() && t.lines[i].depth == 0 {
			i++
			continue
		}
		if t.lines[i].depth > 0 {
			i = t.hideQuoted(i)
			continue
		}
		if q, ok := t.quoteStart(i); ok {
			if q.kind == quoteForward {
				return // what is forwarded is there to be read
			}
			i = t.hideCopy(q)
			continue
		}
		i = t.hideSignature(i)
	}
}

// quoteStart is readQuoteStart, asked once for each line where the answer is no.
func (t *trimmer) quoteStart(i int) (quoteStart, bool) {
	if t.plain[i] {
		return quoteStart{}, false
	}
	q, ok := readQuoteStart(t.lines, i)
	t.plain[i] = !ok
	return q, ok
}

// hide hides lines [from, to) and gives to.
func (t *trimmer) hide(from, to int) int {
	for i := from; i < to; i++ {
		t.hidden[i] = true
	}
	return to
}

// hideQuoted hides a run of quoted lines, unless it is a forwarded mail that the client quoted.
func (t *trimmer) hideQuoted(i int) int {
	end := i
	for end < len(t.lines) && t.lines[end].depth > 0 {
		end++
	}
	if first := nextShown(t.lines, i, 4); first >= 0 && first < end {
		if q, ok := readQuoteStart(t.lines, first); ok && q.kind == quoteForward {
			return end
		}
	}
	if end-i == 1 && t.lines[i].depth > 2 {
		return end // >>> look here <<<
	}
	t.cut = true
	return t.hide(i, end)
}

// hideCopy hides the introduction of a copied mail and the mail: the quoted lines below, or else everything to the end.
func (t *trimmer) hideCopy(q quoteStart) int {
	t.cut, t.headed[q.start] = true, true
	if next := nextShown(t.lines, q.end, 6); next >= 0 && t.lines[next].depth > 0 {
		return t.hide(q.start, next)
	}
	return t.hide(q.start, len(t.lines))
}

// shown joins the lines left over. Blank lines that belonged to a hidden run go with it: those behind it, and those above
// a quotation without an introduction.
func (t *trimmer) shown() string {
	var b strings.Builder
	blanks, gap := 0, false
	for i, l := range t.lines {
		switch {
		case t.hidden[i]:
			if !gap && !t.headed[i] {
				blanks = 0
			}
			gap = true
		case l.blank() && l.depth == 0:
			if !gap {
				blanks++
			}
		default:
			if b.Len() > 0 {
				b.WriteString(strings.Repeat("\n", blanks+1))
			}
			b.WriteString(l.raw)
			blanks, gap = 0, false
		}
	}
	return b.String()
}
