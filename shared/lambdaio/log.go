package lambdaio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// LogAt makes the default logger write JSON lines of this level and above to standard output, each with the id of the
// request it belongs to.
func LogAt(level slog.Level) { slog.SetDefault(Logger(os.Stdout, level)) }

// Logger writes JSON lines with the keys that Lambda's own log filter knows: timestamp, level, and requestId.
func Logger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(inRequest{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdaKeys})})
}

func lambdaKeys(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.TimeKey:
		return slog.String("timestamp", a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
	case slog.MessageKey:
		a.Key = "message"
	}
	return a
}

// inRequest adds the id of the invocation that a line belongs to.
type inRequest struct{ slog.Handler }

// Handle writes one line.
func (h inRequest) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("requestId", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the request's id in derived loggers.
func (h inRequest) WithAttrs(a []slog.Attr) slog.Handler { return inRequest{h.Handler.WithAttrs(a)} }

// WithGroup keeps the request's id in derived loggers.
func (h inRequest) WithGroup(name string) slog.Handler { return inRequest{h.Handler.WithGroup(name)} }

type requestIDKey struct{}

// RequestID is the id of the request or invocation that a context belongs to; empty outside of one.
func RequestID(ctx context.Context) string {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		return id
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

// warn logs a failure with its cause, and where in our code it was when it was a fault.
func warn(ctx context.Context, what string, err error, args ...any) {
	args = append(args, "error", err.Error())
	var p *Panic
	if errors.As(err, &p) {
		slog.ErrorContext(ctx, what, append(args, "stack", p.Stack)...)
		return
	}
	slog.WarnContext(ctx, what, args...)
}

// Unit is a unit of CloudWatch.
type Unit string

// The units that Loket measures in.
const (
	Count        Unit = "Count"
	Milliseconds Unit = "Milliseconds"
	Seconds      Unit = "Seconds"
	Bytes        Unit = "Bytes"
)

// Dimension is what a metric is told apart by. Each combination of values is a metric of its own that costs money: use
// few, and never an id.
type Dimension struct{ Name, Value string }

// MetricFailures counts what was stored as a failure; an alarm watches it. Queue counts what it gives up by itself; who
// stores a failure in another way counts it too.
const MetricFailures = "Failures"

// Metric writes one value in CloudWatch's embedded metric format, under the namespace Loket, whatever the log level.
func Metric(name string, value float64, unit Unit, dimensions ...Dimension) {
	_, _ = os.Stdout.Write(metricLine(time.Now(), name, value, unit, dimensions)) // a lost figure loses nothing else
}

func metricLine(now time.Time, name string, value float64, unit Unit, dimensions []Dimension) []byte {
	type metric struct {
		Name string
		Unit Unit
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	names := make([]string, 0, len(dimensions))
	line := map[string]any{name: value}
	for _, d := range dimensions {
		names = append(names, d.Name)
		line[d.Name] = d.Value
	}
	line["_aws"] = map[string]any{
		"Timestamp":         now.UnixMilli(),
		"CloudWatchMetrics": []directive{{"Loket", [][]string{names}, []metric{{name, unit}}}},
	}
	out, err := json.Marshal(line)
	if err != nil {
		return nil // NaN or an infinity: no figure
	}
	return append(out, '\n')
}
