package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// report writes the one line that each request gets.
func (p *Pool) report(id string, took time.Duration, err error) {
	attrs := []any{slog.String("function", p.f.Name), slog.String("request", id), slog.Float64("ms", float64(took.Microseconds())/1000)}
	var e *Error
	switch {
	case err == nil:
		p.f.Log.Info("request", append(attrs, slog.String("outcome", "ok"))...)
	case errors.As(err, &e) && e.Kind == Stopped:
		p.f.Log.Debug("request", append(attrs, slog.String("outcome", string(e.Kind)))...)
	case errors.As(err, &e):
		p.f.Log.Warn("request", append(attrs, slog.String("outcome", string(e.Kind)), slog.String("error", e.Message))...)
	}
}

func (p *Pool) reportInit(err error, crashes int) {
	var e *Error
	if errors.As(err, &e) && e.Kind == Init {
		p.f.Log.Error("start failed", slog.String("function", p.f.Name), slog.String("error", e.Message), slog.Int("failures", crashes))
	}
}

func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func traceID() string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), h[:24], h[24:40])
}
