// Package pattern decides by EventBridge patterns which records of a queue or stream reach a function.
package pattern

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
)

// Pattern is a compiled pattern.
type Pattern struct{ root object }

// Parse compiles a pattern. An operator that it does not know is an error: a filter that is half understood
// would hide records.
func Parse(text string) (Pattern, error) {
	v, err := decode([]byte(text))
	if err != nil {
		return Pattern{}, fmt.Errorf("the filter pattern is not JSON: %w", err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return Pattern{}, fmt.Errorf("a filter pattern is a JSON object")
	}
	root, err := parseObject(m, "")
	return Pattern{root}, err
}

// ParseAll compiles the patterns of one event source.
func ParseAll(texts []string) ([]Pattern, error) {
	var out []Pattern
	for _, t := range texts {
		p, err := Parse(t)
		if err != nil {
			return nil, fmt.Errorf("%w (in %s)", err, t)
		}
		out = append(out, p)
	}
	return out, nil
}

// Match says whether the JSON document fits the pattern.
func (p Pattern) Match(document []byte) bool {
	v, err := decode(document)
	return err == nil && p.root.match(v)
}

// Any says whether a document fits one of the patterns; without patterns every document does.
func Any(patterns []Pattern, document []byte) bool {
	if len(patterns) == 0 {
		return true
	}
	v, err := decode(document)
	if err != nil {
		return false
	}
	for _, p := range patterns {
		if p.root.match(v) {
			return true
		}
	}
	return false
}

func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// object holds conditions that must all hold; either are alternatives ($or) of which one must.
type object struct {
	fields []condition
	either []object
}

type condition struct {
	name   string
	below  *object  // the field is an object that fits this
	values []tester // or its value passes one of these
}

func parseObject(m map[string]any, path string) (object, error) {
	var o object
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		var err error
		if name == "$or" {
			o.either, err = parseOr(m[name], path)
		} else {
			var c condition
			c, err = parseCondition(name, m[name], path+"."+name)
			o.fields = append(o.fields, c)
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

func parseOr(v any, path string) ([]object, error) {
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		return nil, fmt.Errorf("$or at %q takes a list of at least two patterns", path)
	}
	var out []object
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("$or at %q takes patterns", path)
		}
		o, err := parseObject(m, path)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func parseCondition(name string, v any, path string) (condition, error) {
	switch v := v.(type) {
	case map[string]any:
		below, err := parseObject(v, path)
		return condition{name: name, below: &below}, err
	case []any:
		c := condition{name: name}
		for _, e := range v {
			t, err := parseTester(e)
			if err != nil {
				return c, fmt.Errorf("%s: %w", path[1:], err)
			}
			c.values = append(c.values, t)
		}
		if len(c.values) == 0 {
			return c, fmt.Errorf("%s: an empty list matches nothing", path[1:])
		}
		return c, nil
	}
	return condition{}, fmt.Errorf("%s: a pattern's value is an object or a list", path[1:])
}

func (o object) match(v any) bool {
	if list, ok := v.([]any); ok { // one element of a list has to fit
		for _, e := range list {
			if o.match(e) {
				return true
			}
		}
		return false
	}
	m, isObject := v.(map[string]any)
	if !isObject {
		m = nil // its fields are absent, which exists:false asks for
	}
	for _, c := range o.fields {
		if !c.match(m) {
			return false
		}
	}
	if o.either == nil {
		return true
	}
	for _, alternative := range o.either {
		if alternative.match(v) {
			return true
		}
	}
	return false
}

func (c condition) match(m map[string]any) bool {
	v, present := m[c.name]
	if c.below != nil {
		return c.below.match(v)
	}
	if _, isObject := v.(map[string]any); isObject {
		present = false // only leaves count, as in EventBridge
	}
	for _, t := range c.values {
		if passes(t, v, present) {
			return true
		}
	}
	return false
}

func passes(t tester, v any, present bool) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return t(v, present)
	}
	for _, e := range list {
		if passes(t, e, present) {
			return true
		}
	}
	return false
}
