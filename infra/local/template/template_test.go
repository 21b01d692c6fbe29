package template

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func options(path string, parameters map[string]string) Options {
	return Options{
		Path: path, Parameters: parameters, Region: "eu-west-1", AccountID: "000000000000", StackName: "desk",
		Pattern: func(text string) error {
			if strings.Contains(text, "odd") {
				return errors.New("an odd operator")
			}
			return nil
		},
		Schedule: func(expression, _ string) error {
			if !strings.HasPrefix(expression, "rate(") {
				return errors.New("an odd schedule")
			}
			return nil
		},
	}
}

func load(t *testing.T, text string, parameters map[string]string) (*Template, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(options(path, parameters))
}

func mustLoad(t *testing.T, text string, parameters map[string]string) *Template {
	t.Helper()
	tpl, err := load(t, text, parameters)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func TestTheProjectsTemplateCanBeRun(t *testing.T) {
	tpl, err := Load(options("../../../template.yaml", map[string]string{"MailDomain": "loket.test"}))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range tpl.Functions {
		names[f.Name] = true
	}
	for _, want := range []string{"webhook", "mail", "router", "ticket", "sender", "dispatcher", "api", "sweeper"} {
		if !names[want] {
			t.Errorf("there is no function %s in %v", want, names)
		}
	}
	if len(tpl.Tables) != 1 || len(tpl.Buckets) != 1 || len(tpl.APIs) != 1 || len(tpl.Queues) < 8 {
		t.Errorf("got %d tables, %d buckets, %d APIs, %d queues", len(tpl.Tables), len(tpl.Buckets), len(tpl.APIs), len(tpl.Queues))
	}
}

func TestEverythingOfAFunctionIsRead(t *testing.T) {
	tpl, err := Load(options("../testdata/template.yaml", map[string]string{"MailDomain": "loket.test"}))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Function{}
	for _, f := range tpl.Functions {
		byName[f.Name] = f
	}
	echo, ordered, changes := byName["echo"], byName["ordered"], byName["changes"]
	if echo.Timeout != 4*time.Second || echo.MemoryMB != 128 || ordered.Timeout != 2*time.Second || ordered.MemoryMB != 256 {
		t.Errorf("limits: %+v, %+v", echo, ordered)
	}
	if want := []Route{{API: "Api", Key: "GET /items/{id}", Timeout: 30 * time.Second}, {API: "Api", Key: "ANY /{proxy+}", Timeout: 30 * time.Second}}; !sameRoutes(echo.Routes, want) {
		t.Errorf("routes: %+v", echo.Routes)
	}
	if want := []QueueSource{{Queue: "OrderedQueue", BatchSize: 10, MaxConcurrency: 4, PartialFailures: true}}; !reflect.DeepEqual(ordered.Queues, want) {
		t.Errorf("queues: %+v", ordered.Queues)
	}
	s := changes.Streams[0]
	if s.Table != "Table" || s.Latest || s.BatchSize != 10 || !s.Bisect || s.Retries != 1 || s.MaxAge != time.Hour || len(s.Filters) != 1 || !s.PartialFailures {
		t.Errorf("stream: %+v", s)
	}
	if id, attribute, ok := Referred(s.OnFailure); id != "Bucket" || attribute != "Arn" || !ok {
		t.Errorf("on failure: %q", s.OnFailure)
	}
	if echo.Environment["MAIL_DOMAIN"] != "loket.test" || echo.Environment["MASTER_KEY_PARAMETER"] != "/desk/master-key" {
		t.Errorf("environment: %v", echo.Environment)
	}
}

func sameRoutes(got, want []Route) bool {
	for i := range got {
		got[i].line = 0
	}
	return reflect.DeepEqual(got, want)
}

func TestQueuesTablesAndBucketsAreRead(t *testing.T) {
	tpl, err := Load(options("../testdata/template.yaml", nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Queue{
		ID: "OrderedQueue", Name: "ordered.fifo", FIFO: true, DeadLetters: "OrderedQueueDeadLetters", MaxReceives: 3,
		Attributes: map[string]string{
			"FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
			"VisibilityTimeout": "2", "MessageRetentionPeriod": "345600",
		},
	}
	if !reflect.DeepEqual(tpl.Queues[0], want) {
		t.Errorf("queue: %+v", tpl.Queues[0])
	}
	table := Table{
		ID: "Table", Hash: Key{"pk", "S"}, Range: Key{"sk", "S"}, Stream: "NEW_AND_OLD_IMAGES", TTL: "x",
		Indexes: []Index{{Name: "gsi1", Hash: Key{"l", "S"}, Projection: "INCLUDE", Attributes: []string{"do"}}},
	}
	if !reflect.DeepEqual(tpl.Tables[0], table) {
		t.Errorf("table: %+v", tpl.Tables[0])
	}
	if a := tpl.APIs[0]; a.Stage != "$default" || a.CORS == nil || a.CORS.MaxAge != 600 || a.CORS.AllowOrigins[0] != "https://app.example.com" {
		t.Errorf("API: %+v", a)
	}
	ignored := strings.Join(tpl.Ignored, "; ")
	for _, w := range []string{"Logs::LogGroup (logs go to the terminal)", "SQS::QueuePolicy (no permissions", "PointInTimeRecoverySpecification", "Policies (properties of Function)", "BucketEncryption"} {
		if !strings.Contains(ignored, w) {
			t.Errorf("%s is passed over in silence: %s", w, ignored)
		}
	}
}

func TestReferencesGetTheirValuesLater(t *testing.T) {
	names := Names{"Q": {"": "http://q", "Arn": "arn:q"}}
	got, err := names.Expand("to " + reference("Q", "") + " and " + reference("Q", "Arn"))
	if err != nil || got != "to http://q and arn:q" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := names.Expand(reference("Q", "Nothing")); err == nil {
		t.Error("a reference without a value was passed over")
	}
	if _, _, ok := Referred("before " + reference("Q", "Arn")); ok {
		t.Error("a text with more than a reference counts as one")
	}
}

func TestAFunctionsFolderIsItsName(t *testing.T) {
	for _, c := range [][3]string{
		{"WebhookFunction", "functions/webhook/", "webhook"},
		{"AnyFunction", "./functions/api", "api"},
		{"DispatcherFunction", ".", "dispatcher"},
		{"Sweeper", "", "sweeper"},
		{"RootFunction", "functions/", "root"},
	} {
		if got := folder(c[0], c[1]); got != c[2] {
			t.Errorf("%s in %q is named %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
