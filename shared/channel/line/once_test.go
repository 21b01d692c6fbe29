package line_test

import (
	"testing"

	"github.com/loket-desk/loket/shared/channel/line"
)

func TestPicturesAreNotSafeToSendTwice(t *testing.T) {
	can := line.New().Capabilities
	if !can.Once(0) || can.Once(1) {
		t.Errorf("a text alone %v, with a picture %v: LINE's key holds for one and the same request, and links change", can.Once(0), can.Once(1))
	}
}
