package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// runCommand runs the command to its end and returns its exit code (128 + n where a signal n ended it). Signals are passed on; the third ends it.
func runCommand(command, environ []string, signals <-chan os.Signal, stdout, stderr io.Writer) (int, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environ, os.Stdin, stdout, stderr
	if err := cmd.Start(); err != nil {
		return 127, fmt.Errorf("the command could not be started: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	orphan, seen := orphaned(), 0
	for {
		select {
		case err := <-done:
			return exitCode(err)
		case s := <-signals:
			if seen++; seen > 2 {
				s = os.Kill
			}
			_ = cmd.Process.Signal(s)
		case <-orphan:
			_ = cmd.Process.Signal(syscall.SIGTERM)
			orphan = nil
		}
	}
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 1, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// orphaned is closed when "go run", which passes no SIGTERM on, has ended under us. A program started otherwise may outlive its parent.
func orphaned() <-chan struct{} {
	self, err := os.Executable()
	if err != nil || !strings.Contains(self, "go-build") {
		return nil
	}
	gone, parent := make(chan struct{}), os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(500 * time.Millisecond)
		}
		close(gone)
	}()
	return gone
}
