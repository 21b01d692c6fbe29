package mime

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// quotedField is what one line of a header block that was copied into a body says.
type quotedField int

const (
	fieldNone quotedField = iota
	fieldFrom
	fieldTo
	fieldCc
	fieldDate
	fieldSubject
	fieldOther // known, and of no interest: Reply-To, Attachments, Importance
	fieldCount
)

// labelTable lists, a field a line, the words that mail clients put before the colon, in lower case. A language has
// several for one field, because clients translate them differently.
const labelTable = `from|von|de|da|van|fra|från|od|od koho|feladó|lähettäjä|от|от кого|отправитель|від|від кого|відправник|de la|šalje|pošiljatelj|pošiljalac|kimden|gönderen|expéditeur|absender|remitente|mittente|afzender|afsender|avsender|avsändare|remetente|nadawca|odesílatel|odosielateľ|expeditor|изпращач|от страна на|пошиљалац|frá|sendandi|saatja|nuo|từ|dari|daripada|จาก|από|αποστολέας|מאת|من|差出人|送信者|发件人|發件人|寄件者|寄件人|보낸 사람|보낸사람
to|an|a|à|aan|til|till|komu|do|pre|címzett|vastaanottaja|кому|către|prima|za|kime|alıcı|para|per a|destinataire|destinataires|empfänger|destinatario|destinatari|destinatário|ontvanger|modtager|mottaker|mottagare|adresat|odbiorca|příjemce|príjemca|primatelj|destinatar|получатель|одержувач|до|получател|прима|viðtakandi|saaja|kellele|kam|đến|kepada|ถึง|προς|אל|إلى|宛先|收件人|收件者|받는 사람|받는사람
cc|kopie|kopi|kopia|kopio|kópia|copia|cópia|copie|copie à|másolat|másolatot kap|копия|копія|dw|do wiadomości|bilgi|w kopii|kopija|afrit|koopia|đồng gửi|tembusan|สำเนา|κοιν|κοινοποίηση|עותק|نسخة|抄送|副本|参照|참조|ccn|bcc
date|sent|sent at|datum|dato|data|fecha|gesendet|gesendet am|envoyé|envoyé le|message du|enviado|enviado el|enviado em|enviada|enviada em|enviado a|inviato|data invio|verzonden|verzonden op|sendt|skickat|skickad|dátum|odesláno|odoslané|wysłano|wysłane|data wysłania|elküldve|küldve|lähetetty|päivämäärä|päiväys|отправлено|дата|дата отправки|відправлено|надіслано|изпратено|trimis|dată|data trimiterii|poslano|poslato|послато|датум|tarih|gönderilen|gönderildi|gönderme tarihi|enviat|enviat el|sent on|dags|dagsetning|saadetud|kuupäev|išsiųsta|nosūtīts|datums|đã gửi|ngày|gửi|dikirim|tanggal|วันที่|ส่ง|ημερομηνία|στάλθηκε|תאריך|נשלח|التاريخ|تم الإرسال|تاريخ|日付|送信日時|日期|发送时间|發送時間|寄件日期|傳送時間|보낸 날짜|날짜
subject|betreff|objet|sujet|asunto|oggetto|ogg|onderwerp|emne|ämne|předmět|predmet|temat|tárgy|aihe|тема|subiect|assunto|konu|относно|предмет|naslov|assumpte|efni|teema|pealkiri|temats|tema|chủ đề|tiêu đề|perihal|subjek|เรื่อง|θέμα|נושא|الموضوع|件名|題名|主题|主旨|主題|주제|제목
reply-to|reply to|antwort an|répondre à|responder a|rispondi a|antwoord aan|svar til|svara till|odpovědět|odpowiedz do|importance|priority|attachments|anlagen|wichtigkeit|pièces jointes|adjuntos|allegati|bijlagen|organization|organisation|message-id|resent-from|resent-to|sender`

// labels gives the field of a label in lower case.
var labels = sync.OnceValue(func() map[string]quotedField {
	all := make(map[string]quotedField, 400)
	for i, line := range strings.Split(labelTable, "\n") {
		for word := range strings.SplitSeq(line, "|") {
			if _, taken := all[word]; !taken {
				all[word] = fieldFrom + quotedField(i)
			}
		}
	}
	return all
})

// maxLabel is the longest label in bytes, with its marks and blanks.
const maxLabel = 48

// label reads a line as a label and its value. Bold marks (*From:*) and any blanks before the colon are passed over.
func label(line string) (field quotedField, value string) {
	line = trimBlank(line)
	for i, r := range line {
		if i > maxLabel {
			break
		}
		if r != ':' && r != '：' {
			continue
		}
		word := strings.ToLower(strings.Trim(foldBlanks(line[:i]), "*_ "))
		field = labels()[word]
		if field == fieldNone {
			return fieldNone, ""
		}
		value = trimBlank(line[i+utf8.RuneLen(r):])
		return field, trimBlank(strings.TrimPrefix(value, "*"))
	}
	return fieldNone, ""
}

