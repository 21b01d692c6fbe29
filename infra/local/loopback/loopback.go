// Package loopback opens the local servers' ports: on this machine only, whatever address is asked for.
package loopback

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// Listen opens a TCP port on 127.0.0.1. Only the port of addr counts (":8080", "0.0.0.0:8080", "8080"); "" and 0 pick a free one.
// Its error is a sentence that says what to do.
func Listen(addr string) (net.Listener, error) {
	port := addr
	if _, p, err := net.SplitHostPort(addr); err == nil {
		port = p
	}
	if port == "" {
		port = "0"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return nil, fmt.Errorf("%q is no address to listen on: give a port from 0 (any free one) to 65535", addr)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:"+port)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %s is in use by another program: end that one, or name another port (0 picks a free one)", port)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %s may not be opened by this user: name one above 1023 (0 picks a free one)", port)
	case err != nil:
		return nil, fmt.Errorf("port %s can't be opened: %w", port, err)
	}
	return l, nil
}

// Server is an HTTP server on a loopback port.
type Server struct {
	// Endpoint is its address, http://127.0.0.1:PORT.
	Endpoint string

	http *http.Server
	done chan struct{}
}

// Serve starts to answer on Listen(addr).
func Serve(addr string, h http.Handler) (*Server, error) {
	l, err := Listen(addr)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Endpoint: "http://" + l.Addr().String(), done: make(chan struct{}),
		http: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second},
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(l) // it ends by Close alone
	}()
	return s, nil
}

// Close ends the server at once, with the calls that it is answering.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	return err
}
