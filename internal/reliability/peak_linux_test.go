package reliability

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// watch looks at the peak of a process's memory until the function is called that it
// returns, which tells the peak in KiB. What the system says of a process that has ended
// counts what its parent had, too.
func watch(pid int) (stop func() int64) {
	end, peak := make(chan struct{}), make(chan int64)
	go func() {
		var last int64
		for {
			if n := highWater(pid); n > 0 {
				last = n
			}
			select {
			case <-end:
				peak <- last
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(end)
		return <-peak
	}
}

func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := bytes.Cut(status, []byte("VmHWM:"))
	var kib int64
	if _, err := fmt.Sscan(string(rest), &kib); !ok || err != nil {
		return 0
	}
	return kib
}
