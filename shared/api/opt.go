package api

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// opt is a property of a change: absent leaves what is there, null clears it, a value sets it.
type opt[T any] struct {
	set, null bool
	value     T
}

// UnmarshalJSON is called only for a property that is there.
func (o *opt[T]) UnmarshalJSON(b []byte) error {
	o.set = true
	if bytes.Equal(b, []byte("null")) {
		o.null = true
		return nil
	}
	return json.Unmarshal(b, &o.value)
}

// Schema is the value's own, or null.
func (o opt[T]) Schema(r huma.Registry) *huma.Schema {
	t := reflect.TypeFor[T]()
	s := *r.Schema(t, false, t.Name())
	s.Nullable = true
	return &s
}

// apply puts what was given over what is there; null gives the zero value.
func (o opt[T]) apply(to *T) {
	if o.set {
		*to = o.value
	}
}

// applyAs is apply for a type of the vocabulary.
func applyAs[A, B ~string](o opt[A], to *B) {
	if o.set {
		*to = B(o.value)
	}
}

// texts turns ids into what JSON shows: never null.
func texts[T ~string](ids []T) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// ids is the other way round, without doubles.
func ids[T ~string](given []string) []T {
	var out []T
	seen := map[string]bool{}
	for _, g := range given {
		if !seen[g] {
			seen[g] = true
			out = append(out, T(g))
		}
	}
	return out
}
