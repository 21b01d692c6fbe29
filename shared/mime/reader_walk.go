package mime

import (
	"bytes"
	"strings"
)

// An ending says what ended a part: the boundary of the open multipart at level, its last one or not; level -1 is the mail's end.
type ending struct {
	level int
	last  bool
}

var mailEnd = ending{level: -1}

// A place is where a part stands.
type place struct {
	parent string // the multipart's subtype; "" for the mail itself
	index  int    // among its siblings
	group  int    // the alternative that it is in, from 1; 0 for none
	start  string // the Content-ID of a related multipart's main part, where it names one
}

// matchBoundary finds the open multipart whose boundary a line is. Innermost first; a boundary in full goes before the
// closing mark of another, since one may be the other's beginning.
func (r *reader) matchBoundary(line []byte) (ending, bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return ending{}, false
	}
	line = bytes.TrimRight(line[2:], " \t")
	for i := len(r.bounds) - 1; i >= 0; i-- {
		if bytes.Equal(line, r.bounds[i]) && len(line) > 0 {
			return ending{level: i}, true
		}
	}
	if !bytes.Contains(line, []byte("--")) {
		return ending{}, false
	}
	for i := len(r.bounds) - 1; i >= 0; i-- {
		if rest, ok := bytes.CutPrefix(line, r.bounds[i]); ok && len(r.bounds[i]) > 0 && closesBoundary(rest) {
			return ending{level: i, last: true}, true
		}
	}
	return ending{}, false
}

// closesBoundary says whether what follows a boundary closes it: two dashes, and perhaps rubbish that is no part of another boundary.
func closesBoundary(rest []byte) bool {
	rest, ok := bytes.CutPrefix(rest, []byte("--"))
	return ok && (len(rest) == 0 || !isWordByte(rest[0]) && rest[0] != '-' && rest[0] != '=')
}

// part reads one part, headers first, and says what ended it.
func (r *reader) part(at place) ending {
	headers := r.readHeaders()
	if r.parts++; r.parts > r.limits.Parts {
		r.truncate("parts", "the mail has more parts than are read")
		r.stopped = true
		return mailEnd
	}
	e := r.entity(headers, at)
	if r.depth == 0 {
		r.mail.Headers = headers
		r.envelope()
	} else if r.mail.stray == nil && headers.Has("Message-Id") && headers.Has("From") {
		r.mail.stray = headers
	}
	if !e.multipart() && !r.secretMultipart(e) {
		return r.leaf(e, at)
	}
	if r.depth >= r.limits.Depth {
		r.truncate("depth", "the mail's parts are nested deeper than is read")
		return r.skip()
	}
	return r.multipart(e, at)
}

// secretMultipart says whether a part that calls itself text begins with the boundary that it names all the same.
func (r *reader) secretMultipart(e *entity) bool {
	boundary := e.boundary()
	if boundary == "" || !strings.HasPrefix(e.media, "text/") {
		return false
	}
	line, _, _, ok := r.in.next()
	if !ok {
		return false
	}
	found := string(bytes.TrimRight(line, " \t")) == "--"+boundary
	r.in.unread()
	if found {
		e.media = "multipart/mixed"
		r.problem("content-type-malformed", "a part's content type makes no sense")
	}
	return found
}

// multipart reads the parts of a multipart.
func (r *reader) multipart(e *entity, at place) ending {
	me := len(r.bounds)
	r.bounds = append(r.bounds, []byte(e.boundary()))
	inside := place{parent: e.subtype(), group: at.group}
	if inside.parent == "related" {
		inside.start = strings.Trim(e.content.get("start"), "<> \t")
	}
	if inside.parent == "alternative" {
		r.groups++
		inside.group = r.groups
	}
	r.depth++
	end, closed := r.preamble(e, at, me), false
	for end.level == me && !r.stopped && r.err == nil {
		if end.last {
			closed = true
			end = r.skip() // an epilogue, unless more parts follow all the same
			if end.level == me && !end.last {
				r.problem("boundary-early", "parts follow the closing boundary")
			}
			continue
		}
		end = r.part(inside)
		inside.index++
	}
	if end == mailEnd && !r.stopped && inside.index > 0 && !closed {
		r.problem("boundary-unclosed", "the last boundary is missing")
	}
	r.depth--
	r.bounds = r.bounds[:me]
	return end
}

// skip passes over lines up to the next boundary.
func (r *reader) skip() ending {
	for {
		line, _, continued, ok := r.in.next()
		if !ok {
			return mailEnd
		}
		if !continued && len(line) > 2 && line[0] == '-' {
			if end, ok := r.matchBoundary(line); ok {
				return end
			}
		}
	}
}

// preamble reads what stands before a multipart's first boundary. When that never comes, it was the text all along.
func (r *reader) preamble(e *entity, at place, me int) ending {
	r.text.reset(r.limits.TextBytes)
	r.xfer.reset(e.transfer, &r.text)
	guess := true
	for {
		line, eol, continued, ok := r.in.next()
		if !ok {
			return r.noBoundary(e, at, mailEnd)
		}
		if !continued && len(line) > 2 && line[0] == '-' && line[1] == '-' {
			if end, ok := r.matchBoundary(line); ok {
				if end.level < me {
					return r.noBoundary(e, at, end)
				}
				return end
			}
			if guess && r.looksLikeBoundary(line, me) {
				return ending{level: me}
			}
			line, eol, _, _ = r.in.next() // the look ahead may have moved it
		}
		r.xfer.line(line, eol, !r.in.mid)
	}
}

// noBoundary takes a multipart's preamble as its text.
func (r *reader) noBoundary(e *entity, at place, end ending) ending {
	r.problem("boundary-missing", "a multipart has no parts; what it holds is taken as text")
	r.xfer.finish(end)
	kind := "text/plain"
	if looksLikeHTML(r.text.b) {
		kind = "text/html"
	}
	e.media, e.group = kind, at.group
	r.addText(e)
	return end
}

// looksLikeBoundary adopts a line as the boundary of a multipart that names none, or a wrong one: dashes, then headers of a part.
// Otherwise it is put back.
func (r *reader) looksLikeBoundary(line []byte, me int) bool {
	held := append([]byte(nil), line...)
	next, _, _, ok := r.in.next()
	if ok {
		r.in.unread()
		if len(next) > 8 && bytes.EqualFold(next[:8], []byte("content-")) && bytes.IndexByte(next, ':') > 0 {
			r.bounds[me] = bytes.TrimRight(held[2:], " \t")
			r.problem("boundary-wrong", "a multipart's boundary is not the one that it names")
			return true
		}
	}
	r.in.pushBack(held)
	return false
}

// looksLikeHTML says whether text begins as an HTML document does.
func looksLikeHTML(text []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), 512)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
