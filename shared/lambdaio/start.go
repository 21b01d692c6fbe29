package lambdaio

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// Handler answers Lambda's invocations; HTTP, Queue, Stream and Schedule make one.
type Handler = lambda.Handler

// handlerFunc is a Handler made of a function.
type handlerFunc func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke answers one invocation.
func (f handlerFunc) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// buildTime is how long a function may take to get ready; Lambda itself allows ten seconds.
const buildTime = 9 * time.Second

// Start builds the function and serves its invocations until the process ends. What keeps it from starting is one line
// in the log.
func Start(build func(ctx context.Context) (Handler, error)) {
	LogAt(slog.LevelInfo)
	h, err := made(build)
	if err != nil {
		slog.Error("the function can't start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(h)
}

func made(build func(ctx context.Context) (Handler, error)) (h Handler, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	defer rescue(&err)
	h, err = build(ctx)
	if h == nil && err == nil {
		err = fmt.Errorf("it has no handler")
	}
	return h, err
}

// Panic is a fault in our code that was caught; it fails one record or request, not its neighbours.
type Panic struct {
	Value any
	Stack string
}

func (p *Panic) Error() string { return fmt.Sprintf("a fault in the code: %v", p.Value) }

// rescue turns a panic into an error; it is deferred.
func rescue(err *error) {
	if v := recover(); v != nil {
		*err = &Panic{Value: v, Stack: string(debug.Stack())}
	}
}

// Schedule runs a function at the times that the template says. An error is logged and fails the invocation, so that the
// function's error metric shows it; nothing is tried again before the next time.
func Schedule(run func(ctx context.Context) error) Handler {
	return handlerFunc(func(ctx context.Context, _ []byte) (out []byte, err error) {
		begun := time.Now()
		ctx, cancel := within(ctx)
		defer cancel()
		err = guarded(func() error { return run(ctx) })
		if err != nil {
			warn(ctx, "a scheduled run failed", err)
			return nil, err
		}
		slog.InfoContext(ctx, "ran", "ms", since(begun))
		return json.RawMessage("null"), nil
	})
}

func guarded(f func() error) (err error) {
	defer rescue(&err)
	return f()
}

// within ends a context a little before the function's own deadline, so that there is time to say what happened.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-margin(time.Until(end))))
}

// margin is a fifth of the time that is left, and three seconds at most.
func margin(left time.Duration) time.Duration { return min(left/5, 3*time.Second) }

func since(t time.Time) float64 { return float64(time.Since(t).Microseconds()) / 1000 }
