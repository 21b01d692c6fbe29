package channel_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// answering answers every call alike, or fails it.
type answering struct {
	status int
	header http.Header
	body   io.Reader
	err    error
}

func (a answering) Do(*http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(a.body), ContentLength: -1}, nil
}

func got(t *testing.T) *http.Request {
	t.Helper()
	req, err := channel.NewRequest(t.Context(), "GET", "https://example.com/secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestAnAnswerThatIsNotThePlatformsIsOnlySentAgainWhereThatIsSafe(t *testing.T) {
	for status, want := range map[int]channel.Outcome{
		200: channel.Lost, 500: channel.Lost, 502: channel.Lost, 504: channel.Lost, 408: channel.Lost,
		429: channel.Again, 503: channel.Again, 413: channel.Refused, 404: channel.Refused, 301: channel.Refused,
	} {
		r := channel.Call(answering{status: status, body: strings.NewReader("<html>")}, got(t))
		if u := r.Unclear("Pigeon"); u.Outcome != want || !strings.Contains(u.Detail, "Pigeon") {
			t.Errorf("status %d: %+v", status, u)
		}
	}
	r := channel.Call(answering{err: errors.New("no route")}, got(t))
	if u := r.Unclear("Pigeon"); u.Outcome != channel.Again || r.Sent {
		t.Errorf("never left: %+v", u)
	}
	r = channel.Call(answering{err: desk.Refuse(desk.Forbidden, "A private address.")}, got(t))
	if u := r.Unclear("Pigeon"); u.Outcome != channel.Refused || !strings.Contains(u.Detail, "private") {
		t.Errorf("a refused address: %+v", u)
	}
	r = channel.Call(answering{status: 200, body: io.MultiReader(strings.NewReader("{"), breaking{})}, got(t))
	if u := r.Unclear("Pigeon"); u.Outcome != channel.Lost || r.Err == nil {
		t.Errorf("half an answer: %+v", u)
	}
}

type breaking struct{}

func (breaking) Read([]byte) (int, error) { return 0, errors.New("reset") }

func TestAWaitIsReadWithinReason(t *testing.T) {
	for given, want := range map[string]time.Duration{"": 0, "x": 0, "-3": 0, "7": 7 * time.Second, "999999999999": 24 * time.Hour} {
		r := channel.Call(answering{status: 429, header: http.Header{"Retry-After": {given}}, body: strings.NewReader("")}, got(t))
		if r.Wait != want || r.Unclear("Pigeon").Wait != want {
			t.Errorf("%q is %s", given, r.Wait)
		}
	}
}

func TestAStrangeAnswerToACallThatMayBeRepeatedIsBusyUnlessTheAddressIsRefused(t *testing.T) {
	for _, a := range []answering{
		{status: 502, body: strings.NewReader("<html>")}, {status: 429, body: strings.NewReader("")}, {status: 404, body: strings.NewReader("")}, {err: errors.New("no route")},
	} {
		if err := channel.Call(a, got(t)).Strange("Pigeon"); desk.CodeOf(err) != desk.Busy || !strings.Contains(desk.Reason(err), "Pigeon") {
			t.Errorf("%+v: %v", a, err)
		}
	}
	refused := desk.Refuse(desk.Invalid, "No such address.")
	if err := channel.Call(answering{err: refused}, got(t)).Strange("Pigeon"); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestAnAddressThatCannotBeReadIsNotRepeated(t *testing.T) {
	_, err := channel.NewRequest(t.Context(), "GET", "http://[::1/secret", nil)
	if desk.CodeOf(err) != desk.Invalid || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsAreTakenOutOfWords(t *testing.T) {
	if got := channel.Hide("a top/secret b top%2Fsecret", "top/secret", ""); got != "a … b …" {
		t.Errorf("got %q", got)
	}
	if err := channel.HideIn(errors.New("dial top/secret"), "top/secret"); strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	ours := desk.Refuse(desk.Busy, "x")
	if err := channel.HideIn(ours, "top/secret"); !errors.Is(err, ours) || channel.HideIn(nil) != nil {
		t.Errorf("got %v", err)
	}
}

func TestALongIdStaysTheSameAndWithinBounds(t *testing.T) {
	long := strings.Repeat("x", 500)
	if b := channel.Bounded(long); len(b) > 190 || b != channel.Bounded(long) || b == channel.Bounded(long+"y") || channel.Bounded("id") != "id" {
		t.Errorf("got %q", b)
	}
}

func TestAFileThatIsNotGivenSaysWhetherItEverWillBe(t *testing.T) {
	for status, want := range map[int]desk.Code{404: desk.NotFound, 410: desk.NotFound, 413: desk.TooLarge, 500: desk.Busy, 401: desk.Busy, 302: desk.Busy} {
		if _, err := channel.Fetched(answering{status: status, body: strings.NewReader("")}, got(t), desk.Attachment{}, "Pigeon"); desk.CodeOf(err) != want {
			t.Errorf("status %d: %v", status, err)
		}
	}
	if _, err := channel.Fetched(answering{err: errors.New("x")}, got(t), desk.Attachment{}, "Pigeon"); desk.CodeOf(err) != desk.Busy {
		t.Errorf("got %v", err)
	}
	a := answering{status: 200, header: http.Header{"Content-Type": {"image/png"}}, body: strings.NewReader("png")}
	m, err := channel.Fetched(a, got(t), desk.Attachment{Name: "a.bin", ContentType: "image/jpeg"}, "Pigeon")
	if err != nil || m.ContentType != "image/png" || m.Name != "a.bin" || m.Size != -1 {
		t.Errorf("%+v, %v", m, err)
	}
	_ = m.Body.Close()
}
