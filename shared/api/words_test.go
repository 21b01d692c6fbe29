package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

func TestAPropertyThatIsAbsentStaysAndNullClears(t *testing.T) {
	type change struct {
		Name opt[string] `json:"name,omitempty"`
		Days opt[int]    `json:"days,omitempty"`
	}
	for text, want := range map[string][2]any{
		`{}`:                    {"old", 7},
		`{"name":"new"}`:        {"new", 7},
		`{"name":null}`:         {"", 7},
		`{"name":"","days":0}`:  {"", 0},
		`{"days": null}`:        {"old", 0},
		`{"name":"a","days":3}`: {"a", 3},
	} {
		var c change
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		name, days := "old", 7
		c.Name.apply(&name)
		c.Days.apply(&days)
		if name != want[0] || days != want[1] {
			t.Errorf("%s: %q %d", text, name, days)
		}
	}
	var c change
	if err := json.Unmarshal([]byte(`{"days":"x"}`), &c); err == nil {
		t.Error("a text was taken for a number")
	}
}

func TestAnAddressNameIsMadeOfTheInboxesName(t *testing.T) {
	cfg := &desk.Config{Inboxes: map[desk.InboxID]desk.Inbox{"1": {Slug: "support"}, "2": {Slug: "support-2"}}}
	for name, want := range map[string]string{
		"Sales": "sales", "Support": "support-3", "  R & D  ": "r-d", "": "inbox", "日本": "inbox", "--x--": "x", "Postmaster": "postmaster-2",
		strings.Repeat("long ", 20): "long-long-long-long-long-long-long-long", "A.B_C": "a-b-c",
	} {
		if got := freeSlug(cfg, name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestPhoneNumbersAreTakenInInternationalFormOnly(t *testing.T) {
	for given, want := range map[string]string{
		"+31 20 123 4567": "+31201234567", "+31-(0)20/123.45": "+3102012345", "+12345": "+12345", "+1\u00a0555\u00a01234": "+15551234",
		"+1234": "", "+1234567890123456": "", "0201234567": "", "": "", "+": "", "+31 20 CALL ME": "", "++3120123456": "", "31+20123456": "",
	} {
		if got, ok := phoneNumber(given); ok != (want != "") || (ok && got != want) {
			t.Errorf("%q is read as %q, %v", given, got, ok)
		}
	}
}

func TestATimeOrADayBoundsAList(t *testing.T) {
	for given, want := range map[string][2]string{
		"2026-01-31":                {"2026-01-31T00:00:00Z", "2026-01-31T23:59:59.999Z"},
		"2026-01-31T10:00:00Z":      {"2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"},
		"2026-01-31T10:00:00+02:00": {"2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"},
		"2026-01-31T10:00:00 02:00": {"2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"}, // a plus sign that was not escaped
	} {
		for i, end := range []bool{false, true} {
			if got, err := when("to", given, end); err != nil || got.Format(time.RFC3339Nano) != want[i] {
				t.Errorf("%s, end %v: %v, %v", given, end, got, err)
			}
		}
	}
	for _, bad := range []string{"2026", "31.1.2026", "2026-02-30", "2026-01-31T25:00:00Z"} {
		if _, err := when("to", bad, false); desk.CodeOf(err) != desk.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if got, err := when("to", "", true); err != nil || !got.IsZero() {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

func TestATextIsMeasuredAsThePlatformCounts(t *testing.T) {
	const text = "aé😀"
	for unit, want := range map[channel.Unit]int{channel.Characters: 3, "": 3, channel.UTF16: 4, channel.Bytes: 7} {
		if got := measure(text, unit); got != want {
			t.Errorf("%s: %d, want %d", unit, got, want)
		}
		if unitName(unit) == "" {
			t.Errorf("%s has no name", unit)
		}
	}
}

func TestBracketsInTextDoNotCountAsDepth(t *testing.T) {
	deep := strings.Repeat("[", depthLimit)
	for body, want := range map[string]bool{
		deep: false, deep + "[": true, `{"a":"` + deep + deep + `"}`: false, `{"a":"\"` + deep + deep + `"}`: false, `"\\"` + deep + "[": true,
		strings.Repeat("[]", 1000): false, "": false, `"`: false, `\`: false,
	} {
		if got := tooDeep([]byte(body)); got != want {
			t.Errorf("%.60s: %v", body, got)
		}
	}
}

func TestAFileIsBelievedWhatItsBeginningDoesNotContradict(t *testing.T) {
	for _, c := range []struct {
		announced, found string
		want             bool
	}{
		{"image/png", "image/png", true},
		{"image/png", "image/jpeg", false},
		{"image/png", "text/plain; charset=utf-8", false},
		{"text/plain", "image/png", false},
		{"image/heic", "application/octet-stream", true},
		{"application/pdf", "application/pdf", true},
		{"application/pdf", "text/html; charset=utf-8", false},
		{"text/html", "text/html; charset=utf-8", true},
		{"image/svg+xml", "text/xml; charset=utf-8", true},
		{"audio/amr", "text/html; charset=utf-8", false},
		{"application/octet-stream", "text/html; charset=utf-8", true},
		{"text/csv", "text/plain; charset=utf-8", true},
	} {
		if got := plausible(c.announced, c.found); got != c.want {
			t.Errorf("%s that looks like %s: %v", c.announced, c.found, got)
		}
	}
	for kind, want := range map[string]desk.Usage{"image/png": desk.UsageImage, "audio/ogg": desk.UsageAudio, "video/mp4": desk.UsageVideo, "text/plain": desk.UsageFile} {
		if got := usageOf(kind); got != want {
			t.Errorf("%s is used as %s", kind, got)
		}
	}
}

func TestAPreviewIsOneShortLine(t *testing.T) {
	if got := previewOf(desk.Message{Text: " one\n\n two\tthree "}); got != "one two three" {
		t.Errorf("%q", got)
	}
	if got := previewOf(desk.Message{Text: strings.Repeat("é", 500)}); len([]rune(got)) != 120 || !strings.HasSuffix(got, "…") {
		t.Errorf("%q", got)
	}
	if got := previewOf(desk.Message{Attachments: []desk.Attachment{{Name: "a.pdf"}}}); got != "a.pdf" {
		t.Errorf("%q", got)
	}
}

func TestEachCodeHasItsStatusAndUnknownErrorsAreOurs(t *testing.T) {
	for code, want := range map[desk.Code]int{
		desk.Invalid: 422, desk.Unsupported: 422, desk.Malformed: 400, desk.Unauthenticated: 401, desk.Forbidden: 403, desk.NotFound: 404, desk.Conflict: 409,
		desk.WindowClosed: 409, desk.ChannelOff: 409, desk.TooLarge: 413, desk.Busy: 503, desk.Internal: 500, "new": 500,
	} {
		status, shown := statusOf(code)
		if status != want || !strings.Contains(codeNames, ","+shown+",") {
			t.Errorf("%s: %d %s", code, status, shown)
		}
	}
	for status, want := range map[int]string{400: "invalid", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "invalid", 409: "conflict", 413: "too_large", 415: "invalid", 429: "busy", 500: "internal", 503: "busy"} {
		if got := codeOf(status); got != want {
			t.Errorf("%d: %s", status, got)
		}
	}
}

// codeNames are the codes that callers are promised.
const codeNames = ",invalid,unauthenticated,forbidden,not_found,conflict,too_large,window_closed,channel_off,busy,internal,"

func TestARowOfTheRulesIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if r.ID == "" || r.Tag == "" || r.Summary == "" || !strings.HasPrefix(r.Path, "/v1/") || r.Status < 200 || r.Status > 299 {
			t.Errorf("%+v", r)
		}
		if seen[r.ID] || seen[r.Method+r.Path] {
			t.Errorf("%s is there twice", r.ID)
		}
		seen[r.ID], seen[r.Method+r.Path] = true, true
		if r.Needs != "" && !strings.Contains(","+permissionNames+",", ","+string(r.Needs)+",") {
			t.Errorf("%s needs %s, which is no permission", r.ID, r.Needs)
		}
	}
}

func TestPermissionsAreNamedAsTheVocabularyNamesThem(t *testing.T) {
	if got := strings.Join(texts(desk.Permissions()), ","); got != permissionNames {
		t.Errorf("%s", got)
	}
}
