package main

import (
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/loket-desk/loket/infra/local/params"
)

func TestTheMasterKeyIsMadeOnceAndKept(t *testing.T) {
	e := Env{Dir: t.TempDir(), MasterKeyParameter: "/loket/master-key", Log: slog.New(slog.DiscardHandler)}
	var keys [2]string
	for i := range keys {
		if err := masterKey(e); err != nil {
			t.Fatal(err)
		}
		var err error
		if keys[i], err = params.Get(e.Dir, e.MasterKeyParameter); err != nil {
			t.Fatal(err)
		}
	}
	if raw, err := base64.StdEncoding.DecodeString(keys[0]); err != nil || len(raw) != 32 || keys[0] != keys[1] {
		t.Errorf("the keys are %d bytes, %v, the same: %v", len(raw), err, keys[0] == keys[1])
	}
}

func TestWithoutAMasterKeyParameterNoneIsMade(t *testing.T) {
	dir := t.TempDir()
	if err := masterKey(Env{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ssm")); !os.IsNotExist(err) {
		t.Errorf("there is one: %v", err)
	}
}

func TestAMasterKeyThatCanNotBeReadIsAnError(t *testing.T) {
	if err := masterKey(Env{Dir: t.TempDir(), MasterKeyParameter: "not a name!"}); err == nil {
		t.Error("it was passed over")
	}
}
