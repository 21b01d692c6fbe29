package mime

import "strings"

// quoteKind is what begins at a line: how a client introduces the mail that is answered or forwarded.
type quoteKind int

const (
	quoteNone        quoteKind = iota
	quoteAttribution           // On …, Ann wrote:
	quoteBlock                 // From, Sent, To, Subject
	quoteOriginal              // -----Original Message-----
	quoteForward               // ---------- Forwarded message ---------, Begin forwarded message:
)

// quoteStart is the beginning of a copied mail in a body.
type quoteStart struct {
	kind        quoteKind
	start, end  int // lines [start, end)
	block       quotedBlock
	hasBlock    bool
	attribution attribution
}

// readQuoteStart reads the beginning of a copied mail at line i, with the rule that may stand above it.
func readQuoteStart(lines []textLine, i int) (quoteStart, bool) {
	if lines[i].blank() {
		return quoteStart{}, false
	}
	if isRule(lines[i].text) {
		next := nextShown(lines, i+1, 4)
		if next < 0 || lines[next].depth != lines[i].depth {
			return quoteStart{}, false
		}
		q, ok := quoteStartAt(lines, next)
		q.start = i
		return q, ok
	}
	return quoteStartAt(lines, i)
}

// quoteStartAt is readQuoteStart without a rule.
func quoteStartAt(lines []textLine, i int) (quoteStart, bool) {
	text := lines[i].text
	if q, ok := framedStart(lines, i); ok {
		return q, true
	}
	if strings.HasSuffix(text, ":") && len(text) <= 100 && containsAny(strings.ToLower(text), forwardWords()) {
		if b, ok := blockBelow(lines, i); ok {
			return quoteStart{kind: quoteForward, start: i, end: b.end, block: b, hasBlock: true}, true
		}
	}
	if a, ok := readAttribution(lines, i); ok {
		return quoteStart{kind: quoteAttribution, start: i, end: a.end, attribution: a}, true
	}
	if b, ok := readBlock(lines, i, false); ok {
		return quoteStart{kind: quoteBlock, start: i, end: b.end, block: b, hasBlock: true}, true
	}
	return quoteStart{}, false
}

// framedStart reads words framed by dashes and the header block below them, or behind them on the same line.
func framedStart(lines []textLine, i int) (quoteStart, bool) {
	words, flat := framed(lines[i].text), false
	var b quotedBlock
	var hasBlock bool
	if words != "" {
		b, hasBlock = blockBelow(lines, i)
	} else if head, tail := flattened(lines[i].text); tail != "" {
		words, flat = framed(head), true
		b, hasBlock = readBlock([]textLine{{text: tail}}, 0, true)
	}
	if words == "" {
		return quoteStart{}, false
	}
	q := quoteStart{start: i, end: i + 1, block: b, hasBlock: hasBlock}
	if hasBlock && !flat {
		q.end = b.end
	}
	switch {
	case hasBlock && containsAny(words, forwardWords()):
		q.kind = quoteForward
	case hasBlock || containsAny(words, originalWords()):
		q.kind = quoteOriginal
	default:
		return quoteStart{}, false
	}
	return q, true
}

// blockBelow reads the header block in the lines directly below line i.
func blockBelow(lines []textLine, i int) (quotedBlock, bool) {
	next := nextShown(lines, i+1, 4)
	if next < 0 || lines[next].depth < lines[i].depth {
		return quotedBlock{}, false
	}
	return readBlock(lines, next, true)
}

// flattened cuts a line in which words in a frame and a header block were run together.
func flattened(line string) (head, tail string) {
	line = trimBlank(line)
	if !strings.HasPrefix(line, "--") || !strings.ContainsRune(line, '@') {
		return "", ""
	}
	return splitInline(line, fieldNone)
}
