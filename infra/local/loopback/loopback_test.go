package loopback

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestOnlyThePortOfAnAddressCounts(t *testing.T) {
	for _, addr := range []string{"", "0", ":0", "0.0.0.0:0", "[::]:0", "example.com:0"} {
		l, err := Listen(addr)
		if err != nil {
			t.Errorf("%q: %v", addr, err)
			continue
		}
		if host, _, _ := net.SplitHostPort(l.Addr().String()); host != "127.0.0.1" {
			t.Errorf("%q listens on %s", addr, host)
		}
		l.Close()
	}
}

func TestABusyOrImpossiblePortIsSaidInASentence(t *testing.T) {
	l, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for addr, want := range map[string]string{
		l.Addr().String(): "in use by another program",
		":70000":          "give a port from 0",
		"localhost":       "give a port from 0",
		":-1":             "give a port from 0",
	} {
		if _, err := Listen(addr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", addr, err)
		}
	}
	if _, err := Serve(l.Addr().String(), nil); err == nil {
		t.Error("served on a busy port")
	}
}

func TestAServerAnswersUntilItIsClosed(t *testing.T) {
	s, err := Serve("", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") }))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "here" {
		t.Errorf("%q, %v", b, err)
	}
	resp.Body.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get(s.Endpoint); err == nil {
		t.Error("it answers after Close")
	}
}
