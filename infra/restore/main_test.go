package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/table/tabletest"
)

// whole is a small desk: a conversation with two messages, and everything that names it.
const whole = `{"pk":{"S":"CONV#a"},"sk":{"S":"HEAD"},"g1":{"S":"inbox#open#0"},"h1":{"S":"1"},"av":{"N":"3"},"an":{"SS":["y","x"]}}
{"pk":{"S":"CONV#a"},"sk":{"S":"MSG#1"},"d":{"S":"{\"text\":\"hello\"}"},"rm":{"BOOL":true},"o":{"NULL":true}}

{"pk":{"S":"CONV#a"},"sk":{"S":"MSG#2"},"l":{"L":[{"S":"x"},{"M":{"n":{"N":"1.5"}}}]},"b":{"B":"AAE="},"ns":{"NS":["2","1"]},"bs":{"BS":["AA=="]}}
{"pk":{"S":"CONV#hooks.c"},"sk":{"S":"MSG#1"}}
{"pk":{"S":"THREAD#ch#5"},"sk":{"S":"OPEN"},"c":{"S":"a"}}
{"pk":{"S":"EXT#ch#9"},"sk":{"S":"EXT"},"c":{"S":"a"},"k":{"S":"2"}}
{"pk":{"S":"EXT#ch#8"},"sk":{"S":"EXT"},"c":{"S":"b"},"k":{"S":"2"},"gone":{"BOOL":true}}
{"pk":{"S":"CONTACT#p"},"sk":{"S":"CONV#a"}}
`

func drilled(t *testing.T) *store {
	t.Helper()
	return &store{tabletest.Client(t, nil), tabletest.Create(t)}
}

// here makes run find the test's database by the environment, as an operator's.
func here(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "local")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
}

func TestWhatIsExportedIsTheSameAfterItWasRestored(t *testing.T) {
	here(t)
	s := drilled(t)
	var said bytes.Buffer
	if err := run(t.Context(), s.name, "", "import", strings.NewReader(whole), &said); err != nil || !strings.Contains(said.String(), "8 items") {
		t.Fatal(err, said.String())
	}
	said.Reset()
	if err := run(t.Context(), s.name, "", "export", nil, &said); err != nil || strings.Count(said.String(), "\n") != 8 {
		t.Fatal(err, said.String())
	}
	for _, part := range []string{`"SS":["x","y"]`, `"NS":["1","2"]`, `"B":"AAE="`, `"M":{"n":{"N":"1.5"}}`, `"NULL":true`, `"BS":["AA=="]`} {
		if !strings.Contains(said.String(), part) {
			t.Errorf("%s is not in the export", part)
		}
	}
	said.Reset()
	if err := run(t.Context(), s.name, "", "drill", nil, &said); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"the same", "3 conv msg", "everything that is named is there"} {
		if !strings.Contains(said.String(), words) {
			t.Errorf("it does not say %q: %s", words, said.String())
		}
	}
	list, err := s.db.ListTables(t.Context(), &dynamodb.ListTablesInput{ExclusiveStartTableName: aws.String(s.name)})
	if err != nil || (len(list.TableNames) > 0 && strings.HasPrefix(list.TableNames[0], s.name)) {
		t.Errorf("the drill's table is left over: %v %v", list.TableNames, err)
	}
}

func TestWhatIsNamedAndNotThereIsFound(t *testing.T) {
	for _, lost := range []string{`"HEAD"`, `"MSG#2"`} {
		s := drilled(t)
		var kept strings.Builder
		for line := range strings.Lines(whole) {
			if !strings.Contains(line, `"sk":{"S":`+lost) {
				kept.WriteString(line)
			}
		}
		if _, err := s.load(t.Context(), strings.NewReader(kept.String())); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		if err := s.check(t.Context(), &said); err == nil || !strings.Contains(said.String(), "is missing, which") {
			t.Errorf("without %s: %v %s", lost, err, said.String())
		}
	}
}

func TestMoreThanOneRequestCarriesIsStoredWhole(t *testing.T) {
	s := drilled(t)
	var many strings.Builder
	for i := range 60 {
		line, _ := json.Marshal(map[string]any{"pk": map[string]string{"S": "CONV#a"}, "sk": map[string]string{"S": "MSG#" + strings.Repeat("x", i+1)}})
		many.Write(append(line, '\n'))
	}
	if n, err := s.load(t.Context(), strings.NewReader(many.String())); err != nil || n != 60 {
		t.Fatal(n, err)
	}
	if n, err := s.export(t.Context(), &bytes.Buffer{}); err != nil || n != 60 {
		t.Error(n, err)
	}
}

func TestWhatCanNotBeReadIsSaidWithItsLine(t *testing.T) {
	s := drilled(t)
	for _, bad := range []string{"{", `{"pk":{"X":"a"}}`, `{"pk":{"L":[{}]}}`, `{"pk":{"M":{"x":{}}}}`} {
		if _, err := s.load(t.Context(), strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	s.name = "nowhere"
	if _, err := s.export(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v", err)
	}
	if err := s.drill(t.Context(), &bytes.Buffer{}); err == nil {
		t.Error("a drill without a table went well")
	}
	if _, err := s.load(t.Context(), strings.NewReader(whole)); err == nil || !strings.Contains(err.Error(), "can't be written") {
		t.Errorf("%v", err)
	}
}

func TestTheTableOfALocalRunIsFoundByItsFolder(t *testing.T) {
	here(t)
	dir := t.TempDir()
	if err := run(t.Context(), "", dir, "check", nil, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "make run") {
		t.Errorf("%v", err)
	}
	s := drilled(t)
	file, _ := json.Marshal(map[string]any{"table": s.name, "endpoints": map[string]string{"dynamodb": os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")}})
	if err := os.WriteFile(filepath.Join(dir, "run.json"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), "", dir, "check", nil, &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
	for _, c := range [][3]string{{"", "", "check"}, {"t", "", "mend"}} {
		if err := run(t.Context(), c[0], c[1], c[2], nil, &bytes.Buffer{}); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
