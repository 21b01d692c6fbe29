package api

import "net/http"

// crossOrigin lets the pages of the console's origin call us, and nobody else's. The browser asks before its first call;
// that is answered here, without a key. It is done here rather than by the gateway, whose answer would be one and the
// same for every path.
func (a *API) crossOrigin(w http.ResponseWriter, r *http.Request) (answered bool) {
	if a.Origin == "" {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	if r.Header.Get("Origin") != a.Origin {
		return false
	}
	h.Set("Access-Control-Allow-Origin", a.Origin)
	h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "3600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
