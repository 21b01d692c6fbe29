package javaserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// profiles of infra/local/pom.xml, each with a folder of its own.
func profiles() []string { return []string{"dynamodb", "elasticmq"} }

// keptOld is how long the servers of other sources stay: a run may still use them.
const keptOld = 24 * time.Hour

// Fetch puts DynamoDB Local, ElasticMQ and our launcher into a folder of dir/java, by Maven and javac, unless they are there, whole and for these sources.
// It may be called by several processes at once. dir empty means .local in the project's root; log may be nil.
func Fetch(ctx context.Context, dir string, log io.Writer) error {
	_, err := fetch(ctx, dir, log)
	return err
}

// fetch returns the folder too.
func fetch(ctx context.Context, dir string, log io.Writer) (home string, err error) {
	root, err := project()
	if err != nil {
		return "", err
	}
	if dir, err = runnerDir(dir); err != nil {
		return "", err
	}
	hash, err := sourceHash(root)
	if err != nil {
		return "", fmt.Errorf("the sources of the local servers can't be read: %w", err)
	}
	home = filepath.Join(dir, "java", hash[:12])
	if check(home, hash) == nil {
		return home, nil
	}
	return home, fetchLocked(ctx, root, dir, home, hash, log)
}

// fetchLocked fetches unless another process has just done so.
func fetchLocked(ctx context.Context, root, dir, home, hash string, log io.Writer) error {
	if err := makeDir(dir); err != nil {
		return err
	}
	unlock, err := lock(ctx, filepath.Join(dir, "java.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	damage := check(home, hash) // another process may have fetched while we waited
	if damage == nil {
		return nil
	}
	if !errors.Is(damage, errAbsent) {
		say(log, "The local servers in %s are not whole (%v): fetching them again. Should this repeat, delete that folder.", home, damage)
	}
	say(log, "Fetching DynamoDB Local and ElasticMQ by Maven into %s, once (about 90 MB).", home)
	if err := fetchInto(ctx, root, dir, home, hash); err != nil {
		return err
	}
	removeOld(filepath.Dir(home), home)
	return nil
}

// removeOld takes away what was fetched for other sources and is a day old. What can't be removed is only in the way.
func removeOld(java, home string) {
	entries, err := os.ReadDir(java)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if path := filepath.Join(java, e.Name()); err == nil && path != home && time.Since(info.ModTime()) > keptOld {
			_ = os.RemoveAll(path)
		}
	}
}

// fetchInto fills a folder beside home and puts it in home's place when it is whole, so that home is never half there.
func fetchInto(ctx context.Context, root, dir, home, hash string) error {
	fresh, err := os.MkdirTemp(dir, "java-fetch-")
	if err != nil {
		return fmt.Errorf("the folder for the local servers can't be made: %w", err)
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	for _, p := range profiles() {
		if err := fetchProfile(ctx, root, p, filepath.Join(fresh, p)); err != nil {
			return err
		}
	}
	if err := compile(ctx, root, fresh); err != nil {
		return err
	}
	if err := seal(fresh, hash); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return err
	}
	old := fresh + "-old"
	if err := os.Rename(home, old); err == nil {
		defer os.RemoveAll(old)
	}
	if err := os.Rename(fresh, home); err != nil {
		return fmt.Errorf("the fetched servers can't be put in place: %w", err)
	}
	return nil
}

func fetchProfile(ctx context.Context, root, profile, to string) error {
	mvn, err := tool("mvn")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "-ntp", "-f", pomOf(root), "-P", profile,
		"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+to)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("the local servers could not be fetched by Maven (%w). They are needed once, from Maven's central repository: check the network, then run this again. Maven said: %s", err, firstError(string(said)))
	}
	return nil
}

// compile builds our launcher against DynamoDB Local and puts the servers' configuration beside it.
func compile(ctx context.Context, root, home string) error {
	for _, name := range []string{"java", "javac"} {
		path, err := tool(name)
		if err != nil {
			return err
		}
		if err := checkVersion(ctx, path); err != nil {
			return err
		}
	}
	javac, err := tool("javac")
	if err != nil {
		return err
	}
	files, err := launcherFiles(root)
	if err != nil {
		return err
	}
	to := filepath.Join(home, "launcher")
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	args := []string{"-Xlint:none", "-encoding", "UTF-8", "--release", "17", "-cp", filepath.Join(home, "dynamodb", "*"), "-d", to}
	for _, f := range files {
		if strings.HasSuffix(f, ".java") {
			args = append(args, f)
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(f)), b, 0o644); err != nil {
			return err
		}
	}
	if said, err := exec.CommandContext(ctx, javac, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("the launcher of DynamoDB Local does not compile (%w): %s", err, said)
	}
	return nil
}

// makeDir makes the runner's folder, and has git ignore it whatever the project's own list says.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the runner's folder %s can't be made: %w", dir, err)
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return nil
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o644)
}

// lock waits until no other process fetches into the same folder.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return func() { f.Close() }, nil // closing gives the lock back
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("another process is still fetching the local servers (%s): %w", path, context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// firstError picks the line that says what went wrong out of what Maven prints.
func firstError(said string) string {
	for line := range strings.Lines(said) {
		if rest, found := strings.CutPrefix(line, "[ERROR] "); found {
			return strings.TrimSpace(rest)
		}
	}
	return strings.TrimSpace(said)
}

func say(log io.Writer, format string, args ...any) {
	if log != nil {
		_, _ = fmt.Fprintf(log, format+"\n", args...)
	}
}
