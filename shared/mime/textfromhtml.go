package mime

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

const (
	maxQuoteDepth = 8     // deeper quotes look like this one
	maxListDepth  = 8     // deeper lists are indented like this one
	maxBlankLines = 2     // in a row
	ruleText      = "---" // what a horizontal rule becomes
)

// TextFromHTML makes HTML into readable text: blocks become lines and paragraphs, lists get marks, quotes "> ", links
// their address where it differs from their text. It takes any bytes and time in proportion to them. The result has no
// space at the ends of its lines; it is for reading, search and previews, and is not HTML in any sense.
func TextFromHTML(markup string) string {
	w := htmlText{z: html.NewTokenizer(strings.NewReader(markup)), link: -1}
	for {
		switch w.z.Next() {
		case html.ErrorToken:
			return w.finish()
		case html.TextToken:
			if w.skip == "" {
				w.text(w.z.Text())
			}
		case html.StartTagToken:
			w.start(false)
		case html.SelfClosingTagToken:
			w.start(true)
		case html.EndTagToken:
			name, _ := w.z.TagName()
			w.end(name)
		}
	}
}

// An htmlText writes text as a document is read.
type htmlText struct {
	z       *html.Tokenizer
	out     []byte
	lines   int  // line ends owed before the next character
	written bool // the current line has text
	space   bool // white space owed before the next character
	quotes  int
	last    int // quote depth of the last line
	pre     int
	para    int   // what the open paragraph is set apart by
	lists   []int // the next number of each open list; 0 for one without numbers
	mark    string
	href    string
	link    int    // where the open link's text begins in out; -1 for none
	skip    string // the element whose content is left out
	nested  int    // elements of that name inside it
}

// start takes an opening tag.
func (w *htmlText) start(closed bool) {
	tag, hasAttr := w.z.TagName()
	if w.skip != "" {
		if !closed && w.skip == string(tag) {
			w.nested++
		}
		return
	}
	switch string(tag) {
	case "script", "style", "title", "template", "iframe", "noembed", "noframes", "select":
		w.leaveOut(tag, closed)
	case "br":
		w.lines++
		w.space, w.written = false, false
	case "hr":
		w.block(1)
		w.text([]byte(ruleText))
		w.block(1)
	case "img":
		if alt := strings.TrimSpace(w.attr("alt", hasAttr)); alt != "" {
			w.text([]byte(alt))
		}
	case "a":
		w.endLink()
		if w.href = strings.TrimSpace(w.attr("href", hasAttr)); w.href != "" {
			w.link = len(w.out)
		}
	case "p":
		w.para = 2
		if strings.HasPrefix(w.attr("class", hasAttr), "Mso") { // Outlook's paragraphs are lines
			w.para = 1
		}
		w.block(w.para)
	case "div", "span", "td", "tr", "table":
		if hidden(w.attr("style", hasAttr)) {
			w.leaveOut(tag, closed)
			return
		}
		w.open(tag)
	default:
		w.open(tag)
	}
}

// open takes an opening tag that only gives structure.
func (w *htmlText) open(tag []byte) {
	switch string(tag) {
	case "div", "tr", "table", "dl", "dt", "dd", "section", "article", "header", "footer", "form", "center", "address", "main", "nav", "aside", "body", "fieldset", "caption", "option", "legend", "figure":
		w.block(1)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		w.block(2)
	case "td", "th":
		if w.written {
			w.space = true
		}
	case "pre", "textarea":
		w.block(1)
		w.pre++
	case "blockquote":
		w.block(1)
		w.quotes++
	case "ul":
		w.block(1)
		w.lists = append(w.lists, 0)
	case "ol":
		w.block(1)
		w.lists = append(w.lists, 1)
	case "li":
		w.block(1)
		w.item()
	}
}

// end takes a closing tag.
func (w *htmlText) end(tag []byte) {
	if w.skip != "" {
		if w.skip == string(tag) {
			if w.nested--; w.nested < 0 {
				w.skip = ""
			}
		}
		return
	}
	switch string(tag) {
	case "a":
		w.endLink()
	case "p":
		w.block(max(1, w.para))
	case "h1", "h2", "h3", "h4", "h5", "h6":
		w.block(2)
	case "pre", "textarea":
		w.block(1)
		w.pre = max(0, w.pre-1)
	case "blockquote":
		w.block(1)
		w.quotes = max(0, w.quotes-1)
	case "ul", "ol":
		w.block(1)
		w.lists = w.lists[:max(0, len(w.lists)-1)]
		w.mark = ""
	case "div", "tr", "table", "li", "dl", "dt", "dd", "section", "article", "header", "footer", "form", "center", "address", "main", "nav", "aside", "fieldset", "caption", "option", "legend", "figure":
		w.block(1)
	}
}

// leaveOut passes over an element's content.
func (w *htmlText) leaveOut(tag []byte, closed bool) {
	if !closed {
		w.skip, w.nested = string(tag), 0
	}
}

