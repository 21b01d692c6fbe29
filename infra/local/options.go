package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

const (
	region    = "us-east-1"
	accountID = "000000000000" // ElasticMQ's own, so that ARNs and queue addresses agree
	stackName = "loket"
	accessKey = "local"
	secretKey = "local"
)

// options are what the command line says.
type options struct {
	template   string
	http, smtp string // addresses; only their ports count
	dir        string // run.json, keys, the outbox, the Java servers
	bin        string // <bin>/<function>/bootstrap
	data       string // "" keeps everything in memory
	relay      string // SMTP server for sent mail, "" for none
	json       bool
	parameters map[string]string
}

// errUsage stands for a command line that flag has already explained.
var errUsage = errors.New("the command line can't be understood")

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{parameters: map[string]string{}}
	f := flag.NewFlagSet("local", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.template, "template", "template.yaml", "the SAM template")
	f.StringVar(&o.http, "http", ":8080", "port of the HTTP API (0: any free one); always on this machine only")
	f.StringVar(&o.smtp, "smtp", ":2525", "port of incoming mail (0: any free one)")
	f.StringVar(&o.dir, "dir", ".local", "folder of run.json, keys and sent mail")
	f.StringVar(&o.bin, "bin", "", "folder of the built functions, <bin>/<function>/bootstrap (default DIR/build)")
	f.StringVar(&o.data, "data", "", "folder that keeps all data (default: in memory, gone at the end)")
	f.StringVar(&o.relay, "relay", "", "SMTP server that sent mail is handed to as well, host:port")
	f.BoolVar(&o.json, "json", false, "log in JSON, for machines")
	f.Func("param", "a parameter of the template, Name=value (may be repeated)", func(s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return fmt.Errorf("%q is not Name=value", s)
		}
		o.parameters[name] = value
		return nil
	})
	if err := f.Parse(args); err != nil {
		return o, errUsage
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q; see -help", f.Arg(0))
	}
	if o.bin == "" {
		o.bin = o.dir + "/build"
	}
	return o, nil
}
