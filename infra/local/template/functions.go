package template

import (
	"path"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// functionProperties are those of AWS::Serverless::Function that the runner acts on.
type functionProperties struct {
	CodeURI      string `yaml:"CodeUri"`
	FunctionName string `yaml:"FunctionName"`
	Handler      string `yaml:"Handler"`
	Runtime      string `yaml:"Runtime"`
	PackageType  string `yaml:"PackageType"`
	Timeout      int    `yaml:"Timeout"`
	MemorySize   int    `yaml:"MemorySize"`
	Concurrency  int    `yaml:"ReservedConcurrentExecutions"`
	Environment  struct {
		Variables map[string]string `yaml:"Variables"`
	} `yaml:"Environment"`
	Events map[string]eventProperties `yaml:"Events"`
}

type eventProperties struct {
	Type       string    `yaml:"Type"`
	Properties yaml.Node `yaml:"Properties"`
}

// function adds one function. SAM's defaults hold: 3 seconds, 128 MB.
func (l *loader) function(id string, line int, n *yaml.Node) {
	p := functionProperties{Timeout: 3, MemorySize: 128}
	all := merge(l.globals["Function"], n)
	if !l.properties(id, typeFunction, all, &p) {
		return
	}
	if !strings.HasPrefix(p.Runtime, "provided") || (p.PackageType != "" && p.PackageType != "Zip") {
		l.faults.add(line, id, "the local runner runs bootstrap binaries (Runtime provided.al2023) only, not %s%s", p.Runtime, p.PackageType)
		return
	}
	if p.Timeout < 1 || p.Timeout > 900 || p.MemorySize < 128 || p.MemorySize > 10240 {
		l.faults.add(line, id, "Lambda takes a Timeout of 1 to 900 seconds and a MemorySize of 128 to 10240 MB")
		return
	}
	f := Function{
		ID: id, Name: folder(id, p.CodeURI), Handler: p.Handler, Timeout: time.Duration(p.Timeout) * time.Second,
		MemoryMB: p.MemorySize, Concurrency: p.Concurrency, Environment: p.Environment.Variables,
	}
	for _, e := range pairs(field(all, "Events")) {
		if event, ok := p.Events[e.key.Value]; ok {
			l.event(&f, e.key, event)
		}
	}
	l.out.Functions = append(l.out.Functions, f)
}

// folder is the function's name below functions/: the last part of CodeUri, or, where all functions are built
// from the project's root, the logical id without "Function".
func folder(id, codeURI string) string {
	if dir, name := path.Split(path.Clean(codeURI)); strings.HasSuffix(path.Clean(dir), "functions") {
		return name
	}
	return strings.ToLower(strings.TrimSuffix(id, "Function"))
}
