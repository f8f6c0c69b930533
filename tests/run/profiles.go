// Profiles of memory, waiting and contention name the functions that allocate, wait and unlock.
// not in: heap because sampling every object and collecting at every hundredth takes too long
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

var kept [][]byte

//go:noinline
func keep(n int) {
	for range n {
		kept = append(kept, make([]byte, 1024))
	}
}

//go:noinline
func drop(n int) {
	for range n {
		sink = make([]byte, 1<<20)
	}
	sink = nil
}

var sink []byte

//go:noinline
func contend() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				mu.Lock()
				time.Sleep(time.Millisecond)
				release(&mu)
			}
		})
	}
	wg.Wait()
}

//go:noinline
func release(mu *sync.Mutex) { mu.Unlock() }

//go:noinline
func await(c chan int) { <-c }

func main() {
	// Another processor could still have room that it reserved under the old rate.
	runtime.GOMAXPROCS(1)
	runtime.MemProfileRate = 1
	runtime.SetBlockProfileRate(1)
	fmt.Println(runtime.SetMutexProfileFraction(1), runtime.SetMutexProfileFraction(-1))
	for range 1024 {
		sink = make([]byte, 1024)
	}
	keep(100)
	drop(3)
	contend()
	c := make(chan int)
	go func() {
		time.Sleep(2 * time.Millisecond)
		c <- 1
	}()
	await(c)
	runtime.GC()
	memory()
	for _, name := range []string{"block", "mutex"} {
		var out bytes.Buffer
		pprof.Lookup(name).WriteTo(&out, 1)
		for _, wanted := range []string{"main.await", "main.release", "main.contend"} {
			fmt.Println(name, wanted, strings.Contains(out.String(), wanted+"+"))
		}
	}
}

// memory looks for what keep and drop allocated.
func memory() {
	records := make([]runtime.MemProfileRecord, 1000)
	n, ok := runtime.MemProfile(records, true)
	var keeps, drops string
	for _, r := range records[:n] {
		frames := runtime.CallersFrames(r.Stack())
		for {
			frame, more := frames.Next()
			switch frame.Function {
			case "main.keep":
				if r.AllocBytes == r.AllocObjects*1024 {
					keeps = fmt.Sprintln("keep:", r.InUseObjects() >= 99, r.InUseObjects() <= 100)
				}
			case "main.drop":
				if r.AllocBytes == r.AllocObjects<<20 {
					drops = fmt.Sprintln("drop:", r.AllocObjects, r.InUseObjects() <= 1)
				}
			}
			if !more {
				break
			}
		}
	}
	fmt.Print(ok, "\n", keeps, drops)
}
