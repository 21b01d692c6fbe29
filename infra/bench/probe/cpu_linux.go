package probe

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the processor time of a running process so far, ended threads included, to the nanosecond: the kernel's
// per-process clock, whose number is made of the process id as clock_getcpuclockid(3) does.
func CPU(pid int) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0, fmt.Errorf("the CPU time of process %d can't be read: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
