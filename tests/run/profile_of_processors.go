// The profile of the processors finds the function that works, and the labels of its goroutine.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"runtime/pprof"
	"syscall"
	"time"
)

//go:noinline
func work(n int) (sum int) {
	for i := range n {
		sum += i % 7 * (sum&3 + 1)
	}
	return sum
}

// used is the processor time of this process.
func used() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func main() {
	for round := range 2 {
		var out bytes.Buffer
		if err := pprof.StartCPUProfile(&out); err != nil {
			fmt.Println(err)
			return
		}
		pprof.Do(context.Background(), pprof.Labels("task", "digging"), func(context.Context) {
			for start := used(); used()-start < 200*time.Millisecond; {
				work(100_000)
			}
		})
		pprof.StopCPUProfile()
		r, err := gzip.NewReader(&out)
		if err != nil {
			fmt.Println(err)
			return
		}
		profile, err := io.ReadAll(r)
		has := func(s string) bool { return bytes.Contains(profile, []byte(s)) }
		fmt.Println(round, err, has("main.work"), has("main.main"), has("digging"))
	}
}
