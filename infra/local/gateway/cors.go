package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS is an API's CorsConfiguration.
type CORS struct {
	AllowOrigins     []string
	AllowMethods     []string
	AllowHeaders     []string
	ExposeHeaders    []string
	MaxAge           int // seconds
	AllowCredentials bool
}

// preflight answers a browser's question before its request, and says whether this was one.
func (c *CORS) preflight(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodOptions || r.Header.Get("Origin") == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h := w.Header()
	if c.allow(h, r.Header.Get("Origin")) {
		h.Del("Access-Control-Expose-Headers")
		if len(c.AllowMethods) > 0 {
			h.Set("Access-Control-Allow-Methods", strings.Join(c.AllowMethods, ","))
		}
		if len(c.AllowHeaders) > 0 {
			h.Set("Access-Control-Allow-Headers", strings.ToLower(strings.Join(c.AllowHeaders, ",")))
		}
		if c.MaxAge > 0 {
			h.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

// allow sets the headers that let a page of this origin read the answer.
func (c *CORS) allow(h http.Header, origin string) bool {
	if origin == "" || !slices.ContainsFunc(c.AllowOrigins, func(o string) bool { return covers(o, origin) }) {
		return false
	}
	if slices.Contains(c.AllowOrigins, "*") && !c.AllowCredentials {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Add("Vary", "Origin")
	}
	if c.AllowCredentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if len(c.ExposeHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.ToLower(strings.Join(c.ExposeHeaders, ",")))
	}
	return true
}

// covers says whether an allowed origin ("*", "https://*", "https://app.example.com") covers this one.
func covers(allowed, origin string) bool {
	if prefix, ok := strings.CutSuffix(allowed, "*"); ok {
		return strings.HasPrefix(origin, prefix)
	}
	return strings.EqualFold(allowed, origin)
}
