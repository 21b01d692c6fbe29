package channel_test

import (
	"testing"

	"github.com/loket-desk/loket/shared/channel"
)

func TestWhatIsSafeToSendTwiceDependsOnItsFiles(t *testing.T) {
	for _, c := range []struct {
		can   channel.Capabilities
		files int
		want  bool
	}{
		{channel.Capabilities{}, 0, false},
		{channel.Capabilities{Idempotent: true}, 0, true},
		{channel.Capabilities{Idempotent: true}, 2, true},
		{channel.Capabilities{Idempotent: true, IdempotentText: true}, 0, true},
		{channel.Capabilities{Idempotent: true, IdempotentText: true}, 1, false},
	} {
		if got := c.can.Once(c.files); got != c.want {
			t.Errorf("%+v with %d files: %v", c.can, c.files, got)
		}
	}
}
