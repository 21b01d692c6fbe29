//go:build unix && !linux

package lambda

import (
	"os/exec"
	"syscall"
)

// ownGroup gives the process a group of its own, which is ended as a whole.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
