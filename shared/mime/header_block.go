package mime

import "bytes"

// readHeaders reads one header block, up to the blank line that ends it. It also ends, without a blank line, at a
// boundary, and at a line that can only be the beginning of the content.
func (r *reader) readHeaders() Headers {
	b := &r.block
	b.buf, b.fields, b.open, b.full = b.buf[:0], b.fields[:0], false, false
	top := r.depth == 0
	for first := true; ; first = false {
		line, _, continued, ok := r.in.next()
		if !ok {
			break
		}
		if continued {
			b.extend(line, false, r.limits.HeaderBytes)
			continue
		}
		if len(line) == 0 {
			if top && len(b.fields) == 0 && r.skipBlanks() {
				continue
			}
			break
		}
		if _, boundary := r.matchBoundary(line); boundary {
			r.in.unread()
			break
		}
		if r.headerLine(line, first) {
			break
		}
	}
	if b.full {
		r.truncate("headers", "a header block was longer than is kept")
	}
	return b.headers()
}

// headerLine takes one line of a block; true when the content begins instead.
func (r *reader) headerLine(line []byte, first bool) bool {
	b := &r.block
	if line[0] == ' ' || line[0] == '\t' {
		if len(bytes.TrimLeft(line, " \t")) == 0 {
			return !r.headersGoOn() // a blank line with spaces in it, or one inside a folded field
		}
		if len(b.fields) > 0 || b.full {
			b.extend(line, true, r.limits.HeaderBytes)
			return false
		}
		line = bytes.TrimLeft(line, " \t")
	}
	if name, value, ok := fieldName(line); ok {
		b.add(name, value, r.limits.Headers, r.limits.HeaderBytes)
		return false
	}
	if (first && bytes.HasPrefix(line, []byte("From "))) || bytes.HasPrefix(line, []byte(">From ")) {
		return false // an mbox separator
	}
	if len(b.fields) == 0 && !b.full {
		r.in.unread()
		r.problem("headers-missing", "the mail or part has no headers")
		return true
	}
	junk := append([]byte(nil), line...) // the look ahead may move the buffer
	if r.headersGoOn() {                 // a folded line that lost its indent, or rubbish
		r.problem("header-malformed", "a line among the headers is no header")
		b.extend(junk, true, r.limits.HeaderBytes)
		return false
	}
	r.problem("header-end-missing", "no blank line between headers and content")
	r.in.pushBack(junk)
	return true
}

// headersGoOn looks whether the next line is still a header, a folded line, or the end of the block.
func (r *reader) headersGoOn() bool {
	line, _, continued, ok := r.in.next()
	if !ok {
		return false
	}
	defer r.in.unread()
	if continued || len(line) == 0 {
		return true
	}
	if line[0] == ' ' || line[0] == '\t' {
		return len(bytes.TrimLeft(line, " \t")) > 0
	}
	_, _, ok = fieldName(line)
	return ok
}

// skipBlanks says whether blank lines before the first header are followed by one.
func (r *reader) skipBlanks() bool {
	for range 100 {
		line, _, continued, ok := r.in.next()
		if !ok {
			return false
		}
		if len(line) == 0 {
			continue
		}
		_, _, field := fieldName(line)
		r.in.unread()
		return field && !continued
	}
	return false
}
