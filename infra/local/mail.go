package main

import (
	"context"
	"strings"

	"github.com/loket-desk/loket/infra/local/template"
)

const mailDomain = "loket.test"

func (r *runner) startMail(context.Context) error { return nil }

func (r *runner) createBucket(ctx context.Context, b template.Bucket) error {
	name, err := r.physical(b.Name, b.ID)
	name = strings.ToLower(name)
	if err != nil {
		return err
	}
	r.names[b.ID] = map[string]string{"": name, "Arn": "arn:aws:s3:::" + name, "DomainName": name + ".s3.amazonaws.com", "RegionalDomainName": name + ".s3." + region + ".amazonaws.com"}
	return nil
}
