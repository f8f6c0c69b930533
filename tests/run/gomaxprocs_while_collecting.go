// GOMAXPROCS falls and rises while others collect: whoever loses a processor gets another, and nobody waits for ever.
package main

import (
	"runtime"
	"sync"
)

func main() {
	var all sync.WaitGroup
	for id := range 8 {
		all.Go(func() {
			for i := range 60 {
				if id == 0 {
					runtime.GOMAXPROCS(1 + i%4)
				} else {
					runtime.GC()
				}
			}
		})
	}
	all.Wait()
	println("ok")
}
