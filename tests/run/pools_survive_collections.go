// Collections empty pools while other processors use them.
package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

func main() {
	runtime.GOMAXPROCS(4)
	var pools [64]sync.Pool
	var stop atomic.Bool
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for i := 0; !stop.Load(); i++ {
				pool := &pools[i%len(pools)]
				if v, ok := pool.Get().(*int); ok && *v != i%len(pools) {
					panic("an object of another pool")
				}
				v := i % len(pools)
				pool.Put(&v)
			}
		})
	}
	for range 100 {
		runtime.GC()
	}
	stop.Store(true)
	users.Wait()
	println("ok")
}
