package template

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// evaluator computes the template's function calls. It knows parameters, conditions, mappings and which resources exist.
type evaluator struct {
	options    Options
	pseudo     map[string]string
	parameters map[string]*yaml.Node
	conditions map[string]*yaml.Node
	mappings   *yaml.Node
	resources  map[string]string // logical id → type, without those whose condition is false
	asking     map[string]bool   // conditions being computed, to notice a circle
}

func newEvaluator(o Options) *evaluator {
	return &evaluator{
		options: o,
		pseudo: map[string]string{
			"AWS::AccountId": o.AccountID, "AWS::Partition": "aws", "AWS::Region": o.Region, "AWS::StackName": o.StackName, "AWS::URLSuffix": "amazonaws.com",
			"AWS::StackId": fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/local", o.Region, o.AccountID, o.StackName),
		},
		parameters: map[string]*yaml.Node{}, conditions: map[string]*yaml.Node{}, resources: map[string]string{}, asking: map[string]bool{},
	}
}

// declare reads what function calls may refer to.
func (e *evaluator) declare(sections map[string]*yaml.Node) error {
	for _, p := range pairs(sections["Parameters"]) {
		v, err := e.parameter(p.key.Value, p.value)
		if err != nil {
			return err
		}
		e.parameters[p.key.Value] = v
	}
	for _, p := range pairs(sections["Conditions"]) {
		e.conditions[p.key.Value] = p.value
	}
	e.mappings = sections["Mappings"]
	for _, p := range pairs(sections["Resources"]) {
		exists := true
		if c := field(p.value, "Condition"); c != nil {
			var err error
			if exists, err = e.condition(c.Line, c.Value); err != nil {
				return err
			}
		}
		kind := field(p.value, "Type")
		if kind == nil {
			return faultAt(p.key.Line, "%s has no Type", p.key.Value)
		}
		if exists {
			e.resources[p.key.Value] = kind.Value
		}
	}
	return nil
}

// parameter is a parameter's value: the run's own, else its default.
func (e *evaluator) parameter(name string, n *yaml.Node) (*yaml.Node, error) {
	value, given := e.options.Parameters[name]
	if d := field(n, "Default"); !given && d != nil {
		value, given = d.Value, true
	}
	if !given {
		return nil, faultAt(n.Line, "the parameter %s has no default, and the local runner gives it no value", name)
	}
	if allowed := field(n, "AllowedValues"); allowed != nil {
		same := func(c *yaml.Node) bool { return c.Value == value }
		if !slices.ContainsFunc(allowed.Content, same) {
			return nil, faultAt(n.Line, "the parameter %s may not be %q", name, value)
		}
	}
	kind := field(n, "Type")
	if kind == nil || (kind.Value != "CommaDelimitedList" && !strings.HasPrefix(kind.Value, "List<")) {
		return scalar(n.Line, value), nil
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line}
	for _, part := range strings.Split(value, ",") {
		list.Content = append(list.Content, scalar(n.Line, strings.TrimSpace(part)))
	}
	return list, nil
}

// ref is what !Ref yields: a parameter, a pseudo parameter (nil for AWS::NoValue) or a resource.
func (e *evaluator) ref(line int, name string) (*yaml.Node, error) {
	if name == "AWS::NoValue" {
		return nil, nil
	}
	if v, ok := e.pseudo[name]; ok {
		return scalar(line, v), nil
	}
	if p, ok := e.parameters[name]; ok {
		return p, nil
	}
	v, err := e.attribute(line, name, "")
	return scalar(line, v), err
}

// attribute refers to a resource. Those that the runner makes get a reference, filled in later;
// those that it ignores get a name that tells a reader where it came from.
func (e *evaluator) attribute(line int, id, attribute string) (string, error) {
	kind, ok := e.resources[id]
	if !ok && id == implicitAPI {
		kind, ok = typeAPI, true
	}
	if !ok {
		return "", faultAt(line, "the template has no parameter or resource %s", id)
	}
	known, made := attributes(kind)
	if !made {
		return e.ignoredAttribute(kind, id, attribute), nil
	}
	if !slices.Contains(known, attribute) {
		return "", faultAt(line, "the local runner does not know the attribute %s of %s", attribute, kind)
	}
	return reference(id, attribute), nil
}

func (e *evaluator) ignoredAttribute(kind, id, attribute string) string {
	if attribute == "Arn" || attribute == "TopicArn" || (attribute == "" && kind == "AWS::SNS::Topic") {
		service := strings.ToLower(strings.Split(kind+"::", "::")[1])
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, e.options.Region, e.options.AccountID, id)
	}
	return id
}

// condition is a named condition's truth.
func (e *evaluator) condition(line int, name string) (bool, error) {
	n, ok := e.conditions[name]
	if !ok {
		return false, faultAt(line, "the template has no condition %s", name)
	}
	if e.asking[name] {
		return false, faultAt(line, "the condition %s refers to itself", name)
	}
	e.asking[name] = true
	defer delete(e.asking, name)
	return e.test(n)
}

// test computes one condition expression.
func (e *evaluator) test(n *yaml.Node) (bool, error) {
	n = follow(n)
	if c := field(n, "Condition"); c != nil && len(n.Content) == 2 {
		return e.condition(c.Line, c.Value)
	}
	name, arg, ok := intrinsic(n)
	if !ok {
		return false, faultAt(n.Line, "this is no condition")
	}
	return e.truth(name, arg)
}

func (e *evaluator) truth(name string, arg *yaml.Node) (bool, error) {
	switch name {
	case "Condition":
		return e.condition(arg.Line, arg.Value)
	case "Equals":
		args, err := e.arguments(name, arg, 2)
		if err != nil {
			return false, err
		}
		return args[0].Value == args[1].Value, nil
	case "Not":
		if len(arg.Content) != 1 {
			return false, faultAt(arg.Line, "Not takes a list of 1")
		}
		v, err := e.test(arg.Content[0])
		return !v, err
	case "And", "Or":
		return e.several(name == "And", arg)
	}
	return false, faultAt(arg.Line, "the local runner does not know the condition function %s", name)
}

func (e *evaluator) several(all bool, arg *yaml.Node) (bool, error) {
	result := all
	for _, c := range arg.Content {
		v, err := e.test(c)
		if err != nil {
			return false, err
		}
		if v != all {
			result = !all
		}
	}
	return result, nil
}
