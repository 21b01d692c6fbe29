// Package objects stands in for S3 on one machine: gofakes3 keeps the objects, behind the checks of signatures and policies that it does not make.
package objects

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3bolt"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/loket-desk/loket/infra/local/loopback"
)

// Options say where to listen, where the objects are, and whose signatures count.
type Options struct {
	// Addr is the port to listen on ("" or port 0: any free one); the host is always 127.0.0.1.
	Addr string
	// Dir is the folder that keeps the objects between runs, in one file. Empty keeps them in memory.
	Dir string
	// AccessKey and SecretKey are the only credentials that are accepted. Neither may be empty.
	AccessKey, SecretKey string
	// Log receives one line a call. Nil drops it.
	Log io.Writer
}

// Server answers as S3 does, to path-style calls and to those whose host is BUCKET.localhost.
type Server struct {
	// Endpoint is the address to give to an AWS SDK (AWS_ENDPOINT_URL_S3).
	Endpoint string

	http *loopback.Server
	file *bolt.DB
}

// Start opens the objects and answers until Close.
func Start(o Options) (*Server, error) {
	if o.AccessKey == "" || o.SecretKey == "" {
		return nil, errors.New("the object store needs an access key and a secret key")
	}
	s := &Server{}
	var store gofakes3.Backend = s3mem.New()
	if o.Dir != "" {
		var err error
		if s.file, err = openFile(o.Dir); err != nil {
			return nil, err
		}
		store = s3bolt.New(s.file)
	}
	// The skew of clocks is checked by the gate, which knows presigned calls too.
	inner := gofakes3.New(store, gofakes3.WithTimeSkewLimit(0)).Server()
	web, err := loopback.Serve(o.Addr, newGate(o, inner))
	if err != nil {
		return nil, errors.Join(err, s.closeFile())
	}
	s.http, s.Endpoint = web, web.Endpoint
	return s, nil
}

func newGate(o Options, inner http.Handler) *gate {
	return &gate{inner: inner, keys: keys{access: o.AccessKey, secret: o.SecretKey}, log: o.Log, now: time.Now}
}

func openFile(dir string) (*bolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the objects can't be made: %w", err)
	}
	path := filepath.Join(dir, "objects.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is in use: another run keeps its objects there; end it, or name another data folder", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the objects in %s can't be opened: %w", path, err)
	}
	return db, nil
}

// Close ends the server and, where objects are kept, closes their file.
func (s *Server) Close() error {
	return errors.Join(s.http.Close(), s.closeFile())
}

func (s *Server) closeFile() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
