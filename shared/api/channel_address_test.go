package api

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// guarded is a client that calls nobody and knows one good address.
type guarded struct{}

func (guarded) Do(*http.Request) (*http.Response, error) { return nil, errors.New("nobody is called") }

func (guarded) Check(_ context.Context, address string) error {
	if address == "https://api.example.com" {
		return nil
	}
	return desk.Refuse(desk.Invalid, "The address leads into a private network, which Loket does not call.")
}

func TestAPlatformAddressThatIsNeverCalledIsRefusedAtItsField(t *testing.T) {
	a := &API{Options: Options{Doer: guarded{}}}
	for address, want := range map[string]desk.Code{"": "", "https://api.example.com": "", "http://10.0.0.1": desk.Invalid, "ftp://example.com": desk.Invalid} {
		err := a.mayCall(t.Context(), channel.Account{Settings: map[string]string{"apiBase": address}})
		var refusal *desk.Error
		if (err == nil) != (want == "") || err != nil && (!errors.As(err, &refusal) || refusal.Code != want || refusal.Fields[0].Location != "settings.apiBase") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
