package mime

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// signatureKind is how sure a line is the first of a signature.
type signatureKind int

const (
	signatureNone    signatureKind = iota
	signatureMark                  // "-- ", as the standard has it, and "__"
	signatureRule                  // a drawn rule: only with little text below
	signatureDevice                // Sent from my iPhone
	signatureClosing               // Best regards: only at the end of a mail that quotes nothing below
)

const (
	maxSignature = 15 // lines of text below a first line that is less than sure
	maxClosing   = 100
)

// hideSignature hides the signature that begins at line i, up to the next quotation, and gives the line to go on with.
func (t *trimmer) hideSignature(i int) int {
	kind := signatureAt(t.lines, i)
	if kind == signatureNone {
		return i + 1
	}
	if kind == signatureMark {
		return t.hide(i, t.signatureEnd(i, len(t.lines)))
	}
	end := t.signatureEnd(i, maxSignature)
	short := end == len(t.lines) || t.lines[end].depth > 0
	if !short {
		_, short = t.quoteStart(end)
	}
	switch {
	case kind == signatureDevice && (!short || !t.anyShown(i)):
		return t.hide(i, i+1)
	case kind == signatureRule && (!short || t.divides(i)):
		t.dividers = append(t.dividers, trimBlank(t.lines[i].raw))
		return i + 1
	case !short:
		return i + 1
	case kind == signatureClosing && (end < len(t.lines) || t.longLine(i, end)):
		return i + 1
	}
	return t.hide(i, end)
}

// divides says whether the rule at line i has already divided other parts of the mail.
func (t *trimmer) divides(i int) bool {
	return slices.Contains(t.dividers, trimBlank(t.lines[i].raw))
}

// signatureEnd finds where a signature ends that begins at line i: at a quotation, at the end, or past limit lines of text.
func (t *trimmer) signatureEnd(i, limit int) int {
	for i++; i < len(t.lines); i++ {
		l := t.lines[i]
		if l.blank() && l.depth == 0 {
			continue
		}
		if limit--; limit < 0 || l.depth > 0 {
			return i
		}
		if _, ok := t.quoteStart(i); ok {
			return i
		}
	}
	return i
}

// anyShown says whether something before line i is shown.
func (t *trimmer) anyShown(i int) bool {
	for i--; i >= 0; i-- {
		if !t.hidden[i] && !t.lines[i].blank() {
			return true
		}
	}
	return false
}

// longLine says whether a line in [i, end) is longer than those of a closing and a name.
func (t *trimmer) longLine(i, end int) bool {
	for ; i < end; i++ {
		if len(t.lines[i].raw) > maxClosing {
			return true
		}
	}
	return false
}

// signatureAt says what kind of a signature's first line stands at line i.
func signatureAt(lines []textLine, i int) signatureKind {
	text := trimBlank(lines[i].raw)
	switch {
	case text == "--" || text == "__":
		return signatureMark
	case len(text) > 2 && strings.Trim(text, "_") == "":
		return signatureRule
	case len(text) >= 3 && strings.Trim(text, "-") == "":
		if len(text) <= 4 || i == 0 || lines[i-1].blank() { // longer ones underline the line above
			return signatureRule
		}
	case isClosing(text):
		return signatureClosing
	case isDeviceLine(text, i == 0 || lines[i-1].blank()):
		return signatureDevice
	}
	return signatureNone
}

// isClosing knows the closing that only ever stands above a name.
func isClosing(text string) bool {
	if len(text) > 40 {
		return false
	}
	return closing().MatchString(text)
}

