package house

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/loket-desk/loket/shared/config"
)

// resource is one resource of the template, its function calls left as they are: {Ref: X} becomes "!Ref X".
type resource struct {
	ID         string
	Type       string         `yaml:"Type"`
	Properties map[string]any `yaml:"Properties"`
}

type template struct {
	globals   map[string]any
	resources map[string]resource
	optional  map[string]bool // parameters that may be empty
}

func load(t *testing.T) template {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	plain(&doc)
	var all struct {
		Globals struct {
			Function map[string]any `yaml:"Function"`
		} `yaml:"Globals"`
		Resources  map[string]resource `yaml:"Resources"`
		Parameters yaml.Node           `yaml:"Parameters"`
	}
	if err := doc.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for id, r := range all.Resources {
		r.ID = id
		all.Resources[id] = r
	}
	optional, err := optionals(all.Parameters)
	if err != nil {
		t.Fatal(err)
	}
	return template{all.Globals.Function, all.Resources, optional}
}

// plain writes a short-form call as text, so that the document is ordinary YAML.
func plain(n *yaml.Node) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		if n.Kind == yaml.ScalarNode {
			n.Value = n.Tag + " " + n.Value
		}
		n.Tag = ""
	}
	for _, c := range n.Content {
		plain(c)
	}
}

func (tm template) of(kind string) []resource {
	var found []resource
	for _, r := range tm.resources {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b resource) int { return strings.Compare(a.ID, b.ID) })
	return found
}

func (tm template) functions() []resource { return tm.of("AWS::Serverless::Function") }

// at digs a value out of nested maps; nil when it isn't there.
func at(value any, path ...string) any {
	for _, name := range path {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[name]
	}
	return value
}

// sources of a function: its events of one type.
func events(r resource, kind string) []map[string]any {
	var found []map[string]any
	all, _ := r.Properties["Events"].(map[string]any)
	for _, e := range all {
		if at(e, "Type") == kind {
			p, _ := at(e, "Properties").(map[string]any)
			found = append(found, p)
		}
	}
	return found
}

func number(t *testing.T, value any) int {
	t.Helper()
	n, err := strconv.Atoi(fmt.Sprint(value))
	if err != nil {
		t.Fatalf("%v is no number", value)
	}
	return n
}

func TestEveryFunctionIsInTheTemplateAndBack(t *testing.T) {
	var declared, written []string
	for _, f := range load(t).functions() {
		declared = append(declared, strings.ToLower(strings.TrimSuffix(f.ID, "Function")))
	}
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mains {
		written = append(written, filepath.Base(filepath.Dir(m)))
	}
	slices.Sort(written)
	if !slices.Equal(declared, written) {
		t.Errorf("the template has %v, functions/ has %v", declared, written)
	}
}

func TestEveryQueueHasADeadLetterQueueWithAnAlarm(t *testing.T) {
	tm := load(t)
	watched := map[string]bool{}
	for _, a := range tm.of("AWS::CloudWatch::Alarm") {
		dimensions, _ := a.Properties["Dimensions"].([]any)
		for _, d := range dimensions {
			watched[strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(at(d, "Value")), "!GetAtt "), ".QueueName")] = true
		}
	}
	dead := map[string]bool{}
	for _, q := range tm.of("AWS::SQS::Queue") {
		if target := at(q.Properties, "RedrivePolicy", "deadLetterTargetArn"); target != nil {
			dead[strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(target), "!GetAtt "), ".Arn")] = true
		}
	}
	for _, q := range tm.of("AWS::SQS::Queue") {
		retention := number(t, q.Properties["MessageRetentionPeriod"])
		switch {
		case !dead[q.ID] && at(q.Properties, "RedrivePolicy") == nil:
			t.Errorf("%s has no dead-letter queue", q.ID)
		case dead[q.ID] && !watched[q.ID]:
			t.Errorf("%s has no alarm", q.ID)
		case retention != 14*24*60*60: // the longest there is: what a function that is switched off leaves is lost after it
			t.Errorf("%s keeps its messages %d s, not 14 days", q.ID, retention)
		}
		if q.Properties["FifoQueue"] == true && (q.Properties["DeduplicationScope"] != "messageGroup" || q.Properties["FifoThroughputLimit"] != "perMessageGroupId") {
			t.Errorf("%s is not set to high throughput", q.ID)
		}
	}
}

