package mime

import "strings"

// toldStatus finds the status that a server's words tell, to replace one that a report gives: a code that stands
// with an SMTP reply is the server's own and precise; one alone counts where the report's is missing or general.
// "" when the given one stays.
func toldStatus(words, given string) string {
	best, general := "", ""
	for rest := words; ; {
		s, next, coupled := nextStatus(rest)
		if s == "" {
			break
		}
		switch {
		case isGeneral(s):
			if general == "" {
				general = s
			}
		case coupled:
			return s
		case best == "":
			best = s
		}
		rest = rest[next:]
	}
	if given != "" && !isGeneral(given) {
		return ""
	}
	if best != "" {
		return best
	}
	if given == "" {
		return general
	}
	return ""
}

// isGeneral says that a status names a class and no reason.
func isGeneral(status string) bool { return strings.HasSuffix(status, ".0.0") }

// nextStatus finds the next status of a failure in a text, where the text goes on, and whether it stands directly behind an SMTP reply code.
func nextStatus(s string) (status string, next int, coupled bool) {
	for i := 0; i+4 < len(s); i++ {
		if s[i] != '5' && s[i] != '4' {
			continue
		}
		found := statusAt(s, i)
		if found == "" {
			continue
		}
		before := strings.TrimRight(s[max(0, i-8):i], " \t\n-'\"(#:[")
		n := len(before)
		coupled = n >= 3 && isDigit(before[n-1]) && isDigit(before[n-2]) && before[n-3] == s[i] && (n == 3 || !isWordByte(before[n-4]))
		return found, i + len(found), coupled
	}
	return "", 0, false
}

// firstStatus finds the first enhanced status code (RFC 3463) in a text.
func firstStatus(s string) string {
	for i := 0; i+4 < len(s); i++ {
		if found := statusAt(s, i); found != "" {
			return found
		}
	}
	return ""
}

// statusAt reads an enhanced status code at i: class 2, 4 or 5, a subject of one digit, a detail of at most three.
func statusAt(s string, i int) string {
	if s[i] != '5' && s[i] != '4' && s[i] != '2' || i > 0 && (isWordByte(s[i-1]) || s[i-1] == '.') {
		return ""
	}
	if i+4 >= len(s) || s[i+1] != '.' || s[i+2] < '0' || s[i+2] > '7' || s[i+3] != '.' {
		return ""
	}
	n := digits(s[i+4:])
	end := i + 4 + n
	if n == 0 || n > 3 || end < len(s) && (isWordByte(s[end]) || s[end] == '.' && end+1 < len(s) && isDigit(s[end+1])) {
		return "" // an address or a version
	}
	return s[i:end]
}

// replyCode finds the first SMTP reply code of a refusal that stands by itself in a text.
func replyCode(s string) string {
	for i := 0; i+2 < len(s); i++ {
		if s[i] != '4' && s[i] != '5' || s[i+1] < '0' || s[i+1] > '7' || !isDigit(s[i+2]) {
			continue
		}
		if i > 0 && (isWordByte(s[i-1]) || strings.IndexByte(".-/=@$€+", s[i-1]) >= 0) {
			continue
		}
		if end := i + 3; end < len(s) && strings.IndexByte(" -:\n,;", s[end]) < 0 {
			continue
		}
		if code := s[i : i+3]; isReply(code) && !countsSomething(s[:i]) {
			return code
		}
	}
	return ""
}

// countsSomething says that the word before a number makes it no reply, as in "port 465" or "in 500 seconds".
func countsSomething(before string) bool {
	before = before[max(0, len(before)-12):]
	word, ok := strings.CutSuffix(before, " ")
	if !ok {
		return false
	}
	switch strings.ToLower(word[strings.LastIndexByte(word, ' ')+1:]) {
	case "port", "in", "of", "after", "than", "line", "the", "least", "last", "to":
		return true
	}
	return false
}

func isReply(code string) bool {
	switch code {
	case "421", "422", "431", "432", "441", "442", "446", "447", "450", "451", "452", "453", "454", "471", "500", "501", "502", "503", "504", "510", "511", "512", "513", "515", "517",
		"521", "522", "523", "525", "530", "531", "533", "534", "535", "538", "540", "541", "544", "546", "547", "550", "551", "552", "553", "554", "555", "556", "557", "558", "570", "571", "572", "573", "574":
		return true
	}
	return false
}

// impliedStatus makes a status of what a report says in words or by a reply code; "" when it says neither.
func impliedStatus(text string) string {
	s := strings.ToLower(text)
	code := replyCode(s)
	class := "5"
	if code != "" {
		class = code[:1]
	}
	for _, c := range []struct {
		detail string
		words  []string
	}{
		{".2.2", []string{"mailbox full", "mailbox is full", "over quota", "quota exceeded", "overquota", "exceeded the local limit", "exceeded storage", "full mailbox", "disk quota"}},
		{".1.1", []string{"user unknown", "unknown user", "no such user", "unknown recipient", "recipient not found", "recipient name is not recognized", "no mailbox here", "does not have a", "doesn't have a", "invalid user", "user not found", "address not found", "mailbox unavailable", "invalid recipient", "no such recipient", "userid:"}},
		{".1.2", []string{"host unknown", "host not found", "unknown host", "domain not found", "domain does not exist", "name service error", "no such domain"}},
		{".4.7", []string{"retry timeout", "in the queue too long", "envelope expired", "message expired", "failing for a long time", "giving up", "could not be delivered for"}},
		{".4.1", []string{"timed out", "connection refused", "not accept our requests to connect", "unable to connect", "no route to host", "host not reachable"}},
	} {
		for _, w := range c.words {
			if strings.Contains(s, w) {
				if code == "" && (c.detail == ".4.7" || c.detail == ".4.1") {
					class = "4"
				}
				return class + c.detail
			}
		}
	}
	if code != "" {
		return class + ".0.0"
	}
	return ""
}
