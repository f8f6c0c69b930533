// A goroutine that ends while it is locked to its thread takes the thread with it.
package main

import (
	"runtime"
	"syscall"
)

// locked runs f on a goroutine that ends with its thread, and answers the thread.
func locked(f func()) int {
	thread := make(chan int)
	go func() {
		runtime.LockOSThread()
		f()
		thread <- syscall.Gettid()
	}()
	return <-thread
}

func main() {
	seen := map[int]bool{}
	n := 0
	for range 50 {
		thread := locked(func() { runtime.Gosched() })
		if seen[thread] && thread != syscall.Getpid() {
			println("thread used again")
		}
		seen[thread] = true
		n++
	}
	println(n, "goroutines,", runtime.NumGoroutine() <= 2)
}
