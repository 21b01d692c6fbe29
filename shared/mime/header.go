package mime

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A Header is one field of a mail or part. Value is unfolded and valid UTF-8, with encoded words as they were written.
type Header struct {
	Name  string
	Value string
}

// Headers are the fields of a mail or part in the order in which they stand.
type Headers []Header

// Get gives the first field of that name, as written; "" when there is none.
func (h Headers) Get(name string) string {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// All gives every field of that name, in order, as written.
func (h Headers) All(name string) []string {
	var all []string
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			all = append(all, h[i].Value)
		}
	}
	return all
}

// Text gives the first field of that name with its encoded words (RFC 2047) decoded.
func (h Headers) Text(name string) string { return DecodeWords(h.Get(name)) }

// Has says whether a field of that name is there, empty or not.
func (h Headers) Has(name string) bool {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return true
		}
	}
	return false
}

// A headerBlock gathers the fields of one header block in one buffer.
type headerBlock struct {
	buf    []byte
	fields []fieldSpan
	open   bool // a continuation line belongs to the last field
	full   bool // past a cap: what follows is dropped
}

// fieldSpan is where a field's name and value stand in the block's buffer.
type fieldSpan struct{ name, nameEnd, value, end int }

// add begins a field.
func (b *headerBlock) add(name, value []byte, maxFields, maxBytes int) {
	if len(b.fields) >= maxFields || len(b.buf)+len(name)+len(value) > maxBytes {
		b.full, b.open = true, false
		return
	}
	at := len(b.buf)
	b.buf = append(b.buf, name...)
	b.buf = append(b.buf, bytes.TrimLeft(value, " \t")...)
	b.fields = append(b.fields, fieldSpan{at, at + len(name), at + len(name), len(b.buf)})
	b.open = true
}

// extend goes on with the last field: a folded line, or a piece of a line that was too long for one buffer.
func (b *headerBlock) extend(text []byte, fold bool, maxBytes int) {
	if !b.open {
		return
	}
	if len(b.buf)+len(text)+1 > maxBytes {
		b.full, b.open = true, false
		return
	}
	if fold {
		b.buf = append(bytes.TrimRight(b.buf, " \t"), ' ')
		text = bytes.TrimLeft(text, " \t")
		f := &b.fields[len(b.fields)-1]
		if len(b.buf)-1 < f.value { // nothing but white space so far
			f.value = len(b.buf)
		}
	}
	b.buf = append(b.buf, text...)
	b.fields[len(b.fields)-1].end = len(b.buf)
}

// headers makes the fields into strings of valid UTF-8.
func (b *headerBlock) headers() Headers {
	if len(b.fields) == 0 {
		return nil
	}
	all := make(Headers, len(b.fields))
	if plainHeader(b.buf) {
		text := string(b.buf)
		for i, f := range b.fields {
			all[i] = Header{text[f.name:f.nameEnd], trimSpace(text[f.value:f.end])}
		}
		return all
	}
	label := b.charset()
	for i, f := range b.fields {
		value := b.buf[f.value:f.end]
		all[i].Name = string(b.buf[f.name:f.nameEnd])
		if plainHeader(value) {
			all[i].Value = trimSpace(string(value))
		} else {
			all[i].Value = trimSpace(oneLine(decodeRaw(value, label)))
		}
	}
	return all
}

// charset is the one that the block's Content-Type names: the best guess for raw 8-bit fields beside it.
func (b *headerBlock) charset() string {
	for _, f := range b.fields {
		if bytes.EqualFold(b.buf[f.name:f.nameEnd], []byte("content-type")) {
			return parseParams(strings.ToValidUTF8(string(b.buf[f.value:f.end]), "")).get("charset")
		}
	}
	return ""
}

// plainHeader says that bytes can be taken as they are: UTF-8 without control characters that mean something.
func plainHeader(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 && bytes.IndexByte(b, 0x1b) < 0 && bytes.IndexByte(b, '\r') < 0
}

// oneLine takes line ends out of a header's value.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case 0:
			return -1
		case '\r', '\n':
			return ' '
		}
		return r
	}, s)
}

func trimSpace(s string) string { return strings.Trim(s, " \t\r\n") }

// fieldName gives a line's field name and where its value begins; false when the line is no header field.
func fieldName(line []byte) (name []byte, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return nil, nil, false
	}
	name = bytes.TrimRight(line[:i], " \t")
	if len(name) == 0 {
		return nil, nil, false
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return nil, nil, false
		}
	}
	return name, line[i+1:], true
}
