package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// hang is when a test gives up waiting for something that should have come long ago.
const hang = 60 * time.Second

// stack is a local run of testdata/template.yaml, watched through what its functions note down.
type stack struct {
	*runner
	dir    string
	record string
	log    *safeBuffer
}

// note is what the test function writes after each batch.
type note struct {
	Function string
	PID      int
	Request  string
	Began    time.Time
	Ended    time.Time
	Bodies   []string
	Groups   []string
}

// builtFunctions builds the test function once for all tests and lays it out as the functions of the template, in the
// folder that TestMain removes.
var builtFunctions = sync.OnceValues(func() (string, error) {
	bin := os.Getenv(testBin)
	first := filepath.Join(bin, "echo", "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", first, "./testdata/echo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the test function can't be built: %w\n%s", err, out)
	}
	for _, name := range []string{"ordered", "plain", "mail", "changes"} {
		if err := os.Mkdir(filepath.Join(bin, name), 0o755); err != nil {
			return "", err
		}
		if err := os.Link(first, filepath.Join(bin, name, "bootstrap")); err != nil {
			return "", err
		}
	}
	return bin, nil
})

func functionsDir(t *testing.T) string {
	t.Helper()
	bin, err := builtFunctions()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func startStack(t *testing.T) *stack {
	t.Helper()
	return startStackIn(t, t.TempDir(), os.Environ())
}

func startStackIn(t *testing.T, dir string, environ []string, args ...string) *stack {
	t.Helper()
	s := &stack{dir: dir, record: filepath.Join(dir, "record"), log: &safeBuffer{}}
	args = append([]string{"-template", "testdata/template.yaml", "-http", ":0", "-smtp", ":0", "-dir", dir, "-bin", functionsDir(t), "-param", "RecordTo=" + s.record}, args...)
	o, err := parseOptions(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s.runner = newRunner(o, environ, newLogger(true, s.log))
	t.Cleanup(s.close)
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// notes are those of one function so far.
func (s *stack) notes(t *testing.T, function string) []note {
	t.Helper()
	text, err := os.ReadFile(s.record)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []note
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		var n note
		if json.Unmarshal([]byte(line), &n) == nil && n.Function == function { // a last line may be half written
			out = append(out, n)
		}
	}
	return out
}

// holding are the notes with a body that holds the text.
func (s *stack) holding(t *testing.T, function, text string) []note {
	t.Helper()
	var out []note
	for _, n := range s.notes(t, function) {
		if strings.Contains(strings.Join(n.Bodies, "\n"), text) {
			out = append(out, n)
		}
	}
	return out
}

func waitFor(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(hang); !ready(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (s *stack) send(t *testing.T, queue, group, body string) {
	t.Helper()
	in := &sqs.SendMessageInput{QueueUrl: aws.String(s.names[queue][""]), MessageBody: &body}
	if group != "" {
		in.MessageGroupId, in.MessageDeduplicationId = &group, aws.String(strings.ReplaceAll(group+body, " ", "-"))
	}
	if _, err := s.clients.sqs.SendMessage(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// received takes one message off a queue, "" where none comes.
func (s *stack) received(t *testing.T, queue string) string {
	t.Helper()
	out, err := s.clients.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(s.names[queue][""]), WaitTimeSeconds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Messages) == 0 {
		return ""
	}
	return aws.ToString(out.Messages[0].Body)
}

func (s *stack) put(t *testing.T, pk, sk, do string) {
	t.Helper()
	_, err := s.clients.dynamodb.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(s.names["Table"][""]),
		Item: map[string]ddb.AttributeValue{
			"pk": &ddb.AttributeValueMemberS{Value: pk}, "sk": &ddb.AttributeValueMemberS{Value: sk}, "do": &ddb.AttributeValueMemberS{Value: do},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *stack) get(t *testing.T, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func readRun(t *testing.T, path string) runFile {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f runFile
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// outcomes are the outcomes that the log has for a function's requests.
func (s *stack) outcomes(function string) []string {
	var out []string
	for scan := bufio.NewScanner(strings.NewReader(s.log.String())); scan.Scan(); {
		var l struct{ Msg, Function, Outcome string }
		if json.Unmarshal(scan.Bytes(), &l) == nil && l.Msg == "request" && l.Function == function {
			out = append(out, l.Outcome)
		}
	}
	return out
}

// safeBuffer is a buffer that may be written and read at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
