package mime

import "strings"

// An entity is what a part's headers say that it is.
type entity struct {
	headers     Headers
	content     params // Content-Type
	media       string // type/subtype in lower case
	disposition params
	transfer    transferKind
	name        string
	group       int // the alternative that it is in
}

// entity reads a part's headers. What they don't say follows from where the part stands.
func (r *reader) entity(h Headers, at place) *entity {
	e := &entity{headers: h, group: at.group}
	for _, v := range h.All("Content-Type") {
		if e.content = parseParams(v); e.content.value != "" {
			break
		}
	}
	e.disposition = parseParams(h.Get("Content-Disposition"))
	e.name = e.fileName()
	e.media = e.mediaType(at)
	kind, known := transferOf(h.Get("Content-Transfer-Encoding"))
	if !known {
		r.problem("encoding-unknown", "a part's transfer encoding is unknown; it is taken as it is")
	}
	e.transfer = kind
	if e.content.value != "" && e.media != e.content.value {
		r.problem("content-type-malformed", "a part's content type makes no sense")
	}
	return e
}

// mediaType makes a type/subtype of what the part says of itself.
func (e *entity) mediaType(at place) string {
	v := e.content.value
	kind, sub, ok := strings.Cut(v, "/")
	switch {
	case ok && kind != "" && sub != "":
		return v
	case kind == "multipart" || e.content.get("boundary") != "" && kind == "":
		return "multipart/mixed"
	case v == "html" || v == "text/html":
		return "text/html"
	case kind == "text" || v == "plain":
		return "text/plain"
	case v == "" && at.parent == "digest":
		return "message/rfc822"
	case e.name != "" && (v != "" || e.disposition.value == "attachment"):
		return "application/octet-stream"
	case kind == "image" || kind == "audio" || kind == "video" || kind == "application":
		return "application/octet-stream"
	}
	return "text/plain"
}

func (e *entity) multipart() bool { return strings.HasPrefix(e.media, "multipart/") }

func (e *entity) subtype() string { return strings.TrimPrefix(e.media, "multipart/") }

func (e *entity) boundary() string { return strings.TrimRight(e.content.get("boundary"), " \t") }

func (e *entity) charset() string { return e.content.get("charset") }

func (e *entity) contentID() string {
	return strings.Trim(e.headers.Get("Content-Id"), "<> \t")
}

// fileName finds a part's file name and takes paths and control characters off it.
func (e *entity) fileName() string {
	for _, name := range []string{
		e.disposition.get("filename"), e.content.get("name"), e.content.get("filename"), e.disposition.get("name"),
	} {
		if name = cleanFileName(DecodeWords(name)); name != "" {
			return name
		}
	}
	if place := e.headers.Text("Content-Location"); !strings.ContainsAny(place, "/:") && strings.Contains(place, ".") {
		return cleanFileName(place)
	}
	return ""
}

func cleanFileName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 && i < len(name)-1 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1 // control characters, and those that turn the direction of writing to hide an ending
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if len(name) > 255 {
		name = strings.ToValidUTF8(name[:200], "") + strings.ToValidUTF8(name[len(name)-55:], "")
	}
	if name == "." || name == ".." {
		return ""
	}
	return name
}

// isBody says whether a part is the mail's text or HTML, and not a file.
func (e *entity) isBody(at place) bool {
	if e.media != "text/plain" && e.media != "text/html" && !e.otherText(at) {
		return false
	}
	if e.disposition.value == "attachment" {
		return false
	}
	switch {
	case at.parent == "related":
		return at.index == 0 && at.start == "" || e.name == "" && e.contentID() == "" || at.start != "" && e.contentID() == at.start
	case e.name == "" || at.parent == "alternative" || at.parent == "":
		return true
	}
	return at.index == 0
}

// otherText says that a mail which is nothing but text of some unknown kind is read as text.
func (e *entity) otherText(at place) bool {
	if at.parent != "" || e.name != "" || !strings.HasPrefix(e.media, "text/") {
		return false
	}
	switch e.media {
	case "text/calendar", "text/csv", "text/vcard", "text/x-vcard", "text/directory", "text/rtf", "text/rfc822-headers":
		return false
	}
	return true
}

// dispositionOf says whether a file belongs into the text or beside it.
func (e *entity) dispositionOf(at place) string {
	switch {
	case e.disposition.value == "inline":
		return Inline
	case e.disposition.value != "":
		return Beside
	case at.parent == "related" && (e.contentID() != "" || e.headers.Has("Content-Location")):
		return Inline
	}
	return Beside
}
