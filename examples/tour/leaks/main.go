// Leaks: the three kinds: goroutines that wait for ever, globals that grow, memory that the collector does not own.
package main

import (
	"fmt"
	"groundhog/inspect"
	"runtime"
	"syscall"
	"time"
)

var cache = map[int][]byte{}

// first answers the faster of two; the slower one can never send.
func first(ids chan<- uint64) int {
	answers := make(chan int)
	for i := range 2 {
		go func() {
			ids <- inspect.Self().ID
			answers <- i
		}()
	}
	return <-answers
}

func live() int {
	runtime.GC()
	return inspect.Collect().Live
}

func main() {
	// 1. Goroutines: each call leaves one behind, for ever in the same state.
	ids := make(chan uint64, 20)
	for range 10 {
		first(ids)
	}
	time.Sleep(5 * time.Millisecond)
	states := map[string]int{}
	for range 20 {
		if g, ok := inspect.Find(<-ids); ok {
			states[g.State]++
		}
	}
	fmt.Println("goroutines left behind:", states)

	// 2. A global that grows: the memory is reachable, so every collection keeps it.
	base := live()
	for i := range 100 {
		cache[i] = make([]byte, 10<<10)
	}
	grown := live() - base
	fmt.Println("kept by a global, about 1 MB:", grown > 1000<<10 && grown < 1500<<10)
	clear(cache)
	fmt.Println("after clear it is free:", live()-base < 100<<10)

	// 3. Memory outside: the collector neither counts nor frees it.
	base = live()
	outside, err := syscall.Mmap(-1, 0, 64<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		fmt.Println(err)
		return
	}
	outside[0] = 1
	fmt.Println("64 MB from the system seen by the collector:", live()-base > 1<<20)
	fmt.Println("given back by hand:", syscall.Munmap(outside) == nil)
}
