// Package params stands in for AWS Systems Manager's parameters on one machine: each is a file of the runner's folder.
package params

import (
	"io"
	"path/filepath"
	"sync"

	"github.com/loket-desk/loket/infra/local/loopback"
)

// Options say where to listen and where the parameters are.
type Options struct {
	// Addr is the port to listen on ("" or port 0: any free one); the host is always 127.0.0.1.
	Addr string
	// Dir is the runner's folder; a parameter is the file Dir/ssm/<its name, URL-escaped>.
	Dir string
	// Log receives one line a call, never a value. Nil drops it.
	Log io.Writer
}

// Server answers GetParameter and PutParameter as SSM does.
type Server struct {
	// Endpoint is the address to give to an AWS SDK (AWS_ENDPOINT_URL_SSM).
	Endpoint string

	http *loopback.Server
}

// Start listens and answers until Close.
func Start(o Options) (*Server, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	web, err := loopback.Serve(o.Addr, &handler{dir: dir, log: o.Log, versions: map[string]int64{}})
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: web.Endpoint, http: web}, nil
}

// Close ends the server; the files stay.
func (s *Server) Close() error { return s.http.Close() }

// handler answers calls, one at a time, so that two writers of one parameter can't both be the first.
type handler struct {
	dir string
	log io.Writer

	mu       sync.Mutex
	versions map[string]int64 // counted from 1 in each run
}
