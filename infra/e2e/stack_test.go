package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stack is one running Loket: what run.json says, and the proxies that it speaks to its servers through.
type stack struct {
	API       string            `json:"api"`
	SMTP      string            `json:"smtp"`
	Queues    map[string]string `json:"queues"`
	Endpoints struct {
		DynamoDB string `json:"dynamodb"`
		SQS      string `json:"sqs"`
		S3       string `json:"s3"`
	} `json:"endpoints"`
	dir    string
	key    string
	tables *proxy
	queues *proxy
	files  *proxy // S3
	mailer *proxy // SES
	log    *os.File
	cmd    *exec.Cmd
	ended  chan error
}

var shared struct {
	once sync.Once
	s    *stack
	err  error
}

// running is the one stack that all tests share; it is started by the first and ended by TestMain.
func running(t *testing.T) *stack {
	t.Helper()
	shared.once.Do(func() { shared.s, shared.err = start() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.s
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s := shared.s; s != nil {
		if err := s.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		if code != 0 {
			s.showLog()
		}
		os.RemoveAll(s.dir)
	}
	os.Exit(code)
}

// start builds the product and runs it on free ports, its servers behind proxies.
func start() (*stack, error) {
	dir, err := os.MkdirTemp("", "loket-e2e-")
	if err != nil {
		return nil, err
	}
	s := &stack{dir: dir}
	if s.tables, err = newProxy(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), s); err != nil {
		return nil, err
	}
	if s.queues, err = newProxy(os.Getenv("AWS_ENDPOINT_URL_SQS"), s); err != nil {
		return nil, err
	}
	if err := s.startServices(); err != nil {
		return nil, err
	}
	if out, err := command("make", "-s", "-C", "../..", "local-build", "DIR="+dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building: %w\n%s", err, out)
	}
	s.cmd = command(filepath.Join(dir, "bin", "loket-local"), "-template", "../../template.yaml", "-http", ":0", "-smtp", ":0", "-dir", dir, "-bin", filepath.Join(dir, "build"))
	s.cmd.Env = append(s.cmd.Env, "AWS_ENDPOINT_URL_DYNAMODB="+s.tables.url, "AWS_ENDPOINT_URL_SQS="+s.queues.url,
		"AWS_ENDPOINT_URL_S3="+s.files.url, "AWS_ENDPOINT_URL_SESV2="+s.mailer.url)
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.cmd.Wait() }()
	return s, s.ready()
}

// command is a command with this process's environment, but without what would change how the product is built.
func command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MAKE") && !strings.HasPrefix(v, "MFLAGS") && !strings.HasPrefix(v, "DIR=") {
			c.Env = append(c.Env, v)
		}
	}
	return c
}

// ready waits until the run tells where everything is.
func (s *stack) ready() error {
	for range 600 {
		if s.reload() == nil {
			key, err := os.ReadFile(filepath.Join(s.dir, "admin-key"))
			if err == nil {
				s.key = strings.TrimSpace(string(key))
				return nil
			}
		}
		select {
		case err := <-s.ended:
			s.showLog()
			return fmt.Errorf("the local run ended at its start: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.showLog()
	return fmt.Errorf("the local run did not become ready")
}

func (s *stack) reload() error {
	b, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	if err != nil {
		return err
	}
	var fresh stack
	if err := json.Unmarshal(b, &fresh); err != nil {
		return err
	}
	s.API, s.SMTP, s.Endpoints, s.Queues = fresh.API, fresh.SMTP, fresh.Endpoints, fresh.Queues
	return nil
}

// pids are the processes of a function, as run.json tells now.
func (s *stack) pids(function string) []int {
	var now struct {
		Functions map[string][]int `json:"functions"`
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	if err != nil || json.Unmarshal(b, &now) != nil {
		return nil
	}
	return now.Functions[function]
}

// stop ends the run as Ctrl-C does and holds it to its promise of five seconds (three times that on a busy machine).
func (s *stack) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(15 * time.Second):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("the local run did not end on SIGTERM")
	}
}

// showLog shows what the run said that was not as usual.
func (s *stack) showLog() {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	var odd []string
	for line := range strings.Lines(string(b)) {
		if !strings.Contains(line, `"level":"INFO"`) && !strings.Contains(line, " ok ") {
			odd = append(odd, line)
		}
	}
	if len(odd) > 150 {
		odd = odd[len(odd)-150:]
	}
	fmt.Fprintf(os.Stderr, "--- the run's log ---\n%s\n", strings.Join(odd, ""))
}

// object is a JSON object as it came.
type object map[string]any

func (o object) str(path ...string) string {
	v := o.at(path...)
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

func (o object) list(name string) []object {
	items, _ := o[name].([]any)
	var out []object
	for _, i := range items {
		if m, ok := i.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// call makes an API call as the administrator, or with a key of one's own in as.
func (s *stack) call(t *testing.T, method, path string, body any, header ...string) (int, object) {
	t.Helper()
	var text string
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, s.API+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	out := object{}
	if resp.StatusCode != http.StatusNoContent {
		_ = json.NewDecoder(resp.Body).Decode(&out) // an empty body is an empty object
	}
	return resp.StatusCode, out
}

// must is call, with the status that is expected.
func (s *stack) must(t *testing.T, want int, method, path string, body any, header ...string) object {
	t.Helper()
	status, out := s.call(t, method, path, body, header...)
	if status != want {
		t.Fatalf("%s %s: %d, want %d: %v", method, path, status, want, out)
	}
	return out
}

// eventually tries until nothing is wrong any more, at most for as long as given.
func eventually(t *testing.T, within time.Duration, try func() error) {
	t.Helper()
	begun, wait := time.Now(), 20*time.Millisecond
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Since(begun) > within {
			t.Fatalf("after %s still: %v", within, err)
		}
		time.Sleep(wait)
		wait = min(2*wait, 500*time.Millisecond)
	}
}
