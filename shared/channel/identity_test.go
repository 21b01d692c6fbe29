package channel_test

import (
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

func TestMailIsSentUnderTheNameThatItsIdentitySays(t *testing.T) {
	for _, c := range []struct {
		by          desk.SenderIdentity
		agent, want string
	}{
		{desk.SenderIdentity{Company: "Acme"}, "Ada", "Ada at Acme"},
		{desk.SenderIdentity{Company: "Acme"}, "", "Acme"},
		{desk.SenderIdentity{Company: "Acme", FromName: channel.CompanyOnly}, "Ada", "Acme"},
		{desk.SenderIdentity{}, "Ada", "Ada at Support"},
	} {
		if got := channel.FromName(c.by, "Support", c.agent); got != c.want {
			t.Errorf("%+v by %q: %q", c.by, c.agent, got)
		}
	}
}

func TestASignatureNamesItsAgentHarmlessly(t *testing.T) {
	by := desk.SenderIdentity{Signature: " <p>{{fullName}}|{{firstName}}|{{lastName}}</p> "}
	if got := channel.Signature(by, "Ada  King <Lovelace>"); got != "<p>Ada King &lt;Lovelace&gt;|Ada|King &lt;Lovelace&gt;</p>" {
		t.Error(got)
	}
	if got := channel.Signature(by, ""); got != "<p>||</p>" {
		t.Error(got)
	}
}