var closing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:with )?(?:(?:my|our) )?(?:(?:very|kind|kindest|best|warm|warmest|many) )?regards\s*[,.!]?$`)
})

// isDeviceLine knows the line that telephones and mail programs put below a mail, in any language: "sent from" and a
// name. Without the name of a device or program it must stand alone below a blank line.
func isDeviceLine(text string, alone bool) bool {
	if len(text) < 8 || len(text) > 200 || strings.Count(text, " ") > 15 {
		return false
	}
	line := text
	if strings.Contains(line, "://") {
		line = withoutLinks().ReplaceAllString(line, " ")
	} else if len(line) > 120 {
		return false
	}
	line = strings.ToLower(foldBlanks(line))
	line = strings.Trim(line, "()[]<>*_\"“”- ")
	words := strings.Fields(line)
	if len(words) == 0 || len(words) > 16 {
		return false
	}
	switch {
	case startsWithAny(line, sentFirst()):
		if deviceName().MatchString(strings.Join(words[:min(6, len(words))], " ")) {
			return true
		}
		return alone && len(words) <= 9 && !strings.ContainsAny(line, ",;.?!")
	case len(words) <= 14 && endsWithAny(strings.TrimSuffix(line, "."), sentLast()):
		return sentAround().MatchString(strings.TrimSuffix(line, ".")) && deviceName().MatchString(line)
	}
	return len(words) <= 8 && strings.Contains(line, "outlook") && getOutlook().MatchString(line)
}

// sentOpenings begin such a line, sentEndings end it, in lower case.
const (
	sentOpenings = `sent from|sent via|sent using|sent with|sent by|sent on|envoyé de|envoyé depuis|envoyé à partir|envoyé avec|envoyé par|envoyé via|gesendet von|gesendet mit|gesendet aus|gesendet über|gesendet via|verschickt von|verschickt mit|enviado desde|enviado con|enviado de|enviado do|enviado a partir|enviado por|enviado via|enviado pelo|inviato da|inviato con|inviato tramite|verzonden van|verzonden met|verzonden via|verstuurd van|verstuurd met|verstuurd via|gestuurd van|sendt fra|sendt med|sendt via|skickat från|skickat med|skickat via|skickades från|skickad från|lähetetty |wysłane z|wysłano z|wysłane przy|odesláno z|odesláno pomocí|odoslané z|odoslané pomocou|отправлено с |отправлено из |отправлено от |надіслано з|надіслано із|відправлено з|изпратено от|trimis de|trimis din|poslano s|poslano z|poslano iz|enviat des|enviat amb|στάλθηκε από|được gửi từ|gửi từ|dikirim dari|ส่งจาก|أرسلت من|مرسل من|נשלח מ|发自|寄自|從我的|从我的`
	sentEndings  = `gesendet|verschickt|verzonden|verstuurd|gönderildi|gönderilmiştir|küldve|送信|送信されました|送信されました。|보냄|보냈습니다|发送|傳送|發送|发出|发送。|傳送。`
)

// startsWithAny says whether s begins with one of the words.
func startsWithAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(s, w) })
}

// endsWithAny says whether s ends with one of the words.
func endsWithAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(s, w) })
}

var (
	withoutLinks = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[<(\[]?https?://\S+`) })
	sentFirst    = sync.OnceValue(func() []string { return strings.Split(sentOpenings, "|") })
	sentLast     = sync.OnceValue(func() []string { return strings.Split(sentEndings, "|") })
	// sentAround finds the words before and behind the name, where the language has them so.
	sentAround = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^| )(?:von|vom|mit|über|via|vanaf|met) .* (?:gesendet|verschickt|verzonden|verstuurd)$|(?:dan|den|tan|ten) gönderil(?:di|miştir)$|(?:ról|ről|mal|val|vel) küldve$|から送信(?:されました)?。?$|에서 보냄|에서 보냈습니다|^(?:从|從|由|通过|透過).*(?:发送|傳送|發送|发出)。?$`)
	})
	deviceName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`iphone|ipad|ipod|\bios\b|apple|android|samsung|galaxy|huawei|xiaomi|oneplus|pixel|nokia|blackberry|sony|xperia|htc|motorola|windows|smartphone|mobil|handy|telefon|téléphone|celular|móvil|cellulare|tablet|\bphone|outlook|thunderbird|\bmail\b|e-mail|gmail|yahoo|proton|airmail|spark|nine|k-9|fairemail|телефон|手机|手機|携帯`)
	})
	getOutlook = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(?:ios|android|mac|windows|mobil\w*)\b`) })
)
