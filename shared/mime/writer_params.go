package mime

import (
	stdmime "mime"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxFileName  = 150 // runes
	maxPlainName = 55  // bytes of the name that old readers see
)

// fileName makes a name fit for a reader's disk: no path, no control characters, not endless, never empty.
func fileName(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || r == '/' || r == '\\' || r == ':' || isDirectionMark(r):
			return '_'
		}
		return r
	}, name))
	if strings.Trim(name, ".") == "" {
		return "attachment"
	}
	if runes := []rune(name); len(runes) > maxFileName {
		ext := []rune(extension(name))
		name = string(runes[:maxFileName-len(ext)]) + string(ext)
	}
	return name
}

// isDirectionMark knows the characters with which "gnp.exe" is made to read "exe.png".
func isDirectionMark(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f
}

// extension is a name's last part with its dot; "" when there is none that looks like one.
func extension(name string) string {
	at := strings.LastIndexByte(name, '.')
	if at <= 0 || len(name)-at > 12 {
		return ""
	}
	return name[at:]
}

// disposition writes Content-Disposition with the name twice where it isn't plain ASCII: in full (RFC 2231), and for old
// readers with "_" for what they can't read. The full one stands first: Python's reader takes the first that it meets.
func (h *fieldWriter) disposition(kind, name string) {
	name = fileName(name)
	plain := plainName(name)
	h.begin("Content-Disposition")
	h.token(kind + ";")
	if plain != name {
		h.fullName(percentPieces(name))
	}
	h.token(`filename="` + plain + `"`)
	h.end()
}

// fullName writes a percent-encoded name, numbered when it takes several lines.
func (h *fieldWriter) fullName(pieces []string) {
	if len(pieces) == 1 {
		h.token("filename*=UTF-8''" + pieces[0] + ";")
		return
	}
	for i, piece := range pieces {
		if i == 0 {
			piece = "UTF-8''" + piece
		}
		h.token("filename*" + strconv.Itoa(i) + "*=" + piece + ";")
	}
}

// plainName is a name in ASCII, short enough for one line.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf || r == '"' || r == '%' {
			return '_'
		}
		return r
	}, name)
	if len(plain) <= maxPlainName {
		return plain
	}
	ext := extension(plain)
	return plain[:maxPlainName-len(ext)] + ext
}

// percentPieces writes a name as percent-encoded UTF-8, in pieces of whole characters that fit a line each.
func percentPieces(name string) []string {
	const room = maxLine - len(" filename*10*=UTF-8'';")
	var pieces []string
	var piece []byte
	for _, r := range name {
		var encoded []byte
		for _, c := range []byte(string(r)) {
			if c < utf8.RuneSelf && qPlain(c) && c != '*' && c != '/' || c == '.' || c == '_' {
				encoded = append(encoded, c)
			} else {
				encoded = append(encoded, '%', upperHex[c>>4], upperHex[c&15])
			}
		}
		if len(piece)+len(encoded) > room {
			pieces = append(pieces, string(piece))
			piece = nil
		}
		piece = append(piece, encoded...)
	}
	return append(pieces, string(piece))
}

// fileType gives the tokens of a file's Content-Type: what was asked for where it is well formed. Types that base64 is
// forbidden for (RFC 2046: message and multipart) become plain files.
func fileType(asked string) []string {
	plain := []string{"application/octet-stream"}
	kind, params, err := stdmime.ParseMediaType(asked)
	if err != nil || !strings.Contains(kind, "/") || len(asked) > 500 || strings.HasPrefix(kind, "message/") || strings.HasPrefix(kind, "multipart/") {
		return plain
	}
	delete(params, "name") // Content-Disposition has it
	formatted := stdmime.FormatMediaType(kind, params)
	if formatted == "" {
		return plain
	}
	return strings.Split(strings.ReplaceAll(formatted, "; ", ";\n"), "\n")
}
