package pattern

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// tester decides on one leaf. present is false where the field is absent.
type tester func(v any, present bool) bool

func parseTester(e any) (tester, error) {
	operators, ok := e.(map[string]any)
	if !ok {
		return exactly(e)
	}
	if len(operators) != 1 {
		return nil, fmt.Errorf("a condition has one operator, this has %d", len(operators))
	}
	var t tester
	var err error
	for name, arg := range operators {
		t, err = operator(name, arg)
	}
	return t, err
}

func operator(name string, arg any) (tester, error) {
	switch name {
	case "exists":
		want, ok := arg.(bool)
		if !ok {
			return nil, fmt.Errorf("exists takes true or false")
		}
		return func(_ any, present bool) bool { return present == want }, nil
	case "prefix", "suffix", "equals-ignore-case":
		return textual(name, arg)
	case "anything-but":
		return anythingBut(arg)
	case "numeric":
		return numeric(arg)
	}
	return nil, fmt.Errorf("the local runner does not know the filter operator %q", name)
}

func exactly(want any) (tester, error) {
	switch want := want.(type) {
	case nil, string, bool:
		return func(v any, present bool) bool { return present && v == want }, nil
	case json.Number:
		n, err := number(want)
		return func(v any, present bool) bool {
			got, err := number(v)
			return present && err == nil && got == n
		}, err
	}
	return nil, fmt.Errorf("a condition is a text, a number, true, false, null or an operator")
}

func textual(name string, arg any) (tester, error) {
	if m, ok := arg.(map[string]any); ok && len(m) == 1 && name != "equals-ignore-case" {
		want, ok := m["equals-ignore-case"].(string)
		if !ok {
			return nil, fmt.Errorf("%s takes a text", name)
		}
		inner, err := textual(name, strings.ToLower(want))
		return func(v any, present bool) bool {
			s, ok := v.(string)
			return ok && inner(strings.ToLower(s), present)
		}, err
	}
	want, ok := arg.(string)
	if !ok {
		return nil, fmt.Errorf("%s takes a text", name)
	}
	test := map[string]func(s, t string) bool{"prefix": strings.HasPrefix, "suffix": strings.HasSuffix, "equals-ignore-case": strings.EqualFold}[name]
	return func(v any, present bool) bool {
		s, ok := v.(string)
		return present && ok && test(s, want)
	}, nil
}

// anythingBut passes what is there and is none of these.
func anythingBut(arg any) (tester, error) {
	list, ok := arg.([]any)
	if m, isMap := arg.(map[string]any); isMap {
		list, ok = anythingButOperator(m), true
	}
	if !ok {
		list = []any{arg}
	}
	var tests []tester
	for _, e := range list {
		t, err := parseTester(e)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	if len(tests) == 0 {
		return nil, fmt.Errorf("anything-but takes a value, a list of them, or an operator")
	}
	return func(v any, present bool) bool {
		return present && !slices.ContainsFunc(tests, func(t tester) bool { return t(v, present) })
	}, nil
}

// anythingButOperator spreads {"prefix": ["a", "b"]} into one operator a value.
func anythingButOperator(m map[string]any) []any {
	var out []any
	for name, arg := range m {
		values, ok := arg.([]any)
		if !ok {
			values = []any{arg}
		}
		for _, v := range values {
			out = append(out, map[string]any{name: v})
		}
	}
	return out
}

// numeric takes pairs of a comparison and a number, which must all hold: [">", 0, "<=", 5].
func numeric(arg any) (tester, error) {
	list, ok := arg.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 {
		return nil, fmt.Errorf("numeric takes pairs of a comparison and a number")
	}
	var tests []func(float64) bool
	for i := 0; i < len(list); i += 2 {
		limit, err := number(list[i+1])
		if err != nil {
			return nil, err
		}
		t, err := comparison(list[i], limit)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return func(v any, present bool) bool {
		n, err := number(v)
		if !present || err != nil {
			return false
		}
		for _, t := range tests {
			if !t(n) {
				return false
			}
		}
		return true
	}, nil
}

func comparison(name any, limit float64) (func(float64) bool, error) {
	switch name {
	case "=":
		return func(n float64) bool { return n == limit }, nil
	case "<":
		return func(n float64) bool { return n < limit }, nil
	case "<=":
		return func(n float64) bool { return n <= limit }, nil
	case ">":
		return func(n float64) bool { return n > limit }, nil
	case ">=":
		return func(n float64) bool { return n >= limit }, nil
	}
	return nil, fmt.Errorf("numeric compares by =, <, <=, > or >=, not by %v", name)
}

func number(v any) (float64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("%v is no number", v)
	}
	return n.Float64()
}
