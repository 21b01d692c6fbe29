package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loket-desk/loket/infra/local/template"
)

func TestFunctionsAreBuiltWithTheMakefilesFlags(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	f := flags()
	want := "FLAGS := " + strings.Join(f[:2], " ") + ` -ldflags="` + strings.TrimPrefix(f[2], "-ldflags=") + `" ` + strings.Join(f[3:], " ") + "\n"
	if !strings.Contains(string(makefile), want) {
		t.Errorf("the Makefile has other flags than %s", want)
	}
}

func TestEveryFunctionHasItsBudgets(t *testing.T) {
	t.Chdir("../..")
	names, err := functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		for _, kind := range []string{"zip.", "coldstart."} {
			if _, ok := budgets()[kind+n]; !ok {
				t.Errorf("%s%s has no budget", kind, n)
			}
		}
	}
}

func TestAZipsSizeIsThatOfItsBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zeros")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := zipped(path); err != nil || n < 1000 || n > 3000 {
		t.Errorf("a megabyte of zeros is %d bytes, %v", n, err)
	}
	if _, err := zipped(path + "?"); err == nil {
		t.Error("a file that isn't there was zipped")
	}
}

func TestAFunctionsEnvironmentIsTheTemplates(t *testing.T) {
	t.Chdir("../..")
	tmpl, err := loadTemplate()
	if err != nil {
		t.Fatal(err)
	}
	r := imagined(tmpl, "http://127.0.0.1:1")
	for _, f := range tmpl.Functions {
		env, err := r.environment(f)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		all := strings.Join(env, "\n") + "\n"
		for _, want := range []string{"TABLE=Table\n", "QUEUE_INBOUND=http://127.0.0.1:1/000000000000/InboundQueue\n", "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1\n"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s lacks %q", f.Name, want)
			}
		}
	}
	if _, err := (resources{names: template.Names{}}).environment(tmpl.Functions[0]); err == nil {
		t.Error("references to nothing were expanded")
	}
}
