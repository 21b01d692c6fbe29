// Command restore writes a table out, reads it in again, and says whether what a table holds fits together. It tries
// backups, and moves a restored table into another's place.
//
//	restore -table T export >file      every item as a line of DynamoDB's JSON
//	restore -table T import <file      puts the items of a file; what is there under the same keys is replaced
//	restore -table T check             counts what is there and names what misses its other half
//	restore -dir .local drill          does all of it on the table of a local run, with a table of its own beside it
//
// It needs nothing but the table's address and the right to read and write it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	name := flag.String("table", "", "the table; AWS_REGION and credentials say where")
	dir := flag.String("dir", "", "the folder of a local run, whose table is taken")
	flag.Parse()
	if err := run(ctx, *name, *dir, flag.Arg(0), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, name, dir, command string, in io.Reader, out io.Writer) error {
	t, err := open(name, dir)
	if err != nil {
		return err
	}
	switch command {
	case "export":
		_, err = t.export(ctx, out)
		return err
	case "import":
		n, err := t.load(ctx, in)
		if err == nil {
			_, err = fmt.Fprintf(out, "%d items are in %s\n", n, t.name)
		}
		return err
	case "check":
		return t.check(ctx, out)
	case "drill":
		return t.drill(ctx, out)
	}
	return errors.New("say what to do: export, import, check or drill")
}

// store is one table.
type store struct {
	db   *dynamodb.Client
	name string
}

// open finds the table of the environment, or that of the local run in a folder.
func open(name, dir string) (*store, error) {
	if dir != "" {
		return ofRun(dir)
	}
	if name == "" {
		return nil, errors.New("say which table: -table, or -dir for that of a local run")
	}
	cfg, err := config.Read()
	if err != nil {
		return nil, err
	}
	cloud := aws.New(cfg)
	address, _ := cloud.Endpoint(aws.DynamoDB)
	return &store{client(cloud, address), name}, nil
}

// ofRun finds the table of a local run by its run.json.
func ofRun(dir string) (*store, error) {
	text, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		return nil, fmt.Errorf("nothing runs in %s: start `make run` in another terminal first", dir)
	}
	var told struct {
		Table     string
		Endpoints struct{ DynamoDB string }
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", filepath.Join(dir, "run.json"), err)
	}
	// A local server asks for no particular key.
	cloud := aws.New(config.Config{Region: "us-east-1", Credentials: config.Credentials{AccessKey: "local", Secret: "local"}})
	return &store{client(cloud, told.Endpoints.DynamoDB), told.Table}, nil
}

func client(cloud *aws.Client, address string) *dynamodb.Client {
	return dynamodb.NewFromConfig(cloud.Config(), func(o *dynamodb.Options) { o.BaseEndpoint = &address })
}
