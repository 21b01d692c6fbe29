package upkeep

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

func (w *world) mails() []string {
	return slices.Sorted(maps.Keys(w.objects))
}

func TestAMailWhoseAnnouncementWasLostIsAnnouncedOnce(t *testing.T) {
	w := newWorld()
	w.objects = map[string]string{"incoming/a": "mail a", "incoming/b": "mail b", "mail/c": "read before"}
	w.fresh = []string{"incoming/b"}
	w.mustSweep(t)
	if len(w.letters) != 1 || w.letters[0].Queue != desk.QueueMail || string(w.letters[0].Body) != `{"Records":[{"s3":{"object":{"key":"late/a"}}}]}` {
		t.Fatalf("announced: %+v", w.letters)
	}
	if want := []string{"incoming/b", "late/a", "mail/c"}; !slices.Equal(w.mails(), want) || w.objects["late/a"] != "mail a" {
		t.Errorf("the mails lie at %q", w.mails())
	}
	w.mustSweep(t)
	if len(w.letters) != 1 {
		t.Error("it was announced again")
	}
	if w.swept[0] != "mails announced again: 1" {
		t.Errorf("noted: %q", w.swept)
	}
}

func TestTheMailFolderIsLookedAtEveryFewMinutesOnly(t *testing.T) {
	w := newWorld()
	w.objects = map[string]string{"incoming/a": "mail a"}
	w.now = w.now.Add(time.Minute)
	w.mustSweep(t)
	if len(w.letters) != 0 {
		t.Error("it was looked at in a minute that is not the folder's")
	}
}

func TestAMailStaysWhereItIsUntilItIsOnTheQueue(t *testing.T) {
	w := newWorld()
	w.objects = map[string]string{"incoming/a": "mail a"}
	w.down["Send"] = errors.New("the queue is away")
	if err := w.sweep(t); err == nil || !strings.Contains(err.Error(), "mails announced again: incoming/a") {
		t.Fatalf("the sweep says %v", err)
	}
	if w.objects["incoming/a"] == "" {
		t.Fatal("the mail left its folder")
	}
	delete(w.down, "Send")
	w.mustSweep(t)
	if len(w.letters) != 1 || w.objects["incoming/a"] != "" {
		t.Errorf("announced: %+v, left: %q", w.letters, w.mails())
	}
}

// read is a store in which a mail was read between the look and the copy.
type read struct{ storeOf }

func (r read) Copy(context.Context, string, string) error {
	return desk.Refuse(desk.NotFound, "There is no such object.")
}

func TestAMailThatIsReadMeanwhileIsLeftAlone(t *testing.T) {
	w := newWorld()
	w.objects = map[string]string{"incoming/a": "mail a"}
	s := New(Options{Mailbox: read{storeOf{w}}, Letters: w, Now: func() time.Time { return w.now }})
	if n, err := s.announce(t.Context()); n != 0 || err != nil || len(w.letters) != 0 {
		t.Errorf("announced %d, %v", n, err)
	}
	w.down["Older"] = desk.Refuse(desk.Busy, "The store is away.")
	if _, err := s.announce(t.Context()); !desk.Transient(err) {
		t.Errorf("a store that is away: %v", err)
	}
}
