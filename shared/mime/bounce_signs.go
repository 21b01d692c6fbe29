package mime

import "strings"

// The signs by which a report without a machine-readable part is told from a person's mail. No single one is enough.
const (
	signDaemon     = 2 // sent by a mail system's own name
	signPostmaster = 1 // sent from an address that persons use, too
	signSubject    = 2
	signPhrase     = 2
	signReturned   = 1 // brings a mail back
	signNullPath   = 1 // may not be answered; out-of-office notes have it, too
	signReply      = 1 // quotes a server's refusal
	enoughSigns    = 4
)

// outerScore counts what a mail's headers tell.
func outerScore(m *Mail) int {
	score := daemonScore(m)
	if isBounceSubject(m.Subject) {
		score += signSubject
	}
	if hasNullPath(m) {
		score += signNullPath
	}
	return score
}

// hasNullPath says that a mail was sent so that nothing answers it.
func hasNullPath(m *Mail) bool {
	return m.Headers.Has("Return-Path") && strings.Trim(m.Headers.Get("Return-Path"), "<> ") == ""
}

// daemonScore says how much the sender looks like a mail system.
func daemonScore(m *Mail) int {
	from := m.From
	if len(from) == 0 {
		from = []Address{m.Sender}
	}
	score := 0
	for _, a := range from {
		local, _, _ := strings.Cut(strings.ToLower(a.Addr), "@")
		name := strings.ToLower(a.Name)
		if local == "" {
			local = name
		}
		switch plain := charsetKey(local); {
		case strings.HasPrefix(plain, "mailerdaemon"), strings.HasPrefix(plain, "maildaemon"), strings.HasPrefix(plain, "maildelivery"), plain == "doublebounce":
			return signDaemon
		case plain == "postmaster":
			score = signPostmaster
		}
		for _, n := range []string{"mail deliver", "mailer-daemon", "mailer daemon", "mail delivery", "system administrator", "mail administrator"} {
			if strings.Contains(name, n) {
				return signDaemon
			}
		}
	}
	return score
}

// isBounceSubject says whether a subject reads like a report's. An answer or a forward of one is a person's.
func isBounceSubject(subject string) bool {
	s := strings.ToLower(subject)
	for _, p := range []string{"re:", "fw:", "fwd:", "aw:", "wg:", "tr:", "rv:"} {
		if strings.HasPrefix(s, p) {
			return false
		}
	}
	for _, w := range []string{
		"undeliver", "delivery status", "delivery failure", "failure notice", "failure delivery", "failed delivery", "mail delivery", "returned mail",
		"mail returned", "returned to sender", "delivery failed", "delivery has failed", "delivery error", "delivery problem", "delivery report",
		"delivery notification", "non-delivery", "nondelivery", "nondeliverable", "non delivery", "mail failure", "mail error", "mail system error",
		"message not delivered", "not delivered", "could not be delivered", "could not send message", "error sending your mail", "unable to deliver",
		"message delayed", "[bounce]", "smtp server: errors", "unzustellbar", "nicht zugestellt", "zustellung", "non remis", "non délivré", "échec de la remise",
		"no entregado", "no se pudo entregar", "mancata consegna", "não entregue", "falha na entrega", "onbestelbaar", "не доставлено", "недоставлен",
		"niedostarczon", "配信不能", "配信できません", "配信エラー", "送信エラー", "退信", "投递失败", "传递失败", "无法投递", "無法傳遞", "배달 못함", "반송",
	} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// hasBouncePhrase says whether a text tells of a failed delivery, in the words of mail systems.
func hasBouncePhrase(text string) bool {
	s := strings.ToLower(strings.Join(strings.Fields(text[:min(len(text), 8<<10)]), " "))
	for _, w := range []string{
		"not be delivered", "not deliver your", "n't be delivered", "cannot be delivered", "not been delivered", "not delivered", "n't delivered", "undeliver", "unable to deliver", "not able to deliver",
		"n't able to deliver", "delivery failed", "failed to deliver", "delivery has failed", "delivery failure", "delivery to the following", "trying to deliver",
		"attempting to deliver", "delivering your", "trouble delivering", "did not reach", "fatal error", "delivery error", "delivery problem", "transcript of session",
		"returned to sender", "rejected recipient", "recipient was rejected", "recipients was rejected", "recipients were rejected", "user unknown", "unknown user",
		"unknown recipient", "no such user", "mailbox is full", "mailbox full", "delivery status notification", "recipient address rejected", "is delayed for", "failed permanently",
		"invalid user", "userid:", "failure reason", "following recipients were affected", "addresses that were incorrectly constructed", "zugestellt werden", "nicht zustellbar", "pas pu être remis", "pas pu être délivré", "no se pudo entregar",
		"no se ha podido entregar", "não foi entregue", "não pôde ser entregue", "non è stato recapitato", "impossibile recapitare", "kan niet worden bezorgd",
		"не может быть доставлено", "не доставлено", "送信できませんでした", "配信できません", "送信できません", "お届けできません", "無法傳送", "无法投递", "无法送达", "被退回",
	} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
