// Package secret seals what must not be read at rest, and signs what must not be made up, under one master key.
package secret

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/desk"
)

// Sealer holds the master key after its first use. It is safe for use by several goroutines.
type Sealer struct {
	load func(context.Context) ([]key, error)
	now  func() time.Time

	mu   sync.Mutex
	keys []key
	read time.Time
}

// New takes the name of the SSM parameter that holds the master key. The key is read when it is first needed.
func New(cloud *aws.Client, parameter string) *Sealer {
	return &Sealer{
		load: func(ctx context.Context) ([]key, error) { return fetch(ctx, cloud, parameter) },
		now:  time.Now,
	}
}

// A key that is not known is looked for again at most this often, and a rotation is noticed after this long at most.
const (
	lookAgain = 10 * time.Second
	goodFor   = time.Hour
)

// master gives the keys, the newest first, not older than the age named.
func (s *Sealer) master(ctx context.Context, age time.Duration) ([]key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys != nil && s.now().Sub(s.read) < age {
		return s.keys, nil
	}
	keys, err := s.load(ctx)
	if err != nil {
		if s.keys != nil && desk.Transient(err) {
			return s.keys, nil // an outage does not take away what we know
		}
		return nil, err
	}
	s.keys, s.read = keys, s.now()
	return keys, nil
}

const version = "v1."

// Seal encrypts plain under the newest key: "v1.<key id>.<base64 of nonce and box>". It opens only with the same context,
// such as "channel/<id>/botToken", so that a sealed value can't be moved to another place.
func (s *Sealer) Seal(ctx context.Context, purpose, plain string) (string, error) {
	keys, err := s.master(ctx, goodFor)
	if err != nil {
		return "", err
	}
	box, err := keys[0].cipher()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(plain)+box.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	sealed := box.Seal(nonce, nonce, []byte(plain), []byte(purpose))
	return version + keys[0].id + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made with the same purpose. Anything else is desk.Internal: it was damaged, moved, or its key
// is gone.
func (s *Sealer) Open(ctx context.Context, purpose, sealed string) (string, error) {
	rest, ok := strings.CutPrefix(sealed, version)
	id, text, found := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || !found || err != nil {
		return "", unreadable(errors.New("not a sealed value"))
	}
	k, err := s.find(ctx, id)
	if err != nil {
		return "", err
	}
	box, err := k.cipher()
	if err != nil {
		return "", err
	}
	if len(raw) < box.NonceSize() {
		return "", unreadable(errors.New("too short"))
	}
	plain, err := box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], []byte(purpose))
	if err != nil {
		return "", unreadable(err)
	}
	return string(plain), nil
}

func (s *Sealer) find(ctx context.Context, id string) (key, error) {
	for _, age := range []time.Duration{goodFor, lookAgain} {
		keys, err := s.master(ctx, age)
		if err != nil {
			return key{}, err
		}
		for _, k := range keys {
			if k.id == id {
				return k, nil
			}
		}
	}
	return key{}, unreadable(errors.New("its key is not in the master key's parameter"))
}

func unreadable(cause error) error {
	return desk.Refuse(desk.Internal, "A stored secret can't be opened. Enter it again.").Because(cause)
}

// HMAC signs data for a purpose, such as "cursor" or "reply-token": 32 bytes under a key derived from the newest master
// key. A signature for one purpose is none for another.
func (s *Sealer) HMAC(ctx context.Context, purpose string, data []byte) ([]byte, error) {
	keys, err := s.master(ctx, goodFor)
	if err != nil {
		return nil, err
	}
	return keys[0].sign(purpose, data)
}

// Verify reports whether mac is a signature of data for the purpose, under any master key that is still kept. A mac may
// be cut to its first n bytes, but not below 8.
func (s *Sealer) Verify(ctx context.Context, purpose string, data, mac []byte) (bool, error) {
	if len(mac) < 8 || len(mac) > sha256.Size {
		return false, nil
	}
	for _, age := range []time.Duration{goodFor, lookAgain} {
		keys, err := s.master(ctx, age)
		if err != nil {
			return false, err
		}
		for _, k := range keys {
			want, err := k.sign(purpose, data)
			if err != nil {
				return false, err
			}
			if hmac.Equal(want[:len(mac)], mac) {
				return true, nil
			}
		}
	}
	return false, nil
}

func (k key) cipher() (cipher.AEAD, error) {
	sealing, err := hkdf.Key(sha256.New, k.bytes, nil, "loket seal", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (k key) sign(purpose string, data []byte) ([]byte, error) {
	signing, err := hkdf.Key(sha256.New, k.bytes, nil, "loket sign "+purpose, 32)
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, signing)
	h.Write(data)
	return h.Sum(nil), nil
}
