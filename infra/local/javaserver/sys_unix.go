//go:build unix && !linux

package javaserver

import "syscall"

// endsWithParent gives a child a process group of its own. Without a parent-death signal the launcher's watch of its standard input ends it.
func endsWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
