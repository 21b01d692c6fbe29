package javaserver

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// tools puts scripts in place of java, javac and mvn, and nothing else in PATH but the shell's own commands.
func tools(t *testing.T, scripts map[string]string) {
	t.Helper()
	bin := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
}

// working are scripts that do what the real tools do, with one small jar, and note each run of Maven.
func working(t *testing.T, runs string) map[string]string {
	t.Helper()
	jar := filepath.Join(t.TempDir(), "small.jar")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("A.class"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), os.WriteFile(jar, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"java":  `echo 'openjdk version "21.0.1" 2023-10-17' >&2`,
		"javac": `echo javac 21.0.1`,
		"mvn": fmt.Sprintf(`for a in "$@"; do case "$a" in -DoutputDirectory=*) d="${a#-DoutputDirectory=}";; esac; done
/bin/mkdir -p "$d" && /bin/cp %q "$d/small.jar" && echo run >> %q`, jar, runs),
	}
}

// fetched is the one folder of servers in dir.
func fetched(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "java", "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%q, %v", found, err)
	}
	return found[0]
}

func TestTheServersOfAnotherPomAreRemovedWhenNobodyCanUseThem(t *testing.T) {
	dir := t.TempDir()
	tools(t, working(t, filepath.Join(t.TempDir(), "runs")))
	for name, age := range map[string]time.Duration{"recent": time.Hour, "old": 25 * time.Hour} {
		path := filepath.Join(dir, "java", name)
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chtimes(path, time.Time{}, time.Now().Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	if err := Fetch(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "java", "*"))
	if err != nil || len(found) != 2 || !strings.HasSuffix(found[0]+found[1], "recent") {
		t.Errorf("%q, %v", found, err)
	}
}

func TestAMachineWithoutSQLiteIsNamed(t *testing.T) {
	if err := hasSQLite("linux", "amd64"); err != nil {
		t.Error(err)
	}
	if err := hasSQLite("linux", "arm64"); err == nil || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL_DYNAMODB") {
		t.Errorf("got %v", err)
	}
}

func lines(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

func TestTheServersAreFetchedOnce(t *testing.T) {
	runs, dir := filepath.Join(t.TempDir(), "runs"), t.TempDir()
	tools(t, working(t, runs))
	for range 2 {
		if err := Fetch(t.Context(), dir, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := lines(t, runs); n != len(profiles()) {
		t.Errorf("Maven ran %d times", n)
	}
	if b, err := os.ReadFile(filepath.Join(dir, ".gitignore")); err != nil || string(b) != "*\n" {
		t.Errorf("git does not ignore the folder: %q, %v", b, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "java-fetch-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTwoFetchesAtOnceFetchOnce(t *testing.T) {
	runs, dir := filepath.Join(t.TempDir(), "runs"), t.TempDir()
	tools(t, working(t, runs))
	errs := make(chan error)
	for range 4 {
		go func() { errs <- Fetch(t.Context(), dir, nil) }()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := lines(t, runs); n != len(profiles()) {
		t.Errorf("Maven ran %d times", n)
	}
}

func TestADamagedJarIsSaidAndFetchedAgain(t *testing.T) {
	for name, damage := range map[string]func(home string) error{
		"bytes instead of": func(home string) error { return os.Truncate(filepath.Join(home, "dynamodb", "small.jar"), 7) },
		"is missing":       func(home string) error { return os.Remove(filepath.Join(home, "elasticmq", "small.jar")) },
		"did not finish":   func(home string) error { return os.Remove(filepath.Join(home, stampName)) },
		"is damaged":       func(home string) error { return os.WriteFile(filepath.Join(home, stampName), []byte("{"), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			runs, dir := filepath.Join(t.TempDir(), "runs"), t.TempDir()
			tools(t, working(t, runs))
			if err := Fetch(t.Context(), dir, nil); err != nil {
				t.Fatal(err)
			}
			if err := damage(fetched(t, dir)); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			if err := Fetch(t.Context(), dir, &log); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), name) || !strings.Contains(log.String(), "fetching them again") {
				t.Errorf("it said %q", log.String())
			}
			if n := lines(t, runs); n != 2*len(profiles()) {
				t.Errorf("Maven ran %d times", n)
			}
		})
	}
}

func TestANewPomIsFetchedAnewWithoutAlarm(t *testing.T) {
	home := t.TempDir()
	if err := seal(home, "old"); err != nil {
		t.Fatal(err)
	}
	if err := check(home, "new"); !errors.Is(err, errAbsent) {
		t.Errorf("got %v", err)
	}
	if err := check(home, "old"); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsMissingIsSaidInASentence(t *testing.T) {
	for _, c := range []struct{ name, tool, script, want string }{
		{"no java", "java", "", "install a JDK of version 17"},
		{"no javac", "javac", "", "install a JDK of version 17"},
		{"no Maven", "mvn", "", "install Maven"},
		{"old java", "java", `echo 'openjdk version "11.0.2" 2019-01-15' >&2`, "older than 17"},
		{"very old java", "java", `echo 'java version "1.8.0_292"' >&2`, "older than 17"},
		{"old javac", "javac", `echo 'javac 16.0.1'`, "older than 17"},
		{"broken java", "java", `echo broken; exit 3`, "failed"},
		{"no network", "mvn", `echo "[ERROR] Unknown host central"; echo "[ERROR] more"; exit 1`, "check the network, then run this again. Maven said: Unknown host central"},
		{"broken store", "mvn", `for a in "$@"; do case "$a" in -DoutputDirectory=*) d="${a#-DoutputDirectory=}";; esac; done
/bin/mkdir -p "$d"; echo half > "$d/half.jar"`, "half.jar came damaged from Maven's own store"},
		{"launcher", "javac", `[ "$1" = -version ] && exit 0; echo cannot find symbol; exit 1`, "does not compile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			scripts := working(t, filepath.Join(t.TempDir(), "runs"))
			if scripts[c.tool] = c.script; c.script == "" {
				delete(scripts, c.tool)
			}
			tools(t, scripts)
			dir := t.TempDir()
			err := Fetch(t.Context(), dir, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			if found, _ := filepath.Glob(filepath.Join(dir, "java*", "*")); len(found) > 0 {
				t.Errorf("a half-fetched folder was left: %q", found)
			}
		})
	}
}

func TestOutsideTheProjectItSaysWhereToRun(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := Fetch(t.Context(), "", nil); err == nil || !strings.Contains(err.Error(), "inside the project's folder") {
		t.Errorf("got %v", err)
	}
}

func TestAJavaTooOldForTheServersIsNamedWhenTheyEnd(t *testing.T) {
	c := &child{out: &output{see: func(string) {}}}
	fmt.Fprintln(c.out, "java.lang.UnsupportedClassVersionError: Guarded")
	if err := c.reason("ElasticMQ"); !strings.Contains(err.Error(), oldJava) {
		t.Errorf("got %v", err)
	}
	c.out.line("no more room")
	fmt.Fprint(c.out, "half a li")
	c.out.tail = c.out.tail[1:]
	if err := c.reason("ElasticMQ"); !strings.Contains(err.Error(), "no more room\nhalf a li") {
		t.Errorf("got %v", err)
	}
}
