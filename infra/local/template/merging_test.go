package template

import (
	"reflect"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func parsed(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

func TestGlobalsAreMergedByTheRulesOfSAM(t *testing.T) {
	global := parsed(t, "{Timeout: 5, Env: {A: 1, B: 1}, List: [x], Call: !Ref P, Only: here}")
	own := parsed(t, "{Timeout: 9, Env: {B: 2, C: 2}, List: [y], Call: !Ref Q, Mine: too}")
	var got struct {
		Timeout int            `yaml:"Timeout"`
		Env     map[string]int `yaml:"Env"`
		List    []string       `yaml:"List"`
		Call    string         `yaml:"Call"`
	}
	merged := merge(global, own)
	if err := merged.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Timeout != 9 || !reflect.DeepEqual(got.Env, map[string]int{"A": 1, "B": 2, "C": 2}) || !reflect.DeepEqual(got.List, []string{"x", "y"}) || got.Call != "Q" {
		t.Errorf("merged: %+v", got)
	}
	if field(merged, "Only") == nil || field(merged, "Mine") == nil {
		t.Error("what only one of them has is gone")
	}
	if merge(nil, own) != own || merge(global, nil) != global {
		t.Error("where only one is there it is not that one")
	}
}

func TestAMappingInsteadOfACallIsTheFunctionsOwn(t *testing.T) {
	merged := merge(parsed(t, "{V: !If [A, b, c]}"), parsed(t, "{V: [d]}"))
	if v := field(merged, "V"); v.Tag != "!!seq" || len(v.Content) != 1 {
		t.Errorf("merged: %+v", v)
	}
}

func TestAFunctionHasTheGlobalsAndItsOwn(t *testing.T) {
	tpl := mustLoad(t, `
Globals:
  Function:
    Runtime: provided.al2023
    Timeout: 7
    Environment: {Variables: {A: all, B: all}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      MemorySize: "512"
      ReservedConcurrentExecutions: 3
      Handler: bootstrap
      Environment: {Variables: {B: own, C: 3, D: true, E: null}}
`, nil)
	f := tpl.Functions[0]
	want := map[string]string{"A": "all", "B": "own", "C": "3", "D": "true", "E": ""}
	if f.Timeout != 7*time.Second || f.MemoryMB != 512 || f.Concurrency != 3 || f.Handler != "bootstrap" || f.Name != "f" || !reflect.DeepEqual(f.Environment, want) {
		t.Errorf("got %+v", f)
	}
}

func TestSAMsDefaultsHold(t *testing.T) {
	f := mustLoad(t, "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2}}\n", nil).Functions[0]
	if f.Timeout != 3*time.Second || f.MemoryMB != 128 || f.Concurrency != 0 {
		t.Errorf("got %+v", f)
	}
}

func TestYAMLsOwnAliasesAreFollowed(t *testing.T) {
	tpl := mustLoad(t, `
Resources:
  A: {Type: AWS::SQS::Queue, Properties: &same {VisibilityTimeout: 9}}
  B: {Type: AWS::SQS::Queue, Properties: *same}
`, nil)
	if len(tpl.Queues) != 2 || tpl.Queues[1].Attributes["VisibilityTimeout"] != "9" {
		t.Errorf("got %+v", tpl.Queues)
	}
}

func TestAResourceWhoseConditionIsFalseIsNotThere(t *testing.T) {
	text := "Parameters:\n  On: {Type: String, Default: \"no\"}\nConditions:\n  C: !Equals [!Ref On, \"yes\"]\nResources:\n  Q: {Type: AWS::SQS::Queue, Condition: C}\n"
	if tpl := mustLoad(t, text, nil); len(tpl.Queues) != 0 {
		t.Errorf("got %+v", tpl.Queues)
	}
	if tpl := mustLoad(t, text, map[string]string{"On": "yes"}); len(tpl.Queues) != 1 {
		t.Errorf("got %+v", tpl.Queues)
	}
}
