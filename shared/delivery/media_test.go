package delivery

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

const png = "\x89PNG\r\n\x1a\n and pixels"

// fetching is a bench with a message whose part "0" is pending, and a platform that gives body for it.
func fetching(body string) *bench {
	b := newBench()
	b.threads.messages["c1-"+desk.MessageID(key)] = desk.Message{
		Conversation: "c1", Key: key, Channel: "ch1", At: b.now,
		Attachments: []desk.Attachment{{ID: "0", State: desk.PartPending, Ref: "file-1", Usage: desk.UsageImage}, {ID: "1", State: desk.PartStored}},
	}
	b.platform.media = channel.Media{Body: io.NopCloser(strings.NewReader(body)), Size: int64(len(body)), Name: "p.png", ContentType: "text/html"}
	return b
}

func (b *bench) fetch(t *testing.T, part string) error {
	t.Helper()
	return b.handle(t, desk.OutboundJob{Kind: desk.FetchMedia, Conversation: "c1", Message: key, Part: part, Channel: "ch1"})
}

func TestAPendingAttachmentIsStoredWithItsSumAndWhatItsBytesAre(t *testing.T) {
	b := fetching(png)
	if err := b.fetch(t, "0"); err != nil {
		t.Fatal(err)
	}
	got := b.threads.parts[0]
	want := desk.Attachment{
		ID: "0", Name: "p.png", ContentType: "image/png", Size: int64(len(png)), Usage: desk.UsageImage, State: desk.PartStored,
		Key: "media/c1/" + string(key) + "/0", SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(png))),
	}
	if got != want {
		t.Errorf("stored %+v", got)
	}
	if b.objects.kept[got.Key] != png {
		t.Errorf("kept %q", b.objects.kept[got.Key])
	}
}

func TestAnAttachmentThatCanNotBeHadIsRefusedWithItsReason(t *testing.T) {
	big := fetching("")
	big.platform.media.Size = largestMedia + 1
	endless := fetching("")
	endless.platform.media.Size = -1
	endless.platform.media.Body = io.NopCloser(io.LimitReader(zeros{}, largestMedia+10))
	gone := fetching("")
	gone.platform.refuse = desk.Refuse(desk.NotFound, "The file is gone.")
	odd := fetching("")
	odd.platform.refuse = errors.New("https://platform.example.com/bot123:TOKEN/file")
	deleted := fetching("")
	deleted.channel(func(c *desk.Channel) { c.Deleted = true })
	old := fetching("")
	old.platform.refuse = desk.Refuse(desk.Busy, "The platform is away.")
	old.now = old.now.Add(25 * time.Hour)
	for words, b := range map[string]*bench{
		"The file is larger than 50 MB.":                       big,
		"The file is larger than 50 MB. ":                      endless,
		"The file is gone.":                                    gone,
		"Something went wrong on our side; the logs say what.": odd,
		"The channel was deleted.":                             deleted,
		"The platform is away.":                                old,
	} {
		t.Run(words, func(t *testing.T) {
			if err := b.fetch(t, "0"); err != nil {
				t.Fatal(err)
			}
			got := b.threads.parts[0]
			if got.State != desk.PartRefused || got.Reason != strings.TrimSpace(words) || got.Ref != "file-1" || len(b.objects.kept) != 0 {
				t.Errorf("stored %+v, kept %d objects", got, len(b.objects.kept))
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestAFetchThatMayWorkLaterComesBack(t *testing.T) {
	away := fetching(png)
	away.platform.refuse = desk.Refuse(desk.Busy, "The platform is away.").After(time.Minute)
	short := fetching(png)
	short.platform.media.Size++
	torn := fetching(png)
	torn.platform.media.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", 600)), broken{}))
	atOnce := fetching(png)
	atOnce.platform.media.Body = io.NopCloser(broken{})
	full := fetching(png)
	full.objects.down = desk.Refuse(desk.Busy, "The file store is away.")
	for name, b := range map[string]*bench{
		"the platform is away": away, "fewer bytes than told": short, "broken off in the middle": torn, "broken off at once": atOnce, "the store is away": full,
	} {
		t.Run(name, func(t *testing.T) {
			if err := b.fetch(t, "0"); !desk.Transient(err) || len(b.threads.parts) != 0 {
				t.Errorf("the job: %v, stored %v", err, b.threads.parts)
			}
		})
	}
	if desk.WaitOf(away.fetch(t, "0")) != time.Minute {
		t.Error("the platform's own wait is not kept")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestAnEmptyFileIsStoredAsAnEmptyFile(t *testing.T) {
	b := fetching("")
	if err := b.fetch(t, "0"); err != nil || b.threads.parts[0].State != desk.PartStored || b.threads.parts[0].Size != 0 {
		t.Errorf("stored %+v, %v", b.threads.parts, err)
	}
}

func TestAPartThatIsNotPendingIsNotFetchedAgain(t *testing.T) {
	for _, part := range []string{"1", "7", ""} {
		b := fetching(png)
		if err := b.fetch(t, part); err != nil {
			t.Fatal(err)
		}
		if got := b.threads.parts; len(got) != 1 || got[0].State != "" || len(b.objects.kept) != 0 {
			t.Errorf("part %q: stored %+v", part, got)
		}
	}
	b := fetching(png)
	b.threads.messages = nil
	if err := b.fetch(t, "0"); err != nil || len(b.threads.parts) != 0 {
		t.Errorf("a message that was removed: %v, %v", err, b.threads.parts)
	}
}

func TestMediaIsFetchedFromAChannelThatWasSwitchedOffMeanwhile(t *testing.T) {
	b := fetching(png)
	b.channel(func(c *desk.Channel) { c.Active = false })
	if err := b.fetch(t, "0"); err != nil || b.threads.parts[0].State != desk.PartStored {
		t.Errorf("stored %+v, %v", b.threads.parts, err)
	}
}

func TestTheContentTypeIsWhatTheBytesAreElseWhatThePlatformSays(t *testing.T) {
	for _, c := range []struct{ head, media, part, want string }{
		{png, "text/html", "", "image/png"},
		{"<html><script>", "image/jpeg", "", "text/html; charset=utf-8"},
		{"plain words", "text/csv", "", "text/csv"},
		{"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"\x00\x01\x02", "garbage", "audio/ogg", "audio/ogg"},
		{"\x00\x01\x02", "", "", "application/octet-stream"},
	} {
		if got := contentType([]byte(c.head), c.media, c.part); got != c.want {
			t.Errorf("%q told as %q and %q is %q, want %q", c.head, c.media, c.part, got, c.want)
		}
	}
}
