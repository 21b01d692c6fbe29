package gateway

import (
	"fmt"
	"strings"
)

// table finds the route of a request: the most specific path wins, a method before ANY, $default last.
type table struct {
	routes   []pattern
	fallback *Route
}

type pattern struct {
	route    Route
	method   string
	segments []string
	greedy   bool // the last segment takes all that is left
}

type match struct {
	route Route
	path  string            // below the stage
	vars  map[string]string // path parameters, nil for none
}

func newTable(routes []Route) (table, error) {
	var t table
	for _, r := range routes {
		if r.Key == "$default" {
			t.fallback = &r
			continue
		}
		method, path, ok := strings.Cut(r.Key, " ")
		if !ok || !strings.HasPrefix(path, "/") {
			return t, fmt.Errorf("the route %q is neither $default nor a method and a path", r.Key)
		}
		p := pattern{route: r, method: method, segments: strings.Split(path[1:], "/")}
		for i, s := range p.segments {
			if !strings.HasSuffix(s, "+}") {
				continue
			}
			if i != len(p.segments)-1 {
				return t, fmt.Errorf("the route %q has {proxy+} before its end", r.Key)
			}
			p.greedy = true
		}
		t.routes = append(t.routes, p)
	}
	return t, nil
}

func (t table) match(method, path string) (match, bool) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var best *pattern
	for i := range t.routes {
		p := &t.routes[i]
		if (p.method == method || p.method == "ANY") && p.fits(segments) && (best == nil || p.before(best)) {
			best = p
		}
	}
	if best != nil {
		return match{route: best.route, path: path, vars: best.variables(segments)}, true
	}
	if t.fallback == nil {
		return match{}, false
	}
	return match{route: *t.fallback, path: path}, true
}

func variable(segment string) (string, bool) {
	if !strings.HasPrefix(segment, "{") || !strings.HasSuffix(segment, "}") {
		return "", false
	}
	return strings.TrimSuffix(segment[1:len(segment)-1], "+"), true
}

func (p *pattern) fits(segments []string) bool {
	if len(segments) < len(p.segments) || (len(segments) > len(p.segments) && !p.greedy) {
		return false
	}
	for i, s := range p.segments {
		if _, ok := variable(s); ok {
			if segments[i] == "" {
				return false
			}
		} else if s != segments[i] {
			return false
		}
	}
	return true
}

// before says whether p is more specific than q: a full match before a greedy one, fixed text before a variable.
func (p *pattern) before(q *pattern) bool {
	if p.greedy != q.greedy {
		return q.greedy
	}
	for i := range min(len(p.segments), len(q.segments)) {
		_, pv := variable(p.segments[i])
		_, qv := variable(q.segments[i])
		if pv != qv {
			return qv
		}
	}
	if len(p.segments) != len(q.segments) {
		return len(p.segments) > len(q.segments)
	}
	return p.method != "ANY" && q.method == "ANY"
}

func (p *pattern) variables(segments []string) map[string]string {
	vars := map[string]string{}
	for i, s := range p.segments {
		name, ok := variable(s)
		if !ok {
			continue
		}
		vars[name] = segments[i]
		if p.greedy && i == len(p.segments)-1 {
			vars[name] = strings.Join(segments[i:], "/")
		}
	}
	if len(vars) == 0 {
		return nil
	}
	return vars
}