func TestABatchMayFailInPartAndIsNotTakenUpTwiceAtOnce(t *testing.T) {
	tm := load(t)
	for _, f := range tm.functions() {
		for _, e := range append(events(f, "SQS"), events(f, "DynamoDB")...) {
			if fmt.Sprint(e["FunctionResponseTypes"]) != "[ReportBatchItemFailures]" {
				t.Errorf("%s does not report failures one by one", f.ID)
			}
		}
		for _, e := range events(f, "SQS") {
			queue := tm.resources[strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(e["Queue"]), "!GetAtt "), ".Arn")]
			visible, timeout := number(t, queue.Properties["VisibilityTimeout"]), number(t, f.Properties["Timeout"])
			if visible < 6*timeout {
				t.Errorf("%s hides for %d s; %s may take %d", queue.ID, visible, f.ID, timeout)
			}
			if at(e, "ScalingConfig", "MaximumConcurrency") == nil || f.Properties["ReservedConcurrentExecutions"] != nil {
				t.Errorf("%s is bounded by its event source, and by nothing else", f.ID)
			}
		}
		for _, e := range events(f, "DynamoDB") {
			if e["StartingPosition"] != "TRIM_HORIZON" || e["BisectBatchOnFunctionError"] != true || at(e, "DestinationConfig", "OnFailure", "Type") != "S3" {
				t.Errorf("%s may lose changes: %v", f.ID, e)
			}
		}
	}
}

func TestNoPolicyOfOursHasAWildcard(t *testing.T) {
	for _, f := range load(t).functions() {
		policies, _ := f.Properties["Policies"].([]any)
		if len(policies) == 0 {
			t.Errorf("%s has no policy of its own", f.ID)
		}
		for _, p := range policies {
			statements, _ := at(p, "Statement").([]any)
			if len(statements) == 0 {
				t.Errorf("%s: %v is not a statement of ours", f.ID, p)
			}
			for _, s := range statements {
				checkStatement(t, f.ID, s)
			}
		}
	}
}

func checkStatement(t *testing.T, function string, s any) {
	t.Helper()
	for _, action := range list(at(s, "Action")) {
		if strings.Contains(action, "*") {
			t.Errorf("%s may %s", function, action)
		}
	}
	for _, r := range list(at(s, "Resource")) {
		// A star is allowed behind a prefix of the bucket, and for whichever mail identity an admin verifies.
		bounded := strings.Contains(r, "${Bucket.Arn}/") && !strings.HasSuffix(r, "${Bucket.Arn}/*") || strings.HasSuffix(r, ":identity/*")
		if r == "" || strings.Contains(r, "*") && !bounded {
			t.Errorf("%s may %v on %s", function, at(s, "Action"), r)
		}
	}
}

func list(value any) []string {
	if many, ok := value.([]any); ok {
		var out []string
		for _, v := range many {
			out = append(out, fmt.Sprint(v))
		}
		return out
	}
	return []string{fmt.Sprint(value)}
}

func TestTheEnvironmentIsExactlyWhatTheConfigurationReads(t *testing.T) {
	tm := load(t)
	declared := map[string]bool{}
	collect := func(of any) {
		variables, _ := at(of, "Environment", "Variables").(map[string]any)
		for name, value := range variables {
			declared[name] = true
			if strings.Contains(fmt.Sprint(value), "Api") {
				t.Errorf("%s refers to the API, which refers to the function: %v", name, value)
			}
		}
	}
	collect(tm.globals)
	for _, f := range tm.functions() {
		collect(f.Properties)
	}
	for _, name := range config.Names() {
		if !declared[name] {
			t.Errorf("the template does not declare %s", name)
		}
		delete(declared, name)
	}
	for name := range declared {
		t.Errorf("nobody reads %s", name)
	}
}

func TestWhatIsKeptOutlivesTheStackAndAlarmsStayFree(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "DeletionPolicy: Retain") != 2 || strings.Count(string(text), "UpdateReplacePolicy: Retain") != 2 {
		t.Error("the table and the bucket must be retained")
	}
	tm := load(t)
	if n := len(tm.of("AWS::CloudWatch::Alarm")); n > 10 {
		t.Errorf("%d alarms; ten are free", n)
	}
	groups := map[string]bool{}
	for _, g := range tm.of("AWS::Logs::LogGroup") {
		groups["!Ref "+g.ID] = g.Properties["RetentionInDays"] == "!Ref RetentionDays"
	}
	for _, f := range tm.functions() {
		if !groups[fmt.Sprint(at(f.Properties, "LoggingConfig", "LogGroup"))] {
			t.Errorf("%s has no log group with retention", f.ID)
		}
	}
}
