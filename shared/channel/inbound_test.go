package channel_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func TestTimesAreReadInSecondsOrMilliseconds(t *testing.T) {
	for n, want := range map[int64]time.Time{
		1795341000:        time.Unix(1795341000, 0).UTC(),
		1795341000123:     time.UnixMilli(1795341000123).UTC(),
		999999999999:      now, // the year 33658: no second of any platform
		0:                 now,
		-5:                now,
		1 << 62:           now,
		-1 << 63:          now,
		99999999999999999: now,
	} {
		if got := channel.Time(n, now); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%d is %v, want %v", n, got, want)
		}
		if _, err := json.Marshal(channel.Time(n, now)); err != nil {
			t.Errorf("%d can't be stored: %v", n, err)
		}
	}
}

func TestCleaningTakesOnlyWhatCannotBeStored(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "",
		"  spaces \n":       "  spaces \n",
		"a\x00b\x00":        "ab",
		"a\xffb":            "a\uFFFDb",
		"\x01 stays \uFFFF": "\x01 stays \uFFFF",
		"😀é":                "😀é",
	} {
		if got := channel.Clean(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestTheSameUnreadableBytesAreTheSameEvent(t *testing.T) {
	a, b := channel.Unparsed([]byte("x"), "why", now), channel.Unparsed([]byte("x"), "why", now.Add(time.Hour))
	if c := channel.Unparsed([]byte("y"), "why", now); a.ID != b.ID || a.ID == c.ID || a.Dedup() != b.Dedup() || a.Type != desk.InUnparsed {
		t.Errorf("%+v, %+v, %+v", a, b, c)
	}
}

func TestAnErrorOfJSONIsToldWithoutOurTypes(t *testing.T) {
	var into struct{ A struct{ B int } }
	for body, want := range map[string]string{
		`{"A":{"B":"x"}}`: `the field "A.B" is of the wrong kind: string`,
		`[]`:              "it is of the wrong kind: array",
		`{`:               "it is no JSON (at byte 1: unexpected end of JSON input)",
	} {
		if got := channel.Unreadable(json.Unmarshal([]byte(body), &into)); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	if got := channel.Unreadable(errors.New("?")); got != "it is no JSON" {
		t.Error(got)
	}
}

func TestAnAccountIsOpenedForItsOwnPurposesOnly(t *testing.T) {
	cfg := &desk.Config{Custom: map[string]desk.CustomChannel{"7": {ID: "7", Name: "Seven", SealedSecret: "3"}}}
	ch := desk.Channel{
		ID: "ch1", Type: "custom:7", Account: map[string]string{"id": "acct"}, Hook: "https://example.com/hooks/ch1",
		Settings: map[string]string{"apiBase": "https://api.example.com"}, Sealed: map[string]string{"a": "1", "b": "2"},
	}
	a, err := channel.OpenAccount(t.Context(), opener{}, cfg, ch)
	if err != nil {
		t.Fatal(err)
	}
	if a.Credentials["a"] != "channel/ch1/a=1" || a.Credentials["b"] != "channel/ch1/b=2" || a.ID != "acct" || a.Hook != ch.Hook ||
		a.Custom.Name != "Seven" || a.Credentials[channel.CustomSecret] != "custom/7/webhookSecret=3" || a.Base("x") != "https://api.example.com" || a.Extra["id"] != "acct" {
		t.Errorf("got %+v", a)
	}
	a.Settings["apiBase"] = "changed"
	if ch.Settings["apiBase"] == "changed" {
		t.Error("the set-up was changed through the account")
	}
	if (channel.Account{}).Base("otherwise") != "otherwise" {
		t.Error("without a setting the platform's own address holds")
	}
	gone := errors.New("gone")
	if _, err := channel.OpenAccount(t.Context(), opener{gone}, cfg, ch); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

type opener struct{ err error }

func (o opener) Open(_ context.Context, purpose, sealed string) (string, error) {
	return purpose + "=" + sealed, o.err
}
