package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asCommand makes the test binary the command itself, so that tests can send it real signals.
const asCommand = "LOCAL_RUNNER_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		signals := make(chan os.Signal, 4)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		os.Exit(run(os.Args[1:], os.Environ(), signals, os.Stdout, os.Stderr))
	}
	os.Exit(testAll(m))
}

// testBin names the folder of the built test function.
const testBin = "LOCAL_RUNNER_TEST_BIN"

func testAll(m *testing.M) int {
	bin, err := os.MkdirTemp("", "local-runner-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	if err := os.Setenv(testBin, bin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// command is a local run in a process of its own.
type command struct {
	cmd *exec.Cmd
	dir string
	out *safeBuffer
}

// startCommand starts a run with servers of its own where own is true.
func startCommand(t *testing.T, own bool, args ...string) *command {
	t.Helper()
	dir := t.TempDir()
	c := &command{dir: dir, out: &safeBuffer{}}
	args = append([]string{"-template", "testdata/template.yaml", "-http", ":0", "-smtp", ":0", "-dir", dir, "-bin", functionsDir(t)}, args...)
	c.cmd = exec.Command(os.Args[0], args...)
	for _, kv := range append(os.Environ(), asCommand+"=1") {
		if !own || !strings.HasPrefix(kv, "AWS_ENDPOINT_URL_") {
			c.cmd.Env = append(c.cmd.Env, kv)
		}
	}
	c.cmd.Stdout, c.cmd.Stderr = c.out, c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	waitFor(t, "run.json", func() bool {
		_, err := os.Stat(c.runFile())
		return err == nil
	})
	return c
}

func (c *command) runFile() string { return filepath.Join(c.dir, "run.json") }

// busy makes a function work, and gives all processes that the run has started.
func (c *command) busy(t *testing.T) []int {
	t.Helper()
	f := readRun(t, c.runFile())
	go func() {
		if resp, err := http.Get(f.API + "/x?do=sleep:30s"); err == nil {
			_ = resp.Body.Close()
		}
	}()
	waitFor(t, "a function", func() bool { return len(readRun(t, c.runFile()).Functions["echo"]) == 1 })
	return childrenOf(t, c.cmd.Process.Pid)
}

func childrenOf(t *testing.T, parent int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := bytes.Cut(text, []byte(") "))
		if fields := strings.Fields(string(rest)); len(fields) > 1 && fields[1] == strconv.Itoa(parent) && fields[0] != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			out = append(out, pid)
		}
	}
	return out
}

func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(text, []byte(") Z "))
}

func (c *command) leavesNothing(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		waitFor(t, fmt.Sprintf("the end of process %d", pid), func() bool { return !alive(pid) })
	}
}

func TestASignalStopsEverythingThatWasStarted(t *testing.T) {
	c := startCommand(t, true, "-json")
	pids := c.busy(t)
	if len(pids) < 3 { // two servers and a function
		t.Errorf("only the processes %v were started", pids)
	}
	began := time.Now()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v:\n%s", err, c.out)
	}
	if took := time.Since(began); took > 20*time.Second { // a hang; on a quiet machine it takes three
		t.Errorf("it took %s", took)
	}
	c.leavesNothing(t, pids)
	if _, err := os.Stat(c.runFile()); !os.IsNotExist(err) {
		t.Errorf("run.json is still there: %v", err)
	}
	for _, want := range []string{`"msg":"ready"`, `"line":"up as echo"`} {
		if !strings.Contains(c.out.String(), want) {
			t.Errorf("the output lacks %s:\n%s", want, c.out)
		}
	}
}

func TestARunEndsWithAServerThatItNeeds(t *testing.T) {
	c := startCommand(t, true)
	pids := c.busy(t)
	var server int
	for _, pid := range pids {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && bytes.Contains(text, []byte("elasticmq")) {
			server = pid
		}
	}
	if err := syscall.Kill(server, syscall.SIGKILL); server == 0 || err != nil {
		t.Fatalf("no server among %v: %v", pids, err)
	}
	if err := c.cmd.Wait(); err == nil || c.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(c.out.String(), "ElasticMQ ended by itself") {
		t.Errorf("it ended with %v:\n%s", err, c.out)
	}
	c.leavesNothing(t, pids)
}

func TestAKilledRunnerLeavesNoProcess(t *testing.T) {
	c := startCommand(t, false)
	pids := c.busy(t)
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // killed
	c.leavesNothing(t, pids)
	if !strings.Contains(c.out.String(), "Ready.") || !strings.Contains(c.out.String(), "admin-key") {
		t.Errorf("a person was told\n%s", c.out)
	}
}

func TestWhatIsInTheWayIsSaidInOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("Resources:\n  X: {Type: AWS::Odd::Thing}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"is in use":            {"-http", taken.Addr().String()},
		"no bootstrap of echo": {"-http", ":0", "-bin", dir},
		"bad.yaml:2: X: the local runner does not know the resource type AWS::Odd::Thing": {"-http", ":0", "-template", bad},
		"can't be read":     {"-http", ":0", "-template", filepath.Join(dir, "absent.yaml")},
		"can't be made":     {"-http", ":0", "-dir", filepath.Join(file, "below")},
		"is no address":     {"-http", ":http-port"},
		"unknown argument":  {"start"},
		"not Name=value":    {"-param", "Name"},
		"flag provided but": {"-colour"},
	} {
		var out safeBuffer
		args = append([]string{"-dir", filepath.Join(dir, "run"), "-template", "testdata/template.yaml"}, args...)
		code := run(args, os.Environ(), make(chan os.Signal), &out, &out)
		if code == 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%v: exit code %d, said %q, want %q", args, code, out.String(), want)
		}
	}
}
