package mime

import (
	"regexp"
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
	case !short:
		return i + 1
	case kind == signatureClosing && (end < len(t.lines) || t.longLine(i, end)):
		return i + 1
	}
	return t.hide(i, end)
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
	if len(text) > 200 {
		return false
	}
	line := strings.ToLower(foldBlanks(withoutLinks().ReplaceAllString(text, " ")))
	line = strings.Trim(line, "()[]<>*_\"“”- ")
	words := strings.Fields(line)
	if len(words) == 0 || len(words) > 16 {
		return false
	}
	early := strings.Join(words[:min(6, len(words))], " ")
	switch {
	case sentPrefix().MatchString(line):
		if deviceName().MatchString(early) {
			return true
		}
		return alone && len(words) <= 9 && !strings.ContainsAny(line, ",;.?!")
	case sentSuffix().MatchString(line):
		return len(words) <= 14 && deviceName().MatchString(line)
	}
	return len(words) <= 8 && strings.Contains(line, "outlook") && getOutlook().MatchString(line)
}

var (
	withoutLinks = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[<(\[]?https?://\S+`) })
	// sentPrefix finds "sent from" at the beginning of a line.
	sentPrefix = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:sent (?:from|via|using|with|by|on)\b|envoyé (?:de|depuis|à partir|avec|par|via)|(?:gesendet|verschickt|geschickt) (?:von|mit|aus|über|via)|enviado (?:desde|con|de|do|a partir|por|via|pelo)|inviato (?:da|dal|con|tramite)|(?:verzonden|verstuurd|gestuurd) (?:van|vanaf|met|via)|sendt (?:fra|med|via)|skicka(?:t|des|d) (?:från|med|via)|lähetetty |wysłan[eo] (?:z|za|przy)|odesláno (?:z|ze|pomocí)|odoslané (?:z|zo|pomocou)|отправлено (?:с|из|от)|надіслано (?:з|із)|відправлено (?:з|із)|изпратено от|trimis (?:de pe|din|de la)|poslano (?:s|z|iz)|enviat (?:des|amb)|στάλθηκε από|được gửi từ|gửi từ|dikirim dari|ส่งจาก|أرسلت من|مرسل من|נשלח מ|发自|寄自|從我的|从我的)`)
	})
	// sentSuffix finds it around the name, where the language has it there.
	sentSuffix = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^| )(?:von|vom|mit|über|via|vanaf|met) .* (?:gesendet|verschickt|verzonden|verstuurd)\.?$|['’]?(?:dan|den|tan|ten) gönderil(?:di|miştir)\.?$|(?:ról|ről|mal|val|vel) küldve\.?$|から送信(?:されました)?。?$|에서 보냄|에서 보냈습니다|^(?:从|從|由|通过|透過).*(?:发送|傳送|發送|发出)。?$`)
	})
	deviceName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`iphone|ipad|ipod|\bios\b|apple|android|samsung|galaxy|huawei|xiaomi|oneplus|pixel|nokia|blackberry|sony|xperia|htc|motorola|windows|smartphone|mobil|handy|telefon|téléphone|celular|móvil|cellulare|tablet|\bphone|outlook|thunderbird|\bmail\b|e-mail|gmail|yahoo|proton|airmail|spark|nine|k-9|fairemail|телефон|手机|手機|携帯`)
	})
	getOutlook = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(?:ios|android|mac|windows|mobil\w*)\b`) })
)
