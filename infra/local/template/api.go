package template

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// API is one HTTP API.
type API struct {
	ID    string
	Stage string // "$default" answers at the root
	CORS  *CORS  // nil where the functions answer for themselves
}

// CORS is what API Gateway answers browsers with, in the functions' place.
type CORS struct {
	AllowOrigins     []string `yaml:"AllowOrigins"`
	AllowMethods     []string `yaml:"AllowMethods"`
	AllowHeaders     []string `yaml:"AllowHeaders"`
	ExposeHeaders    []string `yaml:"ExposeHeaders"`
	MaxAge           int      `yaml:"MaxAge"`
	AllowCredentials bool     `yaml:"AllowCredentials"`
}

// Route is one route of an HTTP API that a function answers.
type Route struct {
	API     string // logical id
	Key     string // "POST /hooks/{channel}" or "$default"
	Timeout time.Duration
	line    int
}

type apiProperties struct {
	StageName         string    `yaml:"StageName"`
	CorsConfiguration yaml.Node `yaml:"CorsConfiguration"`
}

type httpEvent struct {
	Path          string `yaml:"Path"`
	Method        string `yaml:"Method"`
	APIID         string `yaml:"ApiId"`
	PayloadFormat string `yaml:"PayloadFormatVersion"`
	TimeoutMillis int    `yaml:"TimeoutInMillis"`
}

func (l *loader) api(id string, n *yaml.Node) {
	p := apiProperties{StageName: "$default"}
	all := merge(l.globals["HttpApi"], n)
	if !l.properties(id, typeAPI, all, &p) {
		return
	}
	a := API{ID: id, Stage: p.StageName}
	if c := &p.CorsConfiguration; c.Kind == yaml.ScalarNode {
		if c.Value == "true" {
			a.CORS = &CORS{AllowOrigins: []string{"*"}}
		}
	} else if c.Kind == yaml.MappingNode {
		a.CORS = &CORS{}
		if !l.properties(id, typeAPI+" CorsConfiguration", c, a.CORS) {
			return
		}
	}
	l.out.APIs = append(l.out.APIs, a)
}

func (l *loader) httpEvent(f *Function, key *yaml.Node, e eventProperties) {
	p := httpEvent{PayloadFormat: "2.0", TimeoutMillis: 30000}
	if !l.properties(f.ID, eventHTTP, &e.Properties, &p) {
		return
	}
	if p.PayloadFormat != "2.0" || p.TimeoutMillis < 50 || p.TimeoutMillis > 30000 {
		l.faults.add(key.Line, f.ID, "the HttpApi event %s: the local runner speaks PayloadFormatVersion 2.0 with a time-out of 50 to 30000 ms", key.Value)
		return
	}
	r := Route{API: implicitAPI, Key: "$default", Timeout: time.Duration(p.TimeoutMillis) * time.Millisecond, line: key.Line}
	if id, _, ok := Referred(p.APIID); ok {
		r.API = id
	} else if p.APIID != "" {
		l.faults.add(key.Line, f.ID, "the HttpApi event %s must name an API of this template by !Ref", key.Value)
		return
	}
	if p.Path != "" && p.Path != "$default" {
		r.Key = strings.ToUpper(p.Method) + " " + p.Path
		if !strings.HasPrefix(p.Path, "/") || p.Method == "" {
			l.faults.add(key.Line, f.ID, "the HttpApi event %s needs a Path that begins with / and a Method", key.Value)
			return
		}
	}
	if strings.HasPrefix(r.Key, "* ") || strings.HasPrefix(r.Key, "X-AMAZON-APIGATEWAY-ANY-METHOD ") {
		r.Key = "ANY " + p.Path
	}
	f.Routes = append(f.Routes, r)
}

// checkRoutes adds the API that SAM makes by itself, and finds routes that two functions claim.
func (l *loader) checkRoutes() {
	owners, apis := map[string]string{}, map[string]bool{}
	for _, a := range l.out.APIs {
		apis[a.ID] = true
	}
	for _, f := range l.out.Functions {
		for _, r := range f.Routes {
			if other, taken := owners[r.API+" "+r.Key]; taken {
				l.faults.add(r.line, f.ID, "the route %s belongs to %s already", r.Key, other)
			}
			owners[r.API+" "+r.Key] = f.ID
			if r.API == implicitAPI && !apis[implicitAPI] {
				apis[implicitAPI] = true
				l.api(implicitAPI, nil)
			}
		}
	}
}