// forwardStems are the stems of "forwarded" and "to forward" in the languages of mail clients, in lower case.
const forwardStems = `forward|weitergeleitet|weiterleit|transféré|transfere|transferid|réexpéd|reenvi|rrenvi|reencaminh|encaminh|inoltrat|doorgestuurd|doorgezonden|videresend|vidaresän|vidarebefordra|välitetty|edelleenläh|lähetetty edelleen|przekaz|przesłan|přepos|přeposl|preposl|továbbít|redirec|redirijat|proslijeđ|prosleđ|переслан|переадрес|перенаправ|пересила|пересыла|препрат|iletil|letilmi|yönlendir|πρωθ|προωθ|הועבר|מועבר|معاد توجيه|محوّل|转发|轉寄|轉發|転送|전달|diteruskan|chuyển tiếp|edasi saadet|edastatud|pārsūt|persiųst|framsend|reenviat`

// originalStems are the same for "original message", which clients put above an answer as well as above a forward, and for
// the "please reply above this line" of help desks.
const originalStems = `original message|original appointment|ursprüngliche nachricht|originalnachricht|message d'origine|message d’origine|message original|mensaje original|messaggio originale|oorspronkelijk bericht|origineel bericht|oprindelig besked|oprindelig meddelelse|opprinnelig melding|ursprungligt meddelande|ursprungligt mejl|alkuperäinen viesti|pôvodná správa|původní zpráva|wiadomość oryginalna|oryginalna wiadomość|исходное сообщение|оригинальное сообщение|первоначальное сообщение|вихідне повідомлення|оригінальне повідомлення|eredeti üzenet|mesaj original|mesajul original|orijinal mesaj|orijinal ileti|özgün ileti|mensagem original|izvorna poruka|originalna poruka|оригинално съобщение|αρχικό μήνυμα|הודעה מקורית|الرسالة الأصلية|元のメッセージ|原始邮件|原始郵件|원본 메시지|원본 메일|tin nhắn gốc|thư gốc|pesan asli|algne kiri|upprunaleg skilaboð|missatge original|above this line|au-dessus de cette ligne|über dieser zeile|oberhalb dieser|boven deze lijn|boven deze regel|encima de esta línea|acima desta linha|sopra questa riga`

var (
	forwardWords  = sync.OnceValue(func() []string { return strings.Split(forwardStems, "|") })
	originalWords = sync.OnceValue(func() []string { return strings.Split(originalStems, "|") })
)

// containsAny says whether s holds one of the words.
func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// subjectKind is what a subject's first prefix says of the mail.
type subjectKind int

const (
	subjectPlain subjectKind = iota
	subjectReply
	subjectForward
	subjectEither // VS: a forward in Danish and Norwegian, an answer in Finnish
)

// prefixOf reads the prefix that a client puts before a subject.
func prefixOf(subject string) subjectKind {
	s := trimBlank(subject)
	for strings.HasPrefix(s, "[") { // [List], [EXTERNAL]
		_, rest, ok := strings.Cut(s, "]")
		if !ok {
			break
		}
		s = trimBlank(rest)
	}
	end := strings.IndexAny(s, ":：")
	if end <= 0 || end > 24 {
		return subjectPlain
	}
	word := strings.TrimRightFunc(strings.ToLower(s[:end]), func(r rune) bool { return !unicode.IsLetter(r) })
	switch word { // Re[2], Re(2), Redir. lose their tails
	case "fw", "fwd", "wg", "tr", "i", "rv", "vl", "vb", "pd", "enc", "redir", "fs", "továbbítás", "пересл", "ilt", "i̇lt", "πρθ", "הועבר", "转发", "轉寄", "转", "전달", "doorst", "trs", "reenv", "tov":
		return subjectForward
	case "re", "aw", "sv", "antw", "odp", "rif", "r", "res", "ynt", "回复", "回覆", "答复", "bls", "vá", "στ", "απ", "отв", "rép", "atb", "ats", "ответ", "відп", "답장", "תשובה", "رد":
		return subjectReply
	case "vs":
		return subjectEither
	}
	return subjectPlain
}

// trimBlank trims white space, no-break spaces, zero-width and direction marks from both ends.
func trimBlank(s string) string { return strings.TrimFunc(s, isBlankRune) }

// isBlankRune says whether a rune shows nothing.
func isBlankRune(r rune) bool {
	switch r {
	case '\ufeff', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\u00ad', 0x202a, 0x202b, 0x202c, 0x202d, 0x202e:
		return true
	}
	return unicode.IsSpace(r)
}

// foldBlanks makes each run of white space one blank, and trims the ends.
func foldBlanks(s string) string { return strings.Join(strings.Fields(s), " ") }
