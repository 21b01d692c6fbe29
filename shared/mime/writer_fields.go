package mime

import (
	"strings"
	"unicode/utf8"
)

const (
	maxLine      = 76
	maxPlainWord = 66  // a longer word of free text is encoded, because encoded words can be broken
	maxFieldWord = 900 // in fields of other programs a word is left as it is up to the limit of a line
)

// A fieldWriter writes header fields and folds them.
type fieldWriter struct {
	buf []byte
	col int
}

// begin writes a field's name.
func (h *fieldWriter) begin(name string) {
	h.buf = append(append(h.buf, name...), ':')
	h.col = len(name) + 1
}

// token writes one word that can't be broken, on a line of its own when the current one has no room.
func (h *fieldWriter) token(s string) {
	if h.col+1+len(s) > maxLine && h.col > 1 {
		h.buf = append(h.buf, "\r\n"...)
		h.col = 0
	}
	h.buf = append(append(h.buf, ' '), s...)
	h.col += 1 + len(s)
}

// end ends the field.
func (h *fieldWriter) end() { h.buf = append(h.buf, "\r\n"...) }

// field writes a field of free text.
func (h *fieldWriter) field(name, value string, maxWord int) {
	h.begin(name)
	h.text(value, maxWord)
	h.end()
}

// ids writes a field of message ids; nothing when none can be written.
func (h *fieldWriter) ids(name string, ids []string) {
	begun := false
	for _, id := range ids {
		if id = bareID(id); !validID(id) {
			continue
		}
		if !begun {
			h.begin(name)
			begun = true
		}
		h.token("<" + id + ">")
	}
	if begun {
		h.end()
	}
}

// addresses writes a field of addresses; nothing when there are none.
func (h *fieldWriter) addresses(name string, list []Address) {
	if len(list) == 0 {
		return
	}
	h.begin(name)
	for i, a := range list {
		addr := a.Addr
		if phrase := strings.TrimSpace(headerText(a.Name)); phrase != "" {
			h.phrase(phrase)
			addr = "<" + addr + ">"
		}
		if i < len(list)-1 {
			addr += ","
		}
		h.token(addr)
	}
	h.end()
}

// phrase writes a name: plain where it can be, in quotes where it has marks that mean something, else encoded.
func (h *fieldWriter) phrase(name string) {
	if needsWord(name, maxPlainWord-6) || strings.Contains(name, "  ") {
		h.words(name)
		return
	}
	if strings.Trim(name, atomRunes) == "" {
		for word := range strings.SplitSeq(name, " ") {
			h.token(word)
		}
		return
	}
	h.token(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`)
}

const atomRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~ "

// text writes free text. The words from the first to the last that need it are encoded together, with the blanks between
// them, so that a reader gets back every character.
func (h *fieldWriter) text(s string, maxWord int) {
	if s = headerText(s); s == "" {
		return
	}
	words := strings.Split(s, " ")
	first, last := len(words), -1
	for i, w := range words {
		if needsWord(w, maxWord) {
			first, last = min(first, i), i
		}
	}
	if first == last && words[first] == "" { // two blanks: one of them needs company
		if last < len(words)-1 {
			last++
		} else {
			first--
		}
	}
	for i := 0; i < len(words); i++ {
		if i == first {
			h.words(strings.Join(words[first:last+1], " "))
			i = last
			continue
		}
		h.token(words[i])
	}
}

// needsWord says whether a word can't be written as it is: it is empty, not ASCII, too long, or looks encoded.
func needsWord(word string, maxWord int) bool {
	if word == "" || len(word) > maxWord || strings.Contains(word, "=?") {
		return true
	}
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// headerText makes a string fit for a header: valid, and with blanks for line ends and other control characters.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r // Map makes U+FFFD of what is no UTF-8
	}, strings.ReplaceAll(s, "\r\n", " "))
}
