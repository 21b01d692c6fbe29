package channel

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Measure is a text's length as the platform counts.
func Measure(text string, unit Unit) int {
	switch unit {
	case Bytes:
		return len(text)
	case UTF16:
		n := 0
		for _, r := range text {
			n += max(utf16.RuneLen(r), 1)
		}
		return n
	default:
		return utf8.RuneCountInString(text)
	}
}

// Split divides a text into parts of at most limit units, for platforms that take no longer message: where a paragraph
// ends, else a line, else a sentence, else a word, else between two characters. What stands at a cut (spaces, line ends)
// goes; everything else arrives. A text of nothing but space has no parts. A limit of 0 divides nothing.
func Split(text string, limit int, unit Unit) []string {
	var parts []string
	for rest := strings.TrimSpace(text); rest != ""; {
		end := fits(rest, limit, unit)
		if end < len(rest) {
			end = cut(rest, end)
		}
		parts = append(parts, strings.TrimRightFunc(rest[:end], unicode.IsSpace))
		rest = strings.TrimSpace(rest[end:])
	}
	return parts
}

// fits is how many bytes of a text are within the limit; one character at least, so that every text has an end.
func fits(text string, limit int, unit Unit) int {
	if limit <= 0 {
		return len(text)
	}
	n := 0
	for i, r := range text {
		size := 1
		switch unit {
		case Bytes:
			_, size = utf8.DecodeRuneInString(text[i:])
		case UTF16:
			size = max(utf16.RuneLen(r), 1)
		}
		if n += size; n > limit && i > 0 {
			return i
		}
	}
	return len(text)
}

// cut is the best place for a cut at or before end. The first third is never cut into: a part of three words is worse
// than a divided sentence.
func cut(text string, end int) int {
	from := end / 3
	window := text[from:end]
	if text[end] == '\n' {
		return end
	}
	for _, mark := range []string{"\n\n", "\n"} {
		if i := strings.LastIndex(window, mark); i >= 0 {
			return from + i + len(mark)
		}
	}
	if i := lastSentence(window); i > 0 {
		return from + i
	}
	if r, _ := utf8.DecodeRuneInString(text[end:]); unicode.IsSpace(r) {
		return end
	}
	if i := strings.LastIndexFunc(text[:end], unicode.IsSpace); i > 0 {
		return i + 1
	}
	return whole(text, end)
}

// lastSentence is the end of the last sentence in a text that a space follows; 0 for none.
func lastSentence(text string) int {
	for i := len(text) - 1; i > 0; i-- {
		if text[i] == ' ' && strings.IndexByte(".!?", text[i-1]) >= 0 {
			return i + 1
		}
	}
	return 0
}

// whole moves a cut before a character that is written as several: marks that combine, joined emoji, their selectors.
func whole(text string, end int) int {
	for at := end; at > 0 && end-at < 64; {
		next, _ := utf8.DecodeRuneInString(text[at:])
		before, size := utf8.DecodeLastRuneInString(text[:at])
		if !joins(next) && before != '\u200d' {
			return at
		}
		at -= size
	}
	return end
}

func joins(r rune) bool {
	return r == '\u200d' || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || r >= '\U0001F3FB' && r <= '\U0001F3FF'
}

// Partly is the result of a message of several calls, of which the last one made was not accepted: ids are of those
// before it. They are at the contact's to stay, so the message is never sent again by itself.
func Partly(ids []string, of int, last Result) Result {
	if len(ids) == 0 {
		return last
	}
	last.Detail = fmt.Sprintf("Only %d of %d parts were sent. %s", len(ids), of, last.Detail)
	last.Outcome, last.IDs, last.Wait = Lost, ids, 0
	return last
}
