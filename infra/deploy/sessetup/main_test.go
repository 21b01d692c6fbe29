package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// amazon is an account at a small stand-in of SES, which knows the five calls and refuses everything else.
type amazon struct {
	identities map[string]bool // by domain: verified
	rules      []string
	active     string
	production bool
	sending    bool
	refuse     string // an operation that is answered with AccessDenied
	calls      []string
}

func (a *amazon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/ses/aws4_request") {
		fail(w, 403, "SignatureDoesNotMatch")
		return
	}
	operation := r.Method + " " + r.URL.Path
	if r.URL.Path == "/" {
		operation = r.PostFormValue("Action")
	}
	a.calls = append(a.calls, operation)
	if operation == a.refuse {
		fail(w, 403, "AccessDeniedException")
		return
	}
	domain := strings.TrimPrefix(r.URL.Path, "/v2/email/identities/")
	switch {
	case operation == "GET /v2/email/account":
		fmt.Fprintf(w, `{"ProductionAccessEnabled":%t,"SendingEnabled":%t,"EnforcementStatus":"HEALTHY","SendQuota":{"Max24HourSend":200}}`, a.production, a.sending)
	case operation == "POST /v2/email/identities":
		var in struct{ EmailIdentity string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		a.identities[in.EmailIdentity] = false
		a.identity(w, in.EmailIdentity)
	case r.Method == "GET" && domain != r.URL.Path:
		a.identity(w, domain)
	case operation == "DescribeActiveReceiptRuleSet" && r.PostFormValue("Version") == "2010-12-01":
		fmt.Fprintf(w, `<DescribeActiveReceiptRuleSetResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><DescribeActiveReceiptRuleSetResult>`+
			`<Metadata><Name>%s</Name></Metadata></DescribeActiveReceiptRuleSetResult></DescribeActiveReceiptRuleSetResponse>`, a.active)
	case operation == "SetActiveReceiptRuleSet":
		a.activate(w, r.PostFormValue("RuleSetName"))
	default:
		fail(w, 400, "InvalidAction")
	}
}

func (a *amazon) identity(w http.ResponseWriter, domain string) {
	verified, there := a.identities[domain]
	if !there {
		fail(w, 404, "NotFoundException")
		return
	}
	fmt.Fprintf(w, `{"VerifiedForSendingStatus":%t,"DkimAttributes":{"Status":"PENDING","Tokens":["one","two","three"]}}`, verified)
}

func (a *amazon) activate(w http.ResponseWriter, name string) {
	for _, known := range a.rules {
		if known == name {
			a.active = name
			fmt.Fprint(w, `<SetActiveReceiptRuleSetResponse/>`)
			return
		}
	}
	w.WriteHeader(400)
	fmt.Fprint(w, `<ErrorResponse><Error><Code>RuleSetDoesNotExist</Code><Message>no such set</Message></Error></ErrorResponse>`)
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message":"refused with %s"}`, code)
}

// dns knows the names of a test.
type dns struct {
	hosts []string
	mx    map[string]string
	away  bool
}

func (d dns) LookupHost(_ context.Context, host string) ([]string, error) {
	for _, h := range d.hosts {
		if h == host {
			return []string{"192.0.2.1"}, nil
		}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: !d.away, IsTimeout: d.away}
}

func (d dns) LookupMX(_ context.Context, domain string) ([]*net.MX, error) {
	if host := d.mx[domain]; host != "" {
		return []*net.MX{{Host: host + ".", Pref: 10}}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: domain, IsNotFound: !d.away, IsTimeout: d.away}
}

const inboundHost = "inbound-smtp.eu-west-1.amazonaws.com"

func fresh() *amazon {
	return &amazon{identities: map[string]bool{}, rules: []string{"loket-mail"}, sending: true}
}

// set runs the command against a stand-in.
func set(t *testing.T, a *amazon, d dns, replace bool) (string, error) {
	t.Helper()
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "",
		"MAIL_DOMAIN": "help.example.com", "AWS_ENDPOINT_URL_SESV2": srv.URL,
	} {
		t.Setenv(name, value)
	}
	var out strings.Builder
	err := run(t.Context(), &out, "loket", replace, d)
	return out.String(), err
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

