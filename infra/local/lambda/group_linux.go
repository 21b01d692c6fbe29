package lambda

import (
	"os/exec"
	"syscall"
)

// ownGroup gives the process a group of its own, which is ended as a whole, and ends it with the runner even where
// the runner itself is killed.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
