package slack

import (
	"strings"

	"github.com/loket-desk/loket/shared/channel"
)

// plain makes of Slack's mark-up what a person reads: names for mentions, label and address for links.
func plain(text string) string {
	text = channel.Clean(text)
	if !strings.ContainsAny(text, "<&") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			break
		}
		b.WriteString(text[:open])
		b.WriteString(reference(text[open+1 : open+end]))
		text = text[open+end+1:]
	}
	b.WriteString(text)
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(b.String())
}

// reference is what stands for one mention or link.
func reference(s string) string {
	target, label, labelled := strings.Cut(s, "|")
	switch {
	case target == "":
		return label
	case target[0] == '@':
		if labelled {
			return "@" + strings.TrimPrefix(label, "@")
		}
		return target
	case target[0] == '#':
		if labelled && label != "" {
			return "#" + label
		}
		return target
	case target[0] == '!':
		word, _, _ := strings.Cut(target[1:], "^")
		return "@" + strings.TrimPrefix(or(label, word), "@")
	}
	bare := strings.TrimPrefix(strings.TrimPrefix(target, "mailto:"), "tel:")
	if !labelled || label == bare || label == target || strings.HasSuffix(bare, "://"+label) {
		return bare
	}
	return label + " (" + bare + ")"
}

// escaped makes Slack show a text as it was written.
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// emoji is the character of a reaction where it is a usual one, else its name as Slack writes it.
func emoji(name string) string {
	base, _, _ := strings.Cut(name, "::")
	known := map[string]string{
		"+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "heart": "❤️", "tada": "🎉", "eyes": "👀", "white_check_mark": "✅",
		"heavy_check_mark": "✔️", "x": "❌", "pray": "🙏", "clap": "👏", "joy": "😂", "heart_eyes": "😍", "smile": "😄", "slightly_smiling_face": "🙂", "wave": "👋",
		"fire": "🔥", "rocket": "🚀", "100": "💯", "ok_hand": "👌", "raised_hands": "🙌", "thinking_face": "🤔", "cry": "😢", "rage": "😡", "question": "❓", "warning": "⚠️",
	}
	if c, ok := known[base]; ok {
		return c
	}
	return ":" + base + ":"
}
