package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// proxy stands between the product and one of its servers. Rules look at each request, and may spoil it.
type proxy struct {
	url    string
	target string
	stack  *stack
	mu     sync.Mutex
	rules  map[int]rule
	next   int
}

// rule looks at a request before it is passed on. It may answer in the server's place (a response), act after the server
// has done its work but before the answer is passed on (after), or change the body.
type rule func(q *seen) *verdict

type seen struct {
	Op   string // of X-Amz-Target, such as PutItem; else the method
	Path string
	Body []byte
	From string // remote address of the connection
}

type verdict struct {
	status int    // answer this instead, without asking the server
	body   string //
	after  func() // the server has done it; called before the answer is passed on
	cut    bool   // close the connection instead of answering
}

func newProxy(target string, s *stack) (*proxy, error) {
	if target == "" {
		return nil, fmt.Errorf("the servers' addresses are not set: run `make test`")
	}
	p := &proxy{target: target, stack: s, rules: map[int]rule{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.url = "http://" + l.Addr().String()
	go func() { _ = http.Serve(l, p) }()
	return p, nil
}

// add puts a rule in force until the function that it returns is called.
func (p *proxy) add(r rule) (remove func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	n := p.next
	p.rules[n] = r
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.rules, n)
	}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if op == "" {
		op = r.Method
	}
	q := &seen{op, r.URL.Path, body, r.RemoteAddr}
	p.mu.Lock()
	rules := make([]rule, 0, len(p.rules))
	for _, rule := range p.rules {
		rules = append(rules, rule)
	}
	p.mu.Unlock()
	var v *verdict
	for _, rule := range rules {
		if got := rule(q); got != nil {
			v = got
		}
	}
	if v != nil && v.status != 0 {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(v.status)
		_, _ = io.WriteString(w, v.body)
		return
	}
	p.pass(w, r, q.Body, v)
}

func (p *proxy) pass(w http.ResponseWriter, r *http.Request, body []byte, v *verdict) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Content-Length")
	out.Host = r.Host
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if v != nil && v.after != nil {
		v.after()
	}
	if err != nil || (v != nil && v.cut) {
		if h, ok := w.(http.Hijacker); ok {
			if c, _, err := h.Hijack(); err == nil {
				c.Close()
			}
		}
		return
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
}

// ownerOf finds the process of a function that holds the other end of a connection; 0 when it is none of that function's.
func (s *stack) ownerOf(function, remote string) int {
	_, port, err := net.SplitHostPort(remote)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(port)
	inode := inodeOf(n)
	if inode == "" {
		return 0
	}
	for _, pid := range s.pids(function) {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, l := range links {
			if to, err := os.Readlink(l); err == nil && to == "socket:["+inode+"]" {
				return pid
			}
		}
	}
	return 0
}

// inodeOf finds the socket of a local TCP port that is connected.
func inodeOf(port int) string {
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			if len(f) < 10 || !strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) || f[3] != "01" {
				continue
			}
			return f[9]
		}
	}
	return ""
}

// end kills a process, as a machine that goes away does.
func end(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }
