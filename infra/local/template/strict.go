package template

import (
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// properties computes a resource's properties and decodes them into out, a struct with yaml tags. A key that is
// neither a field of out nor listed in ignored.go is a fault: what is not understood must not be passed over.
func (l *loader) properties(id, kind string, n *yaml.Node, out any) bool {
	if n == nil {
		return true
	}
	kept := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line}
	for _, p := range pairs(n) {
		if slices.Contains(ignoredProperties(kind), p.key.Value) {
			l.ignored.property(kind, p.key.Value)
			continue
		}
		kept.Content = append(kept.Content, p.key, p.value)
	}
	v, err := l.eval.value(kept)
	if err != nil {
		l.faults.addErr(id, err)
		return false
	}
	before := len(l.faults)
	l.strict(id, kind, v, reflect.TypeOf(out).Elem())
	if len(l.faults) > before {
		return false
	}
	if err := v.Decode(out); err != nil {
		l.faults.add(n.Line, id, "a property has the wrong form: %v", err)
		return false
	}
	return true
}

func (l *loader) strict(id, where string, n *yaml.Node, t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		l.strict(id, where, n, t.Elem())
	case reflect.Slice:
		for _, c := range n.Content {
			l.strict(id, where, c, t.Elem())
		}
	case reflect.Map:
		for _, p := range pairs(n) {
			l.strict(id, where, p.value, t.Elem())
		}
	case reflect.Struct:
		if t == reflect.TypeOf(yaml.Node{}) {
			return
		}
		l.strictStruct(id, where, n, t)
	}
}

func (l *loader) strictStruct(id, where string, n *yaml.Node, t reflect.Type) {
	known := map[string]reflect.Type{}
	for i := range t.NumField() {
		known[t.Field(i).Tag.Get("yaml")] = t.Field(i).Type
	}
	for _, p := range pairs(n) {
		below := where + " " + p.key.Value
		if ft, ok := known[p.key.Value]; ok {
			l.strict(id, below, p.value, ft)
		} else if slices.Contains(ignoredProperties(where), p.key.Value) {
			l.ignored.property(where, p.key.Value)
		} else {
			l.faults.add(p.key.Line, id, "the local runner does not know the property %s of %s", p.key.Value, where)
		}
	}
}
