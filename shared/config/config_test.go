package config_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/config"
)

func environment(t *testing.T, values map[string]string) {
	t.Helper()
	for _, name := range append(config.Names(), "AWS_LAMBDA_FUNCTION_NAME", "AWS_SESSION_TOKEN") {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the secret")
	for name, value := range values {
		t.Setenv(name, value)
	}
}

func TestTheEnvironmentIsReadInTheProductsWords(t *testing.T) {
	environment(t, map[string]string{
		"TABLE": "loket", "BUCKET": "files", "QUEUE_INBOUND": "https://sqs.example.com/1/inbound.fifo",
		"DEAD_INBOUND": "https://sqs.example.com/1/inbound-dead.fifo",
		"MAIL_DOMAIN":  "In.Example.COM", "PUBLIC_URL": "https://desk.example.com/", "MASTER_KEY_PARAMETER": "/loket/key",
		"ALLOW_PRIVATE": "127.0.0.1/8, ::1", "LOG_LEVEL": "warn", "CONFIGURATION_SET": "events",
		"OIDC_ISSUER": "https://id.example.com", "OIDC_AUDIENCE": "desk", "AWS_LAMBDA_FUNCTION_NAME": "router",
		"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000/", "AWS_SESSION_TOKEN": "t",
	})
	got, err := config.Read(config.Table, config.QueueInbound)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Table: "loket", Bucket: "files",
		Queues:      map[string]string{"inbound": "https://sqs.example.com/1/inbound.fifo"},
		DeadLetters: map[string]string{"inbound": "https://sqs.example.com/1/inbound-dead.fifo"},
		MailDomain:  "in.example.com", PublicURL: "https://desk.example.com", MasterKey: "/loket/key",
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		LogLevel:     slog.LevelWarn, MailEvents: "events",
		OIDCIssuer: "https://id.example.com", OIDCAudience: "desk", Region: "eu-central-1", Function: "router",
		Credentials: config.Credentials{AccessKey: "AKIDEXAMPLE", Secret: "the secret", Token: "t"},
		Endpoints:   config.Endpoints{S3: "http://127.0.0.1:9000"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAnEmptyValueMeansNotSet(t *testing.T) {
	environment(t, map[string]string{"AWS_ENDPOINT_URL_SQS": " ", "ALLOW_PRIVATE": " , "})
	got, err := config.Read()
	if err != nil {
		t.Fatal(err)
	}
	if got.Endpoints.SQS != "" || got.AllowPrivate != nil || len(got.Queues) != 0 || got.LogLevel != slog.LevelInfo {
		t.Errorf("empty values were taken for values: %+v", got)
	}
}

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	environment(t, map[string]string{
		"AWS_REGION": "", "AWS_SECRET_ACCESS_KEY": "", "PUBLIC_URL": "desk.example.com", "ALLOW_PRIVATE": "10.0.0.0/33",
		"LOG_LEVEL": "loud", "QUEUE_MAIL": "mail",
	})
	_, err := config.Read(config.Table)
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"AWS_REGION", "TABLE", "PUBLIC_URL", "ALLOW_PRIVATE", "LOG_LEVEL", "QUEUE_MAIL", "AWS_SECRET_ACCESS_KEY"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

func TestTheSecretIsInNoText(t *testing.T) {
	environment(t, nil)
	c, err := config.Read()
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", c.Credentials)
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), log.String()} {
		if strings.Contains(text, "the secret") {
			t.Errorf("the secret shows in %s", text)
		}
	}
}

func TestEachNameIsListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range config.Names() {
		if seen[name] {
			t.Errorf("%s twice", name)
		}
		seen[name] = true
	}
}
