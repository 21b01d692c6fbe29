package api

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"

	"github.com/loket-desk/loket/shared/desk"
)

// htmlLimit bounds the HTML of a message that is cleaned, in bytes; what is beyond is cut off.
const htmlLimit = 2 << 20

// framePolicy is what a browser may do with a message's HTML: show it, and pictures.
const framePolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'"

// cleaner makes HTML from outside harmless by an allow-list. Its policy is made when it is first needed.
type cleaner struct{ policy func() *bluemonday.Policy }

func newCleaner() *cleaner { return &cleaner{sync.OnceValue(mailPolicy)} }

func mailPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardAttributes()
	p.AllowElements(
		"a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "dfn",
		"div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p",
		"pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
	)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt", "width", "height", "border").OnElements("img")
	p.AllowAttrs("align", "valign", "width", "height", "bgcolor", "border", "cellpadding", "cellspacing", "colspan", "rowspan", "nowrap", "span").
		OnElements("table", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup", "div", "p", "hr")
	p.AllowAttrs("color", "size", "face").OnElements("font")
	p.AllowAttrs("start", "type").OnElements("ol", "ul", "li")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(gmail_)?(signature|quote)$`)).OnElements("div", "span", "p", "blockquote")
	// No property that takes an address, places anything elsewhere, or hides it.
	p.AllowStyles(
		"background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius", "border-right", "border-spacing",
		"border-style", "border-top", "border-width", "color", "direction", "font", "font-family", "font-size", "font-style", "font-weight", "height",
		"letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "padding", "padding-bottom",
		"padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "text-indent", "vertical-align", "white-space", "width", "word-break",
	).Globally()
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid", "data")
	p.AllowDataURIImages()
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}

// clean makes HTML harmless. Pictures from elsewhere are left out unless asked for: they tell the sender who reads.
// cids are the addresses of pictures that came with the message, by their Content-ID.
func (c *cleaner) clean(dirty string, images bool, cids map[string]string) string {
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(c.policy().Sanitize(dirty)))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		if kind == html.TextToken {
			out.Write(z.Raw())
			continue
		}
		t := z.Token()
		if t.Data == "img" {
			t.Attr = picture(t.Attr, images, cids)
		}
		out.WriteString(t.String())
	}
}

// picture rewrites an image's attributes: what came with the message is shown, what lies elsewhere only when asked for.
func picture(attrs []html.Attribute, images bool, cids map[string]string) []html.Attribute {
	var out []html.Attribute
	for _, a := range attrs {
		if a.Key != "src" {
			out = append(out, a)
			continue
		}
		scheme, rest, _ := strings.Cut(a.Val, ":")
		switch strings.ToLower(scheme) {
		case "cid":
			if id, err := url.PathUnescape(rest); err == nil && cids[id] != "" {
				out = append(out, html.Attribute{Key: "src", Val: cids[id]})
			}
		case "data":
			out = append(out, a)
		case "http", "https":
			if images {
				out = append(out, a)
			} else {
				out = append(out, html.Attribute{Key: "data-held-back", Val: "remote"})
			}
		}
	}
	return out
}

func (a *API) readHTML(ctx context.Context, who *caller, in *struct {
	ByID
	Images bool `query:"images" doc:"Show pictures that lie elsewhere. Fetching them tells the sender that the mail is being read."`
},
) (*raw, error) {
	m, _, err := a.messageOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	dirty := m.HTML
	if m.HTMLKey != "" {
		body, err := a.stored(ctx, m.HTMLKey, htmlLimit)
		if err != nil {
			return nil, err
		}
		dirty = string(body)
	}
	if dirty == "" || m.Deleted {
		return nil, desk.Refuse(desk.NotFound, "This message has no HTML.")
	}
	cids := map[string]string{}
	for _, p := range m.Attachments {
		if p.ContentID == "" || p.State != desk.PartStored {
			continue
		}
		if cids[p.ContentID], err = a.Objects.Link(ctx, p.Key, firstOf(p.Name, "file"), p.ContentType, linkFor); err != nil {
			return nil, err
		}
	}
	clean := a.clean.clean(strings.ToValidUTF8(dirty, "\uFFFD"), in.Images, cids)
	return &raw{Status: http.StatusOK, ContentType: "text/html; charset=utf-8", Policy: framePolicy, Body: []byte(clean)}, nil
}
