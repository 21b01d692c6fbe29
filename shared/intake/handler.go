package intake

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// MaxBody is the largest body that is taken, in bytes; API Gateway's own limit is 10 MB before encoding.
const MaxBody = 10 << 20

// Handler serves GET and POST /hooks/{channelId}, the addresses that platforms call.
func Handler(s *Stage) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hooks/{channelId}", s.serve)
	mux.HandleFunc("POST /hooks/{channelId}", s.serve)
	return mux
}

func (s *Stage) serve(w http.ResponseWriter, r *http.Request) {
	id := desk.ChannelID(r.PathValue("channelId"))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		s.refuse(w, r, id, unread(err))
		return
	}
	answer, err := s.Receive(r.Context(), id, channel.Request{
		Method: r.Method, URL: "https://" + r.Host + r.URL.RequestURI(), Query: r.URL.Query(), Header: r.Header, Body: body, Now: s.Now().UTC(),
	})
	if err != nil {
		s.refuse(w, r, id, err)
		return
	}
	if answer.ContentType != "" {
		w.Header().Set("Content-Type", answer.ContentType)
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // a platform that hung up calls again
}

func unread(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return desk.Refuse(desk.TooLarge, "The body is over 10 MB.")
	}
	return desk.Refuse(desk.Malformed, "The body can't be read.").Because(err)
}

// refuse answers a platform. Only the status matters to it; the sentence helps whoever connects one.
func (s *Stage) refuse(w http.ResponseWriter, r *http.Request, id desk.ChannelID, err error) {
	code := desk.CodeOf(err)
	status, level := http.StatusInternalServerError, slog.LevelError
	switch code {
	case desk.Unauthenticated:
		status, level = http.StatusUnauthorized, slog.LevelWarn
	case desk.NotFound:
		status, level = http.StatusNotFound, slog.LevelInfo
	case desk.Forbidden:
		status, level = http.StatusForbidden, slog.LevelWarn
	case desk.TooLarge:
		status, level = http.StatusRequestEntityTooLarge, slog.LevelWarn
	case desk.Malformed, desk.Invalid:
		status, level = http.StatusBadRequest, slog.LevelWarn
	case desk.Busy:
		status, level = http.StatusServiceUnavailable, slog.LevelWarn
		w.Header().Set("Retry-After", "1")
	}
	s.Log.Log(r.Context(), level, "a webhook call was refused", "channel", id, "code", code, "err", err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "code": code, "detail": desk.Reason(err)})
}