func TestANewDomainIsAddedAndItsRecordsArePrinted(t *testing.T) {
	a := fresh()
	out, err := set(t, a, dns{hosts: []string{inboundHost}}, false)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "eu-west-1 takes incoming mail", "two._domainkey.help.example.com  CNAME  two.dkim.amazonses.com",
		"help.example.com  MX  10 "+inboundHost, "loket-mail is active now", "in the sandbox of eu-west-1", "Left to do", "3. Ask for production access", "make ses-setup")
	if _, there := a.identities["help.example.com"]; !there || a.active != "loket-mail" {
		t.Errorf("%+v", a)
	}
}

func TestASecondRunChangesNothingAndSaysThatAllIsDone(t *testing.T) {
	a := fresh()
	a.identities["help.example.com"], a.active, a.production = true, "loket-mail", true
	out, err := set(t, a, dns{hosts: []string{inboundHost}, mx: map[string]string{"help.example.com": inboundHost}}, false)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "is verified", "MX record      is there", "loket-mail is active.", "to everybody", "All done. Write a mail to inbox@help.example.com")
	for _, c := range a.calls {
		if strings.HasPrefix(c, "POST") || strings.HasPrefix(c, "Set") {
			t.Errorf("it changed something: %s", c)
		}
	}
}

func TestARegionWithoutIncomingMailIsSaidBeforeAnythingIsMade(t *testing.T) {
	a := fresh()
	_, err := set(t, a, dns{}, false)
	if err == nil || !strings.Contains(err.Error(), "eu-west-1 takes no incoming mail") || len(a.calls) != 0 {
		t.Errorf("%v after %v", err, a.calls)
	}
}

func TestAnotherActiveRuleSetIsReplacedOnlyWhenTold(t *testing.T) {
	a := fresh()
	a.active = "theirs"
	d := dns{hosts: []string{inboundHost}}
	if _, err := set(t, a, d, false); err == nil || !strings.Contains(err.Error(), "theirs") || !strings.Contains(err.Error(), "REPLACE=1") || a.active != "theirs" {
		t.Errorf("%v; active is %s", err, a.active)
	}
	if _, err := set(t, a, d, true); err != nil || a.active != "loket-mail" {
		t.Errorf("%v; active is %s", err, a.active)
	}
}

func TestMailThatGoesElsewhereIsNotTakenAwayUnawares(t *testing.T) {
	out, err := set(t, fresh(), dns{hosts: []string{inboundHost}, mx: map[string]string{"help.example.com": "mx.example.net"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "goes to mx.example.net now", "sub-domain")
}

func TestWithoutDNSItGoesOnAndSaysWhatItCouldNotCheck(t *testing.T) {
	out, err := set(t, fresh(), dns{away: true}, false)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "could not be checked", "could not be looked up", "loket-mail is active now")
}

func TestWhatAmazonRefusesIsSaidInWords(t *testing.T) {
	d := dns{hosts: []string{inboundHost}}
	for _, operation := range []string{
		"GET /v2/email/identities/help.example.com", "POST /v2/email/identities", "DescribeActiveReceiptRuleSet", "SetActiveReceiptRuleSet", "GET /v2/email/account",
	} {
		a := fresh()
		a.refuse = operation
		if _, err := set(t, a, d, false); err == nil || !strings.Contains(err.Error(), "credentials need more permissions") {
			t.Errorf("%s: %v", operation, err)
		}
	}
	a := fresh()
	a.rules = nil
	if _, err := set(t, a, d, false); err == nil || !strings.Contains(err.Error(), "deployed with MailDomain") {
		t.Errorf("a stack without rules: %v", err)
	}
	a = fresh()
	a.sending = false
	out, err := set(t, a, d, false)
	if err != nil {
		t.Fatal(err)
	}
	says(t, out, "is switched off for this account")
}

func TestAStackWithoutAMailDomainIsToldTheParameter(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	t.Setenv("MAIL_DOMAIN", "")
	if err := run(t.Context(), &strings.Builder{}, "loket", false, dns{}); err == nil || !strings.Contains(err.Error(), "MailDomain") {
		t.Errorf("%v", err)
	}
	t.Setenv("AWS_REGION", "")
	if err := run(t.Context(), &strings.Builder{}, "loket", false, dns{}); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("%v", err)
	}
}

func TestTheRuleSetIsNamedAsTheTemplateNamesIt(t *testing.T) {
	text, err := os.ReadFile("../../../template.yaml")
	if err != nil || !strings.Contains(string(text), `RuleSetName: !Sub "${AWS::StackName}-mail"`) {
		t.Error("the template names the rule set in another way", err)
	}
}
