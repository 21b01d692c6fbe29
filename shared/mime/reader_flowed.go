package mime

import "bytes"

// unflow undoes format=flowed (RFC 3676): a line that ends in a space goes on in the next of the same quote depth.
// delsp says that this space is not part of the text. Quotes come out as one "> " a level.
func unflow(text []byte, delsp bool) []byte {
	out := make([]byte, 0, len(text))
	flowing, depth := false, 0
	for len(text) > 0 {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		text = rest
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		line = line[d:]
		if len(line) > 0 && line[0] == ' ' { // stuffed
			line = line[1:]
		}
		signature := string(line) == "-- "
		if flowing && (d != depth || signature) {
			out = append(out, '\n')
			flowing = false
		}
		if !flowing {
			out = appendRepeat(out, '>', d)
			if d > 0 && len(line) > 0 {
				out = append(out, ' ')
			}
		}
		flowing = !signature && len(line) > 0 && line[len(line)-1] == ' ' && ended
		if flowing && delsp {
			line = line[:len(line)-1]
		}
		out = append(out, line...)
		depth = d
		if !flowing && ended {
			out = append(out, '\n')
		}
	}
	return out
}
