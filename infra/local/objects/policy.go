package objects

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// form is what a browser's upload says before the file, its names in lower case.
type form map[string]string

// policy is the signed document that says which uploads are allowed.
type policy struct {
	expiration time.Time
	conditions []condition
	min, max   int64 // bytes of the file; max is maxObject where nothing is said
}

// condition asks one field to be, or to begin with, a value.
type condition struct {
	prefix       bool
	field, value string
	text         string // as written in the document, for the refusal
}

func badPolicy(why string) *fault {
	return &fault{http.StatusBadRequest, "InvalidPolicyDocument", "Invalid Policy: " + why}
}

// readPolicy proves the signature of a form's policy and parses it.
func (g *gate) readPolicy(f form) (policy, error) {
	encoded := f["policy"]
	if encoded == "" {
		return policy{}, denied("Access Denied")
	}
	c, ok := parseCredential(f["x-amz-credential"])
	at, err := time.Parse(timeFormat, f["x-amz-date"])
	switch {
	case f["x-amz-algorithm"] != algorithm:
		return policy{}, &fault{http.StatusBadRequest, "InvalidArgument", "X-Amz-Algorithm only supports \"" + algorithm + "\""}
	case !ok || err != nil || c.service != "s3" || c.date != at.Format("20060102"):
		return policy{}, &fault{http.StatusBadRequest, "InvalidArgument", "x-amz-credential and x-amz-date are needed, and must fit each other."}
	case c.key != g.keys.access:
		return policy{}, wrongKey()
	case !hmac.Equal([]byte(g.keys.sign(c, encoded)), []byte(f["x-amz-signature"])):
		return policy{}, wrongSignature()
	}
	document, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return policy{}, badPolicy("it is not Base64.")
	}
	return parsePolicy(document)
}

func parsePolicy(document []byte) (policy, error) {
	var in struct {
		Expiration string            `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	if err := json.Unmarshal(document, &in); err != nil {
		return policy{}, badPolicy("Invalid JSON.")
	}
	p := policy{max: maxObject}
	var err error
	if p.expiration, err = time.Parse(time.RFC3339, in.Expiration); err != nil {
		return policy{}, badPolicy("Invalid 'expiration' value: '" + in.Expiration + "'")
	}
	if in.Conditions == nil {
		return policy{}, badPolicy("it has no conditions.")
	}
	for _, raw := range in.Conditions {
		if err := p.add(raw); err != nil {
			return policy{}, err
		}
	}
	return p, nil
}

// add parses {"field": "value", …}, ["eq"|"starts-with", "$field", "value"] or ["content-length-range", min, max].
func (p *policy) add(raw json.RawMessage) error {
	var exact map[string]string
	if json.Unmarshal(raw, &exact) == nil {
		for field, value := range exact {
			p.conditions = append(p.conditions, condition{field: strings.ToLower(field), value: value, text: string(raw)})
		}
		return nil
	}
	var list []any
	if err := json.Unmarshal(raw, &list); err != nil || len(list) != 3 {
		return badPolicy("Invalid condition: " + string(raw))
	}
	operator, _ := list[0].(string)
	switch operator = strings.ToLower(operator); operator {
	case "content-length-range":
		low, okLow := number(list[1])
		high, okHigh := number(list[2])
		if !okLow || !okHigh {
			return badPolicy("Invalid content-length-range: " + string(raw))
		}
		p.min, p.max = max(p.min, low), min(p.max, high)
		return nil
	case "eq", "starts-with":
		field, okField := list[1].(string)
		value, okValue := list[2].(string)
		if okField && okValue && strings.HasPrefix(field, "$") {
			p.conditions = append(p.conditions, condition{operator == "starts-with", strings.ToLower(field[1:]), value, string(raw)})
			return nil
		}
	}
	return badPolicy("Invalid condition: " + string(raw))
}

// number takes 10 and "10".
func number(v any) (int64, bool) {
	switch v := v.(type) {
	case float64:
		return int64(v), true
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// check holds a form against the policy; the file's size comes later.
func (p policy) check(f form, bucket string, now time.Time) error {
	if now.After(p.expiration) {
		return denied("Invalid according to Policy: Policy expired.")
	}
	covered := map[string]bool{"policy": true, "x-amz-signature": true, "bucket": true}
	for _, c := range p.conditions {
		covered[c.field] = true
		value := f[c.field]
		if c.field == "bucket" {
			value = bucket
		}
		if value != c.value && !(c.prefix && strings.HasPrefix(value, c.value)) {
			return denied("Invalid according to Policy: Policy Condition failed: %s", c.text)
		}
	}
	for name := range f {
		if !covered[name] && !strings.HasPrefix(name, "x-ignore-") {
			return denied("Invalid according to Policy: Extra input fields: %s", name)
		}
	}
	return nil
}

// checkSize holds the file's size against the policy.
func (p policy) checkSize(n int64) error {
	if n > p.max {
		return tooLarge()
	}
	if n < p.min {
		return &fault{http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}
	}
	return nil
}
