package mime

import (
	"bytes"
	"errors"
	"io"
)

// lineBuffer is the longest line taken whole, in bytes; a longer one comes in pieces.
const lineBuffer = 32 << 10

var crlf = []byte("\r\n")

// A lineSource gives out a mail line by line without holding more of it than one buffer.
type lineSource struct {
	src    io.Reader // nil when the mail is in memory
	buf    []byte
	at     int // buf[at:end] has not been given out
	end    int
	last   int  // where the line given out last begins, for unread
	mid    bool // the next piece goes on with a line that was too long for the buffer
	wasMid bool // mid as it was before the last line, for unread
	began  bool
	eof    bool
	err    error  // the source's own error
	eol    byte   // '\n', or '\r' for a mail that has no other line ends
	pushed []byte // a line given back after more had been read
	again  bool   // pushed comes next
	repeat bool   // pushed came last, for unread
}

func newLineSource(r io.Reader) *lineSource {
	return &lineSource{src: r, buf: make([]byte, lineBuffer)}
}

func newLineSourceBytes(mail []byte) *lineSource {
	return &lineSource{buf: mail, end: len(mail), eof: true}
}

// next gives the next line and its line end ("\r\n", "\n", "\r" or none); continued says that it goes on
// with the line before. The slices are valid until the next call.
func (l *lineSource) next() (line, eol []byte, continued, ok bool) {
	if !l.began {
		l.begin()
	}
	l.repeat = l.again
	if l.again {
		l.again = false
		return l.pushed, crlf, false, true
	}
	seen := 0
	for {
		if i := bytes.IndexByte(l.buf[l.at+seen:l.end], l.eol); i >= 0 {
			return l.take(seen+i+1, true)
		}
		seen = l.end - l.at
		if l.eof {
			if seen == 0 {
				return nil, nil, false, false
			}
			return l.take(seen, true)
		}
		if seen == len(l.buf) {
			n := seen
			if l.buf[n-1] == '\r' { // its line feed may come next
				n--
			}
			return l.take(n, false)
		}
		l.fill()
	}
}

// take gives out the next n bytes, which end their line or not.
func (l *lineSource) take(n int, ends bool) (line, eol []byte, continued, ok bool) {
	l.last, l.wasMid = l.at, l.mid
	whole := l.buf[l.at : l.at+n]
	l.at += n
	l.mid = !ends
	cut := n
	if ends && n > 0 && whole[n-1] == l.eol {
		cut--
		if l.eol == '\n' && cut > 0 && whole[cut-1] == '\r' {
			cut--
		}
	}
	return whole[:cut:cut], whole[cut:], l.wasMid, true
}

// unread puts the line given out last back; once a line.
func (l *lineSource) unread() {
	if l.repeat {
		l.again, l.repeat = true, false
		return
	}
	l.at, l.mid = l.last, l.wasMid
}

// pushBack has a line come next that was given out before the last one.
func (l *lineSource) pushBack(line []byte) { l.pushed, l.again = line, true }

// begin fills the buffer and finds out how this mail ends its lines.
func (l *lineSource) begin() {
	l.began = true
	for !l.eof && l.end < len(l.buf) {
		l.fill()
	}
	l.eol = '\n'
	seen := l.buf[:l.end]
	if !l.eof && l.end > 0 {
		seen = seen[:l.end-1] // a last CR's LF may come next
	}
	if bytes.IndexByte(l.buf[:l.end], '\n') < 0 && bytes.IndexByte(seen, '\r') >= 0 {
		l.eol = '\r'
	}
}

func (l *lineSource) fill() {
	if l.at > 0 {
		copy(l.buf, l.buf[l.at:l.end])
		l.end -= l.at
		l.last -= l.at
		l.at = 0
	}
	for empty := 0; empty < 100; empty++ {
		n, err := l.src.Read(l.buf[l.end:])
		if l.eol == '\r' && bytes.IndexByte(l.buf[l.end:l.end+n], '\n') >= 0 {
			l.eol = '\n' // it was one long line with a CR in it
		}
		l.end += n
		if err != nil {
			l.eof = true
			if !errors.Is(err, io.EOF) {
				l.err = err
			}
			return
		}
		if n > 0 {
			return
		}
	}
	l.eof, l.err = true, io.ErrNoProgress
}
