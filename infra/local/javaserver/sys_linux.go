package javaserver

import "syscall"

// endsWithParent gives a child a process group of its own and has the kernel end it when this process ends, even by SIGKILL.
func endsWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
