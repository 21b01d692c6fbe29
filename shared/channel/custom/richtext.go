package custom

import (
	"html"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// check refuses what a registration's capabilities don't allow and channel.Capabilities don't tell: single features of
// rich text, and pictures in it.
func check(x desk.CustomChannel, m desk.Message) error {
	for _, t := range tags(m.HTML) {
		if t.name == "img" && !x.Capabilities.AllowInlineImages {
			return desk.RefuseField("html", x.Name+" takes no pictures inside the text")
		}
		for _, needed := range features(t) {
			if !slices.Contains(x.Capabilities.RichText, needed) {
				return desk.RefuseField("html", x.Name+" does not carry "+words(needed)+"; it carries "+wordsOf(x.Capabilities.RichText))
			}
		}
	}
	return nil
}

// tag is an opening tag of HTML.
type tag struct{ name, rest string }

// tags finds the opening tags of a piece of HTML that was written here. It needs no more of HTML than that: what is
// refused too much is seen by its author at once.
func tags(s string) []tag {
	var out []tag
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return out
		}
		s = s[i+1:]
		end := strings.IndexByte(s, '>')
		if end < 0 {
			end = len(s)
		}
		name := s[:end]
		if cut := strings.IndexAny(name, " \t\r\n/"); cut >= 0 {
			name = name[:cut]
		}
		if name != "" && name[0] != '!' {
			out = append(out, tag{strings.ToLower(name), strings.ToLower(s[len(name):end])})
		}
		s = s[end:]
	}
}

// features are what a tag needs of a channel, in the contract's words.
func features(t tag) []string {
	var out []string
	switch t.name {
	case "a":
		out = append(out, "HYPERLINK")
	case "blockquote":
		out = append(out, "BLOCKQUOTE")
	case "b", "strong":
		out = append(out, "BOLD")
	case "i", "em":
		out = append(out, "ITALIC")
	case "u":
		out = append(out, "UNDERLINE")
	case "s", "strike", "del":
		out = append(out, "STRIKETHROUGH")
	case "ul", "ol":
		out = append(out, "LISTS")
	}
	if strings.Contains(t.rest, "text-align") || strings.Contains(t.rest, "align=") {
		out = append(out, "TEXT_ALIGNMENT")
	}
	return out
}

func words(feature string) string { return strings.ToLower(strings.ReplaceAll(feature, "_", " ")) }

func wordsOf(features []string) string {
	var out []string
	for _, f := range features {
		out = append(out, words(f))
	}
	return strings.Join(out, ", ")
}

// plain is the text of HTML that was written here, for programs that show no rich text.
func plain(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s, '>')
		if end < 0 {
			break
		}
		switch strings.ToLower(strings.Trim(s[1:end], "/ ")) {
		case "br", "p", "div", "li", "blockquote", "tr", "ul", "ol":
			if text := b.String(); text != "" && !strings.HasSuffix(text, "\n") {
				b.WriteByte('\n')
			}
		}
		s = s[end+1:]
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}
