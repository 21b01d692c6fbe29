package mailroom

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
)

func TestEveryMailOfTheCorpusIsAnEventThatFits(t *testing.T) {
	n := 0
	for _, folder := range []string{"mime", "bounces", "replies", "forwards"} {
		root := filepath.Join("../../../shared/corpus", folder)
		if _, err := os.Stat(root); err != nil {
			t.Skip("the corpus is not here")
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) == ".json" {
				return err
			}
			mail, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			w := newWorld()
			w.objects["incoming/ses1"] = string(mail)
			if err := w.record(notice("ses1", "support@desk.example")); err != nil {
				t.Errorf("%s: %v", path, err)
				return nil
			}
			all := w.events(t)
			if len(all) == 0 || all[0].Type != desk.InMessage || len(w.letters[0].Body) > maxLetter || all[0].Thread == "" || all[0].From.Value == "" || len(w.failures) != 0 {
				t.Errorf("%s: %d events, failures %+v", path, len(all), w.failures)
				return nil
			}
			for _, a := range all[0].Attachments {
				if stored, ok := w.objects[a.Key]; !ok || int64(len(stored)) != a.Size {
					t.Errorf("%s: the attachment %q is not in the store as it is told", path, a.Name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 300 {
		t.Errorf("only %d mails were read", n)
	}
}
