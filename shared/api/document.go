package api

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// document is the OpenAPI document, with an example of every body. What the machinery would have said of refusals, had
// they not a form of ours, is left out.
func (b *book) document() []byte {
	whole := b.huma.OpenAPI()
	registry := whole.Components.Schemas
	delete(registry.Map(), "ErrorModel")
	delete(registry.Map(), "ErrorDetail")
	for name, s := range registry.Map() {
		nullable(registry.TypeFromRef("#/components/schemas/"+name), s)
	}
	examples := sampler{registry}
	for _, op := range operations(whole) {
		examples.give(op)
		if op.OperationID == "readOriginal" {
			asItCame(op)
		}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		b.api.Log.Error("the OpenAPI document can't be written", "error", err)
	}
	return text
}

// nullable says of each property that is always there and holds another thing, or none, that it may be null.
func nullable(t reflect.Type, s *huma.Schema) {
	if t == nil || t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p == nil || p.Ref == "" || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omitempty") {
			continue
		}
		s.Properties[name] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}, Description: p.Description}
	}
}

// operations are all calls of a document.
func operations(whole *huma.OpenAPI) []*huma.Operation {
	var out []*huma.Operation
	for _, at := range whole.Paths {
		for _, op := range []*huma.Operation{at.Get, at.Post, at.Put, at.Patch, at.Delete} {
			if op != nil {
				out = append(out, op)
			}
		}
	}
	return out
}

// asItCame describes the answer of the one call that gives what a platform sent: a mail or a payload.
func asItCame(op *huma.Operation) {
	mail := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}, Example: "From: ann@example.com\r\nSubject: Where is my order?\r\n\r\nHello"}
	payload := &huma.MediaType{Schema: &huma.Schema{}, Example: map[string]any{"update_id": 1}}
	op.Responses["200"].Content = map[string]*huma.MediaType{"message/rfc822": mail, "application/json": payload}
	op.Responses["302"] = &huma.Response{
		Description: "It is large: where it can be read for an hour.",
		Headers:     map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: huma.TypeString, Format: "uri"}}},
	}
}
