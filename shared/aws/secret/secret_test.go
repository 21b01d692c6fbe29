package secret

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/infra/local/params"
	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
)

func line(id string, b byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

// sealer has the parameter's value in a variable and a clock that the test moves.
type sealer struct {
	*Sealer
	value string
	err   error
	reads int
	clock time.Time
}

func with(value string) *sealer {
	s := &sealer{Sealer: &Sealer{}, value: value, clock: time.Unix(1_700_000_000, 0)}
	s.load = func(context.Context) ([]key, error) {
		s.reads++
		if s.err != nil {
			return nil, s.err
		}
		return parse(s.value)
	}
	s.now = func() time.Time { return s.clock }
	return s
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	s := with(line("k1", 1))
	for _, plain := range []string{"", "a token", strings.Repeat("ü\x00", 5000)} {
		sealed, err := s.Seal(t.Context(), "channel/c1/botToken", plain)
		if err != nil || !strings.HasPrefix(sealed, "v1.k1.") || (plain != "" && strings.Contains(sealed, plain)) {
			t.Fatal(sealed, err)
		}
		if got, err := s.Open(t.Context(), "channel/c1/botToken", sealed); err != nil || got != plain {
			t.Errorf("%q came back as %q (%v)", plain, got, err)
		}
		if _, err := s.Open(t.Context(), "channel/c2/botToken", sealed); desk.CodeOf(err) != desk.Internal {
			t.Errorf("it opened in another place: %v", err)
		}
	}
	one, _ := s.Seal(t.Context(), "p", "x")
	two, _ := s.Seal(t.Context(), "p", "x")
	if one == two {
		t.Error("the same text sealed twice looks the same")
	}
	if s.reads != 1 {
		t.Errorf("the key was read %d times", s.reads)
	}
}

func TestDamagedValuesDoNotOpen(t *testing.T) {
	s := with(line("k1", 1))
	good, err := s.Seal(t.Context(), "p", "plain text")
	if err != nil {
		t.Fatal(err)
	}
	flipped := []byte(good)
	flipped[len(flipped)-3] ^= 1
	for _, bad := range []string{"", "v1", "v1.", "v1.k1.", "v1.k1.AAAA", "v2" + good[2:], good[:len(good)-4], "v1.k9." + good[6:], string(flipped), "plain text"} {
		if _, err := s.Open(t.Context(), "p", bad); desk.CodeOf(err) != desk.Internal || strings.Contains(err.Error(), "plain text") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestKeysRotateWithoutLosingWhatIsSealed(t *testing.T) {
	s := with(line("k1", 1))
	old, err := s.Seal(t.Context(), "p", "x")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.HMAC(t.Context(), "cursor", []byte("d"))
	if err != nil {
		t.Fatal(err)
	}
	s.value = line("k2", 2) + "\n" + line("k1", 1)
	other := with(s.value)
	fresh, err := other.Seal(t.Context(), "p", "y")
	if err != nil || !strings.HasPrefix(fresh, "v1.k2.") {
		t.Fatal(fresh, err)
	}
	s.clock = s.clock.Add(lookAgain)
	if got, err := s.Open(t.Context(), "p", fresh); err != nil || got != "y" {
		t.Errorf("a key that was added a moment ago is not looked for: %q %v", got, err)
	}
	if got, err := other.Open(t.Context(), "p", old); err != nil || got != "x" {
		t.Errorf("the older key is not used any more: %q %v", got, err)
	}
	if ok, err := other.Verify(t.Context(), "cursor", []byte("d"), signed); err != nil || !ok {
		t.Errorf("a signature under the older key: %v %v", ok, err)
	}
	s.value = line("k2", 2)
	s.clock = s.clock.Add(goodFor)
	if _, err := s.Open(t.Context(), "p", old); desk.CodeOf(err) != desk.Internal {
		t.Errorf("a key that was taken away still opens: %v", err)
	}
}

func TestAnUnknownKeyIsNotLookedForOnEveryCall(t *testing.T) {
	s := with(line("k1", 1))
	for range 20 {
		if _, err := s.Open(t.Context(), "p", "v1.k9.AAAA"); err == nil {
			t.Fatal("it opened")
		}
		if ok, err := s.Verify(t.Context(), "p", nil, make([]byte, 32)); ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if s.reads != 1 {
		t.Errorf("the parameter was read %d times within a moment", s.reads)
	}
}

func TestAnOutageDoesNotTakeTheKeyAway(t *testing.T) {
	s := with(line("k1", 1))
	sealed, err := s.Seal(t.Context(), "p", "x")
	if err != nil {
		t.Fatal(err)
	}
	s.err, s.clock = desk.Refuse(desk.Busy, "away"), s.clock.Add(2*goodFor)
	if got, err := s.Open(t.Context(), "p", sealed); err != nil || got != "x" {
		t.Errorf("%q %v", got, err)
	}
	s.err = desk.Refuse(desk.Internal, "gone")
	if _, err := s.Open(t.Context(), "p", sealed); desk.CodeOf(err) != desk.Internal {
		t.Errorf("%v", err)
	}
	fresh := with("")
	fresh.err = desk.Refuse(desk.Busy, "away")
	if _, err := fresh.Seal(t.Context(), "p", "x"); desk.CodeOf(err) != desk.Busy {
		t.Errorf("%v", err)
	}
}

func TestASignatureIsForOnePurposeAndOneText(t *testing.T) {
	s := with(line("k1", 1))
	mac, err := s.HMAC(t.Context(), "cursor", []byte("data"))
	if err != nil || len(mac) != 32 {
		t.Fatal(mac, err)
	}
	for _, c := range []struct {
		purpose, data string
		mac           []byte
		want          bool
	}{
		{"cursor", "data", mac, true},
		{"cursor", "data", mac[:16], true},
		{"cursor", "data", mac[:7], false},
		{"cursor", "data", nil, false},
		{"cursor", "data", append(bytes.Clone(mac), 0), false},
		{"cursor", "Data", mac, false},
		{"link", "data", mac, false},
	} {
		if ok, err := s.Verify(t.Context(), c.purpose, []byte(c.data), c.mac); err != nil || ok != c.want {
			t.Errorf("%s %s %d bytes: %v %v", c.purpose, c.data, len(c.mac), ok, err)
		}
	}
}

func TestTheMasterKeyIsReadFromTheParameter(t *testing.T) {
	dir := t.TempDir()
	server, err := params.Start(params.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	cloud := aws.New(config.Config{
		Region: "us-east-1", Credentials: config.Credentials{AccessKey: "a", Secret: "b"},
		Endpoints: config.Endpoints{SSM: server.Endpoint},
	})
	if _, err := New(cloud, "/loket/key").Seal(t.Context(), "p", "x"); desk.CodeOf(err) != desk.Internal {
		t.Errorf("a parameter that isn't there: %v", err)
	}
	for name, value := range map[string]string{"with an id": line("k1", 7), "without": strings.TrimPrefix(line("", 7), ":") + "\n"} {
		if err := params.Put(dir, "/loket/key", value); err != nil {
			t.Fatal(err)
		}
		s := New(cloud, "/loket/key")
		sealed, err := s.Seal(t.Context(), "p", "x")
		if err != nil {
			t.Fatal(name, err)
		}
		if got, err := s.Open(t.Context(), "p", sealed); err != nil || got != "x" {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if err := params.Put(dir, "/loket/key", "hunter2"); err != nil {
		t.Fatal(err)
	}
	if _, err := New(cloud, "/loket/key").Seal(t.Context(), "p", "x"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a malformed key: %v", err)
	}
}

func TestMalformedKeysAreNotTaken(t *testing.T) {
	for _, value := range []string{"", "\n", "k1:", ":" + line("x", 1), "k1:AAAA", "k.1:" + line("x", 1)[2:], line("k1", 1) + "\nrubbish"} {
		if keys, err := parse(value); err == nil {
			t.Errorf("%q gave %d keys", value, len(keys))
		}
	}
}
