// Command readmail prints what Loket reads of e-mails: one JSON object a line, in the order of its arguments.
// `go run ./infra/readmail FILE…` reads mails, or one mail from standard input when no file is named;
// with -body the files are bare text bodies, and -subject S names their mail's subject.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/loket-desk/loket/shared/mime"
)

// memoryLimit makes the collector work before a large mail's garbage piles up.
const memoryLimit = 10 << 20

func main() {
	body := flag.Bool("body", false, "the files are bare text bodies, not mails")
	subject := flag.String("subject", "", "with -body: the mail's subject")
	flag.Parse()
	debug.SetGCPercent(40)
	debug.SetMemoryLimit(memoryLimit)
	read := readMail
	if *body {
		read = func(r io.Reader) (*output, error) { return readBody(r, *subject) }
	}
	out := bufio.NewWriter(os.Stdout)
	failed := printAll(out, flag.Args(), read)
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "readmail:", err)
		failed = true
	}
	if failed {
		os.Exit(1)
	}
}

// printAll prints one line a file, in order. A file that can't be read is named on standard error and the rest go on.
func printAll(out io.Writer, files []string, read func(io.Reader) (*output, error)) (failed bool) {
	one := func(name string, r io.Reader) {
		o, err := read(r)
		if err == nil {
			err = o.writeTo(out)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "readmail: %s: %v\n", name, err)
			failed = true
		}
	}
	if len(files) == 0 {
		one("standard input", os.Stdin)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "readmail:", err)
			failed = true
			continue
		}
		one(name, f)
		f.Close()
	}
	return failed
}

// readMail reads a whole mail; attachments are hashed and dropped.
func readMail(r io.Reader) (*output, error) {
	m, err := mime.Read(r, nil, mime.Limits{})
	if err != nil {
		return nil, err
	}
	return outputOf(m), nil
}
