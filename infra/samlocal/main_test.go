package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAContainerReachesTheRunsServers(t *testing.T) {
	dir := t.TempDir()
	run := `{"environment":{"TABLE":"t","QUEUE_INBOUND":"http://127.0.0.1:9324/000/q","AWS_ENDPOINT_URL_S3":"http://localhost:4000",` +
		`"PUBLIC_URL":"https://desk.example.com","AWS_ENDPOINT_URL_SQS":"http://[::1]:9324","ELSEWHERE":"http://db.example.com:8000"}}`
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(run), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := write(&out, dir); err != nil {
		t.Fatal(err)
	}
	var got struct{ Parameters map[string]string }
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"TABLE": "t", "QUEUE_INBOUND": "http://host.docker.internal:9324/000/q", "AWS_ENDPOINT_URL_S3": "http://host.docker.internal:4000",
		"PUBLIC_URL": "https://desk.example.com", "AWS_ENDPOINT_URL_SQS": "http://host.docker.internal:9324", "ELSEWHERE": "http://db.example.com:8000",
	} {
		if got.Parameters[name] != want {
			t.Errorf("%s is %q, want %q", name, got.Parameters[name], want)
		}
	}
}

func TestWithoutARunTheFirstStepIsNamed(t *testing.T) {
	if err := write(&strings.Builder{}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "make run") {
		t.Errorf("it says %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(&strings.Builder{}, dir); err == nil || !strings.Contains(err.Error(), "run.json") {
		t.Errorf("it says %v", err)
	}
}
