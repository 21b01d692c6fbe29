package channel

import (
	"html"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// CompanyOnly is the from-name without the agent's.
const CompanyOnly = "COMPANY"

// FromName is the name that mail is sent under: the company's, which is the inbox's name unless given, behind the agent's
// where a person wrote (agent is empty otherwise) and the identity doesn't name the company only.
func FromName(by desk.SenderIdentity, inbox, agent string) string {
	company := strings.TrimSpace(by.Company)
	if company == "" {
		company = inbox
	}
	if agent = strings.TrimSpace(agent); agent != "" && by.FromName != CompanyOnly {
		return agent + " at " + company
	}
	return company
}

// Signature is the signature's HTML with the agent's name in the place of its tokens. It names nobody where no person wrote.
func Signature(by desk.SenderIdentity, agent string) string {
	full := strings.Join(strings.Fields(agent), " ")
	first, rest, _ := strings.Cut(full, " ")
	return strings.TrimSpace(strings.NewReplacer(
		"{{fullName}}", html.EscapeString(full), "{{firstName}}", html.EscapeString(first), "{{lastName}}", html.EscapeString(rest),
	).Replace(by.Signature))
}