// hidden says that a style keeps an element from being seen, as previews' hidden lines are.
func hidden(style string) bool {
	if style == "" {
		return false
	}
	style = strings.ReplaceAll(strings.ToLower(style), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "mso-hide:all")
}

// attr gives one attribute of the tag at hand.
func (w *htmlText) attr(name string, more bool) string {
	var key, val []byte
	for more {
		if key, val, more = w.z.TagAttr(); string(key) == name {
			return string(val)
		}
	}
	return ""
}

// item begins a list's item.
func (w *htmlText) item() {
	depth := min(len(w.lists), maxListDepth)
	w.mark = strings.Repeat("  ", max(0, depth-1)) + "- "
	if n := len(w.lists); n > 0 && w.lists[n-1] > 0 {
		w.mark = strings.Repeat("  ", max(0, depth-1)) + strconv.Itoa(w.lists[n-1]) + ". "
		w.lists[n-1]++
	}
}

// block ends the current line, and has at least n line ends stand before the next text.
func (w *htmlText) block(n int) {
	if w.written || n > 1 {
		w.lines = max(w.lines, n)
	}
	w.written, w.space = false, false
}

// text writes text with its white space folded, or as it is in a pre.
func (w *htmlText) text(b []byte) {
	if w.pre > 0 {
		w.preText(b)
		return
	}
	for len(b) > 0 {
		i := 0
		for i < len(b) && b[i] > ' ' && b[i] != 0xc2 {
			i++
		}
		if i > 0 {
			w.put(b[:i])
			b = b[i:]
			continue
		}
		switch {
		case b[0] <= ' ':
			w.space = true
			b = b[1:]
		case len(b) > 1 && b[1] == 0xa0: // a space that doesn't break: it makes a line of its own, too
			w.begin()
			w.out = append(w.out, ' ')
			b = b[2:]
		default:
			w.put(b[:1])
			b = b[1:]
		}
	}
}

// preText writes text line by line.
func (w *htmlText) preText(b []byte) {
	for {
		line, rest, more := bytes.Cut(b, []byte("\n"))
		if line = bytes.TrimRight(line, "\r"); len(line) > 0 {
			w.begin()
			w.out = append(w.out, line...)
		}
		if !more {
			return
		}
		w.lines++
		w.written = false
		b = rest
	}
}

// put writes a word.
func (w *htmlText) put(b []byte) {
	if w.space && w.written {
		w.out = append(w.out, ' ')
	}
	w.begin()
	w.out = append(w.out, b...)
}

// begin makes the line ends that are owed and what stands before a line's text.
func (w *htmlText) begin() {
	w.space = false
	if w.written {
		return
	}
	w.written = true
	depth := min(w.quotes, maxQuoteDepth)
	if len(w.out) > 0 {
		w.trim()
		for n := min(w.lines, maxBlankLines+1); n > 0; n-- {
			w.out = append(w.out, '\n')
			if n > 1 {
				w.out = appendRepeat(w.out, '>', min(depth, w.last))
			}
		}
	}
	w.lines, w.last = 0, depth
	if depth > 0 {
		w.out = append(appendRepeat(w.out, '>', depth), ' ')
	}
	w.out = append(w.out, w.mark...)
	w.mark = ""
}

func appendRepeat(b []byte, c byte, n int) []byte {
	for range n {
		b = append(b, c)
	}
	return b
}

// trim takes white space off the end of the last line.
func (w *htmlText) trim() { w.out = bytes.TrimRight(w.out, " \t\u00a0") }

// endLink writes a link's address behind its text, unless they say the same.
func (w *htmlText) endLink() {
	if w.link < 0 {
		return
	}
	text := strings.TrimLeft(string(bytes.TrimSpace(w.out[min(w.link, len(w.out)):])), "> -")
	w.link = -1
	href := w.href
	low := strings.ToLower(href)
	if text == "" || !strings.HasPrefix(low, "http:") && !strings.HasPrefix(low, "https:") && !strings.HasPrefix(low, "mailto:") && !strings.HasPrefix(low, "tel:") && !strings.HasPrefix(low, "ftp:") {
		return
	}
	if strings.EqualFold(bareAddress(href), bareAddress(text)) || len(href) > 2000 {
		return
	}
	href = strings.Join(strings.Fields(href), "%20")
	w.trim()
	w.out = append(append(append(w.out, " ("...), href...), ')')
}

// bareAddress takes off an address what doesn't tell it apart.
func bareAddress(s string) string {
	s = strings.TrimSpace(s)
	for _, p := range []string{"https://", "http://", "mailto:", "tel:", "www."} {
		if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
			s = s[len(p):]
		}
	}
	return strings.TrimRight(s, "/")
}

func (w *htmlText) finish() string {
	w.endLink()
	return string(bytes.TrimSpace(bytes.ToValidUTF8(cleanText(w.out), []byte("\uFFFD"))))
}
