package main

import (
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/aws/dynamo"
	"github.com/loket-desk/loket/shared/config"
	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

func TestTheKeyThatIsPrintedOpensTheStackAsAnAdministrator(t *testing.T) {
	name := tabletest.Create(t)
	for k, v := range map[string]string{
		config.Table: name, config.MailDomain: "mail.example.com", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	} {
		t.Setenv(k, v)
	}
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Read(config.Table)
	if err != nil {
		t.Fatal(err)
	}
	tb := table.New(dynamo.New(aws.New(cfg)), name)
	k, err := tb.KeyOf(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	set, err := tb.Fresh(t.Context())
	if err != nil || !set.Can(set.Users[k.User], desk.PermAdmin) {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestWhatIsMissingIsSaidInWords(t *testing.T) {
	t.Setenv(config.Table, "")
	if _, err := newKey(); err == nil || !strings.Contains(err.Error(), config.Table) {
		t.Errorf("%v", err)
	}
}
