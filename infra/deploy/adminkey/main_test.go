package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

func TestTheKeyThatIsPrintedOpensTheStackAsAnAdministrator(t *testing.T) {
	name := tabletest.Create(t)
	t.Setenv("TABLE", name)
	t.Setenv("MAIL_DOMAIN", "in.example.com")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "local")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	tb := table.New(tabletest.Client(t, nil), name)
	for range 2 { // lost keys are replaced by running it again
		var out bytes.Buffer
		if err := run(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		key, err := tb.KeyOf(t.Context(), strings.TrimSpace(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := tb.Fresh(t.Context())
		if err != nil || !cfg.Can(cfg.Users[key.User], desk.PermAdmin) {
			t.Errorf("%+v %v", key, err)
		}
	}
}

func TestWithoutATableItSaysSo(t *testing.T) {
	t.Setenv("TABLE", "")
	if err := run(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "TABLE") {
		t.Errorf("%v", err)
	}
}
