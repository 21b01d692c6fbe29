// Package template reads the SAM template and says what the local runner has to start from it.
package template

import (
	"fmt"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Template is what the runner acts on. Strings in it may hold references to resources (a queue's
// address is known only once the queue exists): Names.Expand puts the values in.
type Template struct {
	Functions []Function
	Queues    []Queue
	Tables    []Table
	Buckets   []Bucket
	APIs      []API
	// Ignored are sentences about what the template says and the runner knowingly does not do.
	Ignored []string
}

// Function is one AWS::Serverless::Function.
type Function struct {
	ID, Name    string // logical id; name of its folder below functions/
	Handler     string
	Timeout     time.Duration
	MemoryMB    int
	Concurrency int // ReservedConcurrentExecutions, 0 where the template has none
	Environment map[string]string
	Queues      []QueueSource
	Streams     []StreamSource
	Schedules   []Schedule
	Routes      []Route
}

// Options say where a template is read from and what differs from a deployment.
type Options struct {
	Path       string
	Parameters map[string]string // instead of the parameters' defaults; names that the template lacks are left out
	Region     string
	AccountID  string
	StackName  string
	// Pattern and Schedule say what is wrong with a filter pattern or a schedule. Nil leaves them unread.
	Pattern  func(text string) error
	Schedule func(expression, zone string) error
}

// Load reads and checks the template. Its error names line and resource of every fault found.
func Load(o Options) (*Template, error) {
	text, err := os.ReadFile(o.Path)
	if err != nil {
		return nil, fmt.Errorf("the template can't be read: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s is not YAML: %w", o.Path, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s holds no template", o.Path)
	}
	l := &loader{options: o, eval: newEvaluator(o), ignored: notes{}}
	l.load(doc.Content[0])
	if err := l.faults.err(o.Path); err != nil {
		return nil, err
	}
	l.out.Ignored = l.ignored.sentences()
	return &l.out, nil
}

// loader collects the template's parts, and its faults, in one pass over the resources.
type loader struct {
	options Options
	eval    *evaluator
	globals map[string]*yaml.Node // section ("Function", "HttpApi") → its properties
	out     Template
	ignored notes
	faults  faults
}

func (l *loader) load(root *yaml.Node) {
	sections := map[string]*yaml.Node{}
	for _, p := range pairs(root) {
		switch p.key.Value {
		case "Parameters", "Conditions", "Mappings", "Globals", "Resources":
			sections[p.key.Value] = p.value
		case "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Outputs", "Rules":
		default:
			l.faults.add(p.key.Line, "", "the local runner does not know the section %s", p.key.Value)
		}
	}
	if sections["Resources"] == nil {
		l.faults.add(root.Line, "", "the template has no Resources")
		return
	}
	if err := l.eval.declare(sections); err != nil {
		l.faults.addErr("", err)
		return
	}
	l.readGlobals(sections["Globals"])
	for _, p := range pairs(sections["Resources"]) {
		if l.eval.resources[p.key.Value] != "" {
			l.resource(p.key, p.value)
		}
	}
	l.checkRoutes()
}

func (l *loader) readGlobals(n *yaml.Node) {
	l.globals = map[string]*yaml.Node{}
	for _, p := range pairs(n) {
		switch p.key.Value {
		case "Function", "HttpApi":
			l.globals[p.key.Value] = p.value
		default:
			l.faults.add(p.key.Line, "Globals", "the local runner does not know Globals of %s", p.key.Value)
		}
	}
}

func (l *loader) resource(key, n *yaml.Node) {
	id, kind := key.Value, l.eval.resources[key.Value]
	if note, ok := ignoredTypes(kind); ok {
		l.ignored.add(note, strings.TrimPrefix(kind, "AWS::"))
		return
	}
	for _, p := range pairs(n) {
		switch p.key.Value {
		case "Type", "Properties", "Metadata", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy":
		default:
			l.faults.add(p.key.Line, id, "the local runner does not know the attribute %s of a resource", p.key.Value)
		}
	}
	properties := field(n, "Properties")
	if properties == nil {
		properties = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: key.Line}
	}
	switch kind {
	case typeFunction:
		l.function(id, n.Line, properties)
	case typeAPI:
		l.api(id, properties)
	case typeQueue:
		l.queue(id, properties)
	case typeTable:
		l.table(id, properties)
	case typeBucket:
		l.bucket(id, properties)
	default:
		l.faults.add(key.Line, id, "the local runner does not know the resource type %s", kind)
	}
}
