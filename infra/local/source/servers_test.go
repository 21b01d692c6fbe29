package source

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/loket-desk/loket/infra/local/javaserver"
)

// endpoint is a server's address: the one in the environment, else of a server that is started for this test.
func endpoint(t *testing.T, variable string, start func(context.Context, javaserver.Options) (*javaserver.Server, error)) *string {
	t.Helper()
	if given := os.Getenv(variable); given != "" {
		return &given
	}
	s, err := start(t.Context(), javaserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &s.Endpoint
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
}

// unique is a name that no other test uses on a shared server.
func unique(name string) string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return "source-" + hex.EncodeToString(b[:]) + "-" + name
}

func waitFor(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !ready(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}

// during runs a source until the function f returns.
func during(t *testing.T, run func(context.Context), f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	defer func() {
		cancel()
		<-done
	}()
	f()
}
