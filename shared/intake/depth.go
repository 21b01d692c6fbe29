package intake

// deepest is how far JSON may be nested; no platform comes near it.
const deepest = 100

// tooDeep reports whether a body that looks like JSON is nested deeper than that. It reads the bytes once, without
// recursion, and skips strings; whether they are JSON at all is the parser's to say.
func tooDeep(body []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > deepest {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
