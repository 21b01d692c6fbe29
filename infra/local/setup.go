package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/loket-desk/loket/infra/local/params"
)

// Env is what a fresh stack is set up with, before any function runs.
type Env struct {
	Dir                string // the runner's folder; the admin key goes to Dir/admin-key, mode 0600
	BaseURL            string
	Region             string
	Endpoints          endpoints
	Table, Bucket      string
	MasterKeyParameter string // name of the SSM parameter that holds the master key, "" where the template has none
	Log                *slog.Logger
}

// setup does what an administrator does once after a deployment: it makes the master key and the admin key.
func setup(ctx context.Context, e Env) error {
	if err := masterKey(e); err != nil || e.Table == "" || e.MasterKeyParameter == "" {
		return err
	}
	return adminKey(ctx, e, mailDomain)
}

// masterKey keeps the key that is there: what was sealed under it must stay readable.
func masterKey(e Env) error {
	if e.MasterKeyParameter == "" {
		return nil
	}
	if _, err := params.Get(e.Dir, e.MasterKeyParameter); !errors.Is(err, params.ErrNotFound) {
		return err
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	if err := params.Put(e.Dir, e.MasterKeyParameter, base64.StdEncoding.EncodeToString(key[:])); err != nil {
		return fmt.Errorf("the master key can't be kept in %s: %w", filepath.Join(e.Dir, "ssm"), err)
	}
	return nil
}

// setUp gathers what setup needs.
func (r *runner) setUp(ctx context.Context) error {
	e := Env{Dir: r.o.dir, BaseURL: r.base, Region: region, Endpoints: r.endpoints, Log: r.log}
	for _, t := range r.template.Tables {
		e.Table = r.names[t.ID][""]
	}
	for _, b := range r.template.Buckets {
		e.Bucket = r.names[b.ID][""]
	}
	for _, f := range r.template.Functions {
		if name := f.Environment["MASTER_KEY_PARAMETER"]; name != "" {
			var err error
			if e.MasterKeyParameter, err = r.names.Expand(name); err != nil {
				return err
			}
		}
	}
	return setup(ctx, e)
}
