package template

import (
	"maps"
	"slices"
	"strings"
)

// notes gather what is knowingly ignored: for each reason, or each type whose properties they are, the names.
type notes map[string]map[string]bool

func (n notes) add(about, name string) {
	if n[about] == nil {
		n[about] = map[string]bool{}
	}
	n[about][name] = true
}

// property notes a property that the runner knowingly leaves out.
func (n notes) property(kind, name string) {
	n.add("properties of "+strings.TrimPrefix(strings.TrimPrefix(kind, "AWS::"), "Serverless::"), name)
}

// sentences are one for each reason: "SNS::Topic, SNS::TopicPolicy (why)".
func (n notes) sentences() []string {
	var out []string
	for _, about := range slices.Sorted(maps.Keys(n)) {
		out = append(out, strings.Join(slices.Sorted(maps.Keys(n[about])), ", ")+" ("+about+")")
	}
	return out
}
