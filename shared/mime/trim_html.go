package mime

import (
	"strings"

	"golang.org/x/net/html"
)

// htmlCut is what is done with an element that a mail client marked.
type htmlCut int

const (
	htmlKeep htmlCut = iota
	htmlDrop         // the element goes
	htmlAttr         // the element goes unless it introduces a forwarded mail
	htmlEnd          // the element and everything behind it goes
)

// htmlMarks are the classes and ids by which mail clients mark quotations, their introductions and signatures.
func htmlMark(word string) htmlCut {
	switch word {
	case "gmail_attr", "moz-cite-prefix", "protonmail_quote-header":
		return htmlAttr
	case "gmail_signature", "gmail_signature_prefix", "moz-signature", "AppleMailSignature", "AppleMailSignatureLineBreakAtBeginning",
		"Signature", "ms-outlook-mobile-signature", "ms-outlook-ios-signature", "protonmail_signature_block", "signature-text", "loket-signature",
		"yahoo_quoted", "yahoo-quoted-begin", "protonmail_quote", "tutanota_quote", "zmail_extra", "OLK_SRC_BODY_SECTION",
		"mail-editor-reference-message-container", "ms-outlook-mobile-reference-message", "freshdesk_quote", "hs_reply", "front-blockquote":
		return htmlDrop
	case "appendonsend", "divRplyFwdMsg", "OutlookMessageHeader", "stopSpelling", "zwchr", "replySplit":
		return htmlEnd
	}
	if strings.HasPrefix(word, "yahoo_quoted_") {
		return htmlDrop
	}
	return htmlKeep
}

// withoutQuotes takes out of an HTML body what mail clients marked as quoted or as a signature. A page without such marks
// comes back as it was.
func withoutQuotes(page string) string {
	if len(page) > 2*maxView {
		page = strings.ToValidUTF8(page[:2*maxView], "")
	}
	c := &htmlCutter{z: html.NewTokenizer(strings.NewReader(page))}
	c.out.Grow(len(page))
	for {
		kind := c.z.Next()
		if kind == html.ErrorToken {
			break
		}
		if !c.token(kind) {
			break
		}
	}
	if c.tag != "" && c.doubt {
		c.out.WriteString(c.held.String())
	}
	return c.out.String()
}

// An htmlCutter copies a page without the marked elements.
type htmlCutter struct {
	z     *html.Tokenizer
	out   strings.Builder
	tag   string // the element that is being left out
	depth int    // how many of that name are open
	doubt bool   // it may still be kept: held has it
	held  strings.Builder
}

// token handles one token; false when the rest goes.
func (c *htmlCutter) token(kind html.TokenType) bool {
	raw := string(c.z.Raw())
	if c.tag != "" {
		c.inside(kind, raw)
		return true
	}
	if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
		c.out.WriteString(raw)
		return true
	}
	name, hasAttr := c.z.TagName()
	tag, cut := string(name), htmlKeep
	if hasAttr {
		cut = c.markOf(tag)
	}
	switch {
	case cut == htmlEnd:
		return false
	case cut == htmlKeep || void(tag) || kind == html.SelfClosingTagToken:
		if cut == htmlKeep {
			c.out.WriteString(raw)
		}
	default:
		c.tag, c.depth, c.doubt = tag, 1, cut == htmlAttr
		c.held.Reset()
		c.held.WriteString(raw)
	}
	return true
}

// inside passes over one token of an element that is left out, up to its end.
func (c *htmlCutter) inside(kind html.TokenType, raw string) {
	if c.doubt {
		c.held.WriteString(raw)
	}
	if kind != html.StartTagToken && kind != html.EndTagToken {
		return
	}
	name, _ := c.z.TagName()
	if string(name) != c.tag {
		return
	}
	if kind == html.StartTagToken {
		c.depth++
		return
	}
	if c.depth--; c.depth > 0 {
		return
	}
	if c.doubt && strings.Contains(c.held.String(), "-----") { // ---------- Forwarded message
		c.out.WriteString(c.held.String())
	}
	c.tag = ""
}

// markOf reads the attributes of a start tag.
func (c *htmlCutter) markOf(tag string) htmlCut {
	cut := htmlKeep
	for {
		key, value, more := c.z.TagAttr()
		switch k := string(key); {
		case k == "class" || k == "id":
			for word := range strings.FieldsSeq(string(value)) {
				word = strings.TrimPrefix(word, "x_") // Outlook renames what it quotes
				cut = max(cut, htmlMark(word))
				if tag == "blockquote" && strings.Contains(word, "quote") {
					cut = max(cut, htmlDrop)
				}
			}
		case tag == "blockquote" && (k == "cite" || k == "type" && strings.EqualFold(string(value), "cite")):
			cut = max(cut, htmlDrop)
		case k == "name" && string(value) == "quote": // GMX, WEB.DE
			cut = max(cut, htmlDrop)
		}
		if !more {
			return cut
		}
	}
}

// void says whether an element has no end tag.
func void(tag string) bool {
	switch tag {
	case "br", "hr", "img", "meta", "link", "input", "wbr", "area", "base", "col", "embed", "source", "track":
		return true
	}
	return false
}
