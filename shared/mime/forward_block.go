package mime

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// quotedBlock is a header block that a mail client copied into a body: From, Sent, To, Subject.
type quotedBlock struct {
	start, end int // lines [start, end)
	values     [fieldCount]string
	seen       [fieldCount]bool
	finnish    bool // its sender stands behind "Lähettäjä"
}

// maxBlock is the most lines that a block may take.
const maxBlock = 40

// readBlock reads a header block that begins at line i; false when none does. framedAbove says that a line such as
// "-----Original Message-----" stands above, so that less is asked of the block itself.
func readBlock(lines []textLine, i int, framedAbove bool) (quotedBlock, bool) {
	b := quotedBlock{start: i, end: i}
	if field, _ := label(firstOf(lines, i)); field == fieldNone {
		return b, false
	}
	last := fieldNone
	for end := min(len(lines), i+maxBlock); i < end; i++ {
		line := lines[i]
		if line.blank() {
			if !b.goesOn(lines, i, last) {
				break
			}
			continue
		}
		if !b.take(line.text, &last) {
			break
		}
		b.end = i + 1
	}
	return b, b.genuine(framedAbove)
}

func firstOf(lines []textLine, i int) string {
	if i >= len(lines) {
		return ""
	}
	return lines[i].text
}

// take reads one line of the block; false when it belongs to the body.
func (b *quotedBlock) take(text string, last *quotedField) bool {
	field, value := label(text)
	switch {
	case field == fieldOther:
		*last = field
		return true
	case field != fieldNone && !b.seen[field]:
		b.put(field, value)
		b.finnish = b.finnish || field == fieldFrom && strings.HasPrefix(strings.ToLower(trimBlank(text)), "lähettäjä")
		*last = b.lastOf(field, value)
		return true
	case field != fieldNone:
		return field == fieldCc // Cc and Bcc; anything else twice is the next block
	case *last == fieldNone:
		return false
	}
	if !b.continues(text, *last) {
		return false
	}
	if *last < fieldOther {
		b.values[*last] = foldBlanks(b.values[*last] + " " + trimBlank(text))
	}
	return true
}

// continues says whether a line without a label goes on with the last field.
func (b *quotedBlock) continues(text string, last quotedField) bool {
	if last == fieldOther {
		return text[0] == ' ' || text[0] == '\t'
	}
	value, text := b.values[last], trimBlank(text)
	if value == "" {
		return len(text) < 500
	}
	if last == fieldFrom || last == fieldTo || last == fieldCc {
		open := strings.HasSuffix(value, ",") || strings.HasSuffix(value, ";") || strings.HasSuffix(value, "<")
		return open || strings.HasPrefix(text, "<") && strings.Contains(text, "@") && !strings.Contains(value, "@")
	}
	return false
}

// goesOn says whether the block goes on behind a blank line: with a field that it has not had, or with the value of
// one whose label stands alone.
func (b *quotedBlock) goesOn(lines []textLine, i int, last quotedField) bool {
	next := nextShown(lines, i, 3)
	if next < 0 {
		return false
	}
	field, _ := label(lines[next].text)
	if field != fieldNone && field != fieldOther {
		return !b.seen[field]
	}
	return last != fieldNone && last < fieldOther && b.values[last] == "" && last != fieldSubject && last != fieldCc
}

// put stores a value. A second field on the same line ("To: a@example.com Subject: Hello") is split off.
func (b *quotedBlock) put(field quotedField, value string) {
	head, tail := splitInline(value, field)
	b.values[field], b.seen[field] = head, true
	for tail != "" {
		next, rest := label(tail)
		if next == fieldNone || next == fieldOther || b.seen[next] {
			b.values[field] += " " + tail
			return
		}
		field, b.seen[next] = next, true
		b.values[field], tail = splitInline(rest, field)
	}
}

// lastOf is the field that a following line would go on with: the last one of a line with several.
func (b *quotedBlock) lastOf(field quotedField, value string) quotedField {
	if b.values[field] == value {
		return field
	}
	return fieldOther
}

// genuine says whether the fields prove a copied header block, and not a form or a list: a sender, two more fields, and an
// address or both a date and a subject.
func (b *quotedBlock) genuine(framedAbove bool) bool {
	count := 0
	for f := fieldFrom; f <= fieldSubject; f++ {
		if b.seen[f] {
			count++
		}
	}
	from := b.values[fieldFrom]
	if from == "" || len(from) > 1000 || count < 2 {
		return false
	}
	address := strings.Contains(from, "@")
	dated := strings.ContainsFunc(b.values[fieldDate], unicode.IsDigit)
	if framedAbove {
		return address || dated
	}
	return count >= 3 && (address && (dated || b.seen[fieldSubject]) || dated && b.seen[fieldSubject])
}

// splitInline cuts a value before a second label on the same line. A label there begins with a capital and follows a
// blank or a bracket, or runs on from the word before ("09:26:50 CETSubject: Hello").
func splitInline(value string, field quotedField) (head, tail string) {
	if field == fieldSubject && !strings.Contains(value, "@") {
		return value, ""
	}
	for i, r := range value {
		if r != ':' && r != '：' || i == 0 {
			continue
		}
		if at := labelBefore(value, i); at > 0 {
			return trimBlank(value[:at]), value[at:]
		}
	}
	return value, ""
}

// labelBefore finds where the longest label that ends at the colon begins; 0 when there is none.
func labelBefore(s string, colon int) int {
	end := len(strings.TrimRight(s[:colon], " *"))
	found := 0
	for at, n := end, 0; at > 0 && n < 24; n++ {
		r, size := utf8.DecodeLastRuneInString(s[:at])
		if !unicode.IsLetter(r) && r != ' ' {
			break
		}
		at -= size
		if !unicode.IsUpper(r) || at == 0 {
			continue
		}
		field := labels()[strings.ToLower(s[at:end])]
		if field == fieldNone || field == fieldOther {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		if strings.ContainsRune(" >)]*", before) || end-at > 3 && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
			found = at
		}
	}
	return found
}
