// Command samlocal prints what `sam local --env-vars` needs to run a function on the servers of a running `make run`: the
// variables of its functions, with this machine's loopback addresses as a container reaches them.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
)

// host is this machine as a container calls it, with `--add-host host.docker.internal:host-gateway`.
const host = "host.docker.internal"

func main() {
	dir := flag.String("dir", ".local", "the folder of the run: `make run DIR=…`")
	flag.Parse()
	if err := write(os.Stdout, *dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write prints the variables of the run that keeps its run.json in dir, in the form that SAM takes for all functions.
func write(out io.Writer, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing runs in %s: start `make run` in another terminal first", dir)
	}
	if err != nil {
		return err
	}
	var run struct {
		Environment map[string]string `json:"environment"`
	}
	if err := json.Unmarshal(text, &run); err != nil {
		return fmt.Errorf("%s can't be read: %w", filepath.Join(dir, "run.json"), err)
	}
	for name, value := range run.Environment {
		run.Environment[name] = outside(value)
	}
	// What containers call this machine is a private address: a channel on a stand-in here must stay reachable.
	run.Environment["ALLOW_PRIVATE"] = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,::1/128"
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{"Parameters": run.Environment})
}

// outside is an address of this machine as a container reaches it; other values stay as they are.
func outside(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" {
		return value
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return value
	}
	u.Host = net.JoinHostPort(host, u.Port())
	return u.String()
}
