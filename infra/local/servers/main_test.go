package main

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program builds the command once for a test.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "servers")
	if said, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return path
}

// without drops variables that would make the command use other servers.
func without(environ []string) (kept []string) {
	for _, v := range environ {
		if !strings.HasPrefix(v, "AWS_ENDPOINT_URL_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// serving starts the command without arguments and returns the addresses it prints.
func serving(t *testing.T) (*exec.Cmd, []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program(t))
	cmd.Env = without(os.Environ())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	lines := bufio.NewScanner(out)
	for len(addresses) < 2 && lines.Scan() {
		_, address, _ := strings.Cut(lines.Text(), "=http://")
		addresses = append(addresses, address)
	}
	if len(addresses) < 2 {
		t.Fatalf("it printed %q; %v", addresses, cmd.Wait())
	}
	return cmd, addresses
}

func answers(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func mustFallSilent(t *testing.T, addresses []string) {
	t.Helper()
	for _, a := range addresses {
		for end := time.Now().Add(10 * time.Second); answers(a); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s still answers", a)
			}
		}
	}
}

func TestTheServersEndWhenTheirParentIsKilled(t *testing.T) {
	cmd, addresses := serving(t)
	for _, a := range addresses {
		if !answers(a) {
			t.Fatalf("%s does not answer", a)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	mustFallSilent(t, addresses)
}

func TestASignalStopsBothServers(t *testing.T) {
	cmd, addresses := serving(t)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	mustFallSilent(t, addresses)
}

func TestACommandSeesTheServersAndItsExitCodeIsPassedOn(t *testing.T) {
	var out, said strings.Builder
	code, err := run(t.Context(), []string{"--", "sh", "-c", "echo $AWS_ENDPOINT_URL_DYNAMODB $AWS_ENDPOINT_URL_SQS $AWS_REGION $AWS_ACCESS_KEY_ID; exit 7"},
		without(os.Environ()), make(chan os.Signal), &out, &said)
	if code != 7 || err != nil {
		t.Fatalf("code %d, %v; %s", code, err, said.String())
	}
	f := strings.Fields(out.String())
	if len(f) != 4 || f[2] != "us-east-1" || f[3] != "local" {
		t.Fatalf("the command saw %q", out.String())
	}
	mustFallSilent(t, []string{strings.TrimPrefix(f[0], "http://"), strings.TrimPrefix(f[1], "http://")})
}

func given(t *testing.T) []string {
	t.Helper()
	return append(without(os.Environ()), "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", "AWS_ENDPOINT_URL_SQS=http://127.0.0.1:2")
}

func TestServersNamedInTheEnvironmentAreUsed(t *testing.T) {
	var out strings.Builder
	code, err := run(t.Context(), []string{"--", "sh", "-c", "echo $AWS_ENDPOINT_URL_DYNAMODB $AWS_ENDPOINT_URL_SQS"}, given(t), make(chan os.Signal), &out, &out)
	if code != 0 || err != nil || out.String() != "http://127.0.0.1:1 http://127.0.0.1:2\n" {
		t.Errorf("code %d, %v, %q", code, err, out.String())
	}
}

func TestASignalIsPassedOnToTheCommand(t *testing.T) {
	signals := make(chan os.Signal, 1)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer r.Close()
		if bufio.NewScanner(r).Scan() {
			signals <- syscall.SIGTERM
		}
	}()
	var said strings.Builder
	code, err := run(t.Context(), []string{"--", "sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"}, given(t), signals, w, &said)
	w.Close()
	if code != 5 || err != nil {
		t.Errorf("code %d, %v", code, err)
	}
}

func TestBadUseIsSaidInASentence(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-x"}, 2, "unknown argument"},
		{[]string{"--"}, 2, "no command after --"},
		{[]string{"--", "no-such-program"}, 127, "could not be started"},
	} {
		code, err := run(t.Context(), c.args, given(t), make(chan os.Signal), &strings.Builder{}, &strings.Builder{})
		if code != c.code || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: code %d, %v", c.args, code, err)
		}
	}
}

func TestACommandEndedByASignalGives128AndItsNumber(t *testing.T) {
	code, err := exitCode(exec.Command("sh", "-c", "kill -9 $$").Run())
	if code != 137 || err != nil {
		t.Errorf("code %d, %v", code, err)
	}
	if code, err := exitCode(errors.New("no pipe")); code != 1 || err == nil {
		t.Errorf("code %d, %v", code, err)
	}
}
