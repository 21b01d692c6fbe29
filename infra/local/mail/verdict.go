package mail

import (
	"fmt"
	"regexp"
	"strings"
)

// verdict is the outcome of one of SES's checks.
type verdict struct {
	Status string `json:"status"`
}

// verdicts are what a test mail says about itself; a mail that says nothing passes everything.
type verdicts struct {
	Spam, Virus, SPF, DKIM, DMARC verdict
	Policy                        string // of DMARC, where that failed
}

var (
	method = regexp.MustCompile(`(?i)\b(spf|dkim|dmarc)\s*=\s*([a-z]+)`)
	policy = regexp.MustCompile(`(?i)\b(?:p|policy|policy\.dmarc)\s*=\s*(none|quarantine|reject)\b`)
)

// readVerdicts takes the verdicts from X-SES-Spam-Verdict, X-SES-Virus-Verdict and Authentication-Results of the mail as it was submitted.
func readVerdicts(l fields) verdicts {
	v := verdicts{Spam: stated(l.first("X-SES-Spam-Verdict")), Virus: stated(l.first("X-SES-Virus-Verdict")), SPF: verdict{"PASS"}, DKIM: verdict{"PASS"}, DMARC: verdict{"PASS"}}
	results := l.first("Authentication-Results")
	for _, m := range method.FindAllStringSubmatch(results, -1) {
		switch status := authStatus(m[2]); strings.ToLower(m[1]) {
		case "spf":
			v.SPF = status
		case "dkim":
			v.DKIM = status
		default:
			v.DMARC = status
		}
	}
	if v.DMARC.Status == "FAIL" {
		v.Policy = "none"
		if m := policy.FindStringSubmatch(results); m != nil {
			v.Policy = strings.ToLower(m[1])
		}
	}
	return v
}

// stated takes one of SES's own words; anything else passes.
func stated(word string) verdict {
	switch word = strings.ToUpper(strings.TrimSpace(word)); word {
	case "FAIL", "GRAY", "PROCESSING_FAILED", "DISABLED":
		return verdict{word}
	}
	return verdict{"PASS"}
}

// authStatus maps the words of RFC 8601 to SES's.
func authStatus(word string) verdict {
	switch strings.ToLower(word) {
	case "pass":
		return verdict{"PASS"}
	case "fail", "hardfail":
		return verdict{"FAIL"}
	case "permerror", "temperror":
		return verdict{"PROCESSING_FAILED"}
	}
	return verdict{"GRAY"} // none, neutral, softfail, policy: neither proved nor disproved
}

// authWord is the word that SES writes into Authentication-Results.
func (v verdict) authWord() string {
	switch v.Status {
	case "PASS":
		return "pass"
	case "FAIL":
		return "fail"
	case "PROCESSING_FAILED":
		return "permerror"
	}
	return "none"
}

// headers are the fields that SES puts above a mail with its verdicts.
func (v verdicts) headers(from, helo, domain string) fields {
	client := fmt.Sprintf("client-ip=127.0.0.1; envelope-from=%s; helo=%s;", from, helo)
	spf := v.SPF.authWord()
	results := fmt.Sprintf("amazonses.com; spf=%s (spfCheck: local run) %s dkim=%s header.i=@%s; dmarc=%s", spf, client, v.DKIM.authWord(), domain, v.DMARC.authWord())
	if v.Policy != "" {
		results += " (p=" + v.Policy + ")"
	}
	return fields{
		{"X-SES-Spam-Verdict", v.Spam.Status},
		{"X-SES-Virus-Verdict", v.Virus.Status},
		{"Received-SPF", spf + " (spfCheck: local run) " + client},
		{"Authentication-Results", results + " header.from=" + domain + ";"},
	}
}
