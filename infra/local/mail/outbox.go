package mail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// outbox writes sent mail to a folder: N.eml and N.json, N counting up.
type outbox struct {
	dir  string
	mu   sync.Mutex
	last int
}

// sent is what N.json says.
type sent struct {
	MessageID string            `json:"messageId"`
	From      string            `json:"from"`
	To        []string          `json:"to"`
	Tags      map[string]string `json:"tags"`
}

// openOutbox goes on counting where an earlier run ended.
func openOutbox(dir string) (*outbox, error) {
	if dir == "" {
		return nil, errors.New("the mail server needs a folder for sent mail")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for sent mail can't be made: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder for sent mail can't be read: %w", err)
	}
	o := &outbox{dir: dir}
	for _, e := range entries {
		if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".eml"), ".json")); err == nil {
			o.last = max(o.last, n)
		}
	}
	return o, nil
}

// put writes one mail. Each file appears whole, N.json before N.eml: who finds the mail finds what is said about it.
func (o *outbox) put(mail []byte, about sent) (name string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name = fmt.Sprintf("%06d", o.last+1)
	if err := o.write(name+".json", toJSON(about)); err != nil {
		return "", err
	}
	if err := o.write(name+".eml", mail); err != nil {
		return "", err
	}
	o.last++
	return name, nil
}

func (o *outbox) write(name string, b []byte) error {
	f, err := os.CreateTemp(o.dir, ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(o.dir, name))
}
