package email_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestTheMailOnTheWireIsAsItWas fails when a byte of what customers get changes: -update accepts the change.
func TestTheMailOnTheWireIsAsItWas(t *testing.T) {
	bare := account()
	bare.Sender.Signature = ""
	rich := message()
	rich.HTML, rich.Text = `<p>See <img src="cid:logo@x"> and the file: größer.</p>`, "See the picture and the file: größer.\n"
	picture := file("l.png", 3, bytesOf([]byte("png")))
	picture.ContentType, picture.ContentID, picture.Inline = "image/png", "logo@x", true
	rich.Files = []channel.File{picture, file("Übersicht 1.bin", 4, bytesOf([]byte{0, 1, 2, 3}))}
	for name, c := range map[string]struct {
		account channel.Account
		message channel.Outgoing
	}{"plain": {bare, message()}, "signed": {account(), message()}, "files": {account(), rich}} {
		p, path := &post{}, "testdata/"+name+".eml"
		if _, r := send(t, p, c.account, c.message); r.Outcome != channel.Accepted {
			t.Fatalf("%s: %+v", name, r)
		}
		if *update {
			if err := os.WriteFile(path, p.raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.raw, want) {
			t.Errorf("%s is now:\n%s", name, p.raw)
		}
	}
}
