// Synchronisation: each primitive, and the state that the runtime shows for who waits at it.
// env: GOMAXPROCS=2
package main

import (
	"fmt"
	"groundhog/inspect"
	"sync"
	"sync/atomic"
	"time"
)

// stateOf starts f, which blocks, and says how the runtime calls its state.
func stateOf(f func()) string {
	ids := make(chan uint64)
	go func() {
		ids <- inspect.Self().ID
		f()
	}()
	id := <-ids
	state := ""
	for range 1000 {
		g, _ := inspect.Find(id)
		if state = g.State; state != "running" && state != "runnable" {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return state
}

func main() {
	var mutex sync.Mutex
	mutex.Lock()
	fmt.Println("Mutex:    ", stateOf(mutex.Lock), "- TryLock:", mutex.TryLock())
	mutex.Unlock()

	var rw sync.RWMutex
	rw.Lock()
	fmt.Println("RWMutex:  ", stateOf(rw.RLock))
	rw.Unlock()
	var read sync.RWMutex
	read.RLock()
	fmt.Println("          ", stateOf(read.Lock), "- a reader waits behind it:", stateOf(read.RLock))
	read.RUnlock()

	var group sync.WaitGroup
	group.Add(1)
	fmt.Println("WaitGroup:", stateOf(group.Wait))
	group.Done()

	cond := sync.NewCond(new(sync.Mutex))
	ready := false
	woken := make(chan bool)
	fmt.Println("Cond:     ", stateOf(func() {
		cond.L.Lock()
		for !ready {
			cond.Wait()
		}
		cond.L.Unlock()
		woken <- true
	}))
	cond.L.Lock()
	ready = true
	cond.L.Unlock()
	cond.Broadcast()
	fmt.Println("           woken:", <-woken)

	var once sync.Once
	calls := 0
	for range 3 {
		once.Do(func() { calls++ })
	}
	value := sync.OnceValue(func() int { calls++; return 42 })
	fmt.Println("Once:      calls:", calls, "- OnceValue:", value()+value(), "calls:", calls)

	pool := sync.Pool{New: func() any { return new([64]byte) }}
	b := pool.Get().(*[64]byte)
	pool.Put(b)
	fmt.Println("Pool:      gives what was put:", pool.Get().(*[64]byte) != nil)

	var shared sync.Map
	shared.Store("a", 1)
	previous, loaded := shared.LoadOrStore("a", 2)
	_, found := shared.Load("b")
	fmt.Println("Map:      ", previous, loaded, found)

	// A thousand goroutines and one word.
	var count atomic.Int64
	var unlocked sync.WaitGroup
	for range 1000 {
		unlocked.Go(func() { count.Add(1) })
	}
	unlocked.Wait()
	fmt.Println("atomic:   ", count.Load(), "- swapped:", count.CompareAndSwap(1000, 7), count.Load())
	fmt.Println("chan:     ", stateOf(func() { make(chan int) <- 1 }), "-", stateOf(func() { <-make(chan int) }), "-", stateOf(func() { select {} }))
}
