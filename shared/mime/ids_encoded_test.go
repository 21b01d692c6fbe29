package mime_test

import (
	"slices"
	"testing"

	"github.com/loket-desk/loket/shared/mime"
)

func TestIDsThatAWriterMadeEncodedWordsOfAreRead(t *testing.T) {
	for field, want := range map[string][]string{
		"=?utf-8?q?=3C010001a20f893055-49c0acec-6113-4f77-b15d-a44eff060?=\r\n =?utf-8?q?8ba-000000=40email=2Eamazonses=2Ecom=3E?=": {
			"010001a20f893055-49c0acec-6113-4f77-b15d-a44eff0608ba-000000@email.amazonses.com",
		},
		"<a=?b@example.com> <c@example.com>": {"a=?b@example.com", "c@example.com"},
	} {
		if got := mime.ParseIDs(field); !slices.Equal(got, want) {
			t.Errorf("%q gave %q", field, got)
		}
	}
}
