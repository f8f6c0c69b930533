// A deferred call waits for its function to return; meanwhile another goroutine may run, and collect.
package main

import (
	"runtime/debug"
	"sync"
)

func main() {
	debug.SetGCPercent(10)
	var all sync.WaitGroup
	for range 4 {
		all.Go(work)
	}
	all.Wait()
	println("ok")
}

func work() {
	for i := range 300 {
		var shared sync.Map
		for k := range i {
			shared.Store(k*7919%1000, k)
		}
	}
}
