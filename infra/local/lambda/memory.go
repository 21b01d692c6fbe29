package lambda

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// peakMB is the most memory (resident set, MB) that a process has held; 0 where /proc does not tell.
func peakMB(pid int) int {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
			return kb / 1024
		}
	}
	return 0
}

// dead says whether a process has ended, noticed or not; false where there is no /proc to tell.
func dead(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		_, err := os.Stat("/proc/self/stat")
		return err == nil
	}
	_, rest, ok := bytes.Cut(text, []byte(") "))
	return ok && bytes.HasPrefix(rest, []byte("Z"))
}
