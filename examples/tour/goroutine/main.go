// Goroutines: what newproc makes, the states from birth to death, and who started whom.
// env: GOMAXPROCS=1
package main

import (
	"fmt"
	"groundhog/inspect"
	"runtime"
	"time"
)

// show waits until the goroutine is in a state, for a second at most.
func show(what string, id uint64, state string) {
	found := ""
	for start := time.Now(); found != state && time.Since(start) < time.Second; runtime.Gosched() {
		found = "gone"
		if g, ok := inspect.Find(id); ok {
			found = g.State
		}
	}
	fmt.Printf("%-26s %s\n", what, found)
}

func main() {
	me := inspect.Self()
	fmt.Println("main is goroutine", me.ID, "- parent:", me.Parent)

	ids, release := make(chan inspect.Goroutine), make(chan bool)
	go func() {
		ids <- inspect.Self()
		<-release
		for stop := false; !stop; {
			select {
			case <-release:
				stop = true
			default:
				runtime.Gosched()
			}
		}
		time.Sleep(20 * time.Millisecond)
	}()
	child := <-ids
	fmt.Println("its child's parent:", child.Parent, "- stack:", child.StackSize, "bytes")

	show("it waits for a value:", child.ID, "chan receive")
	release <- true
	show("it yields in a loop:", child.ID, "runnable")
	release <- true
	show("it sleeps:", child.ID, "sleep")
	show("it has returned:", child.ID, "gone")

	// Dead goroutines are used again, with a new number; starting one is cheap.
	before, allBefore := runtime.NumGoroutine(), newest(make(chan bool))
	done := make(chan bool)
	for range 100_000 {
		go func() { done <- true }()
		<-done
	}
	runtime.Gosched()
	fmt.Println("100000 more came and went, left:", runtime.NumGoroutine()-before)
	fmt.Println("numbers are never used again:", newest(done)-allBefore > 100_000)
}

func newest(done chan bool) (id uint64) {
	go func() { id = inspect.Self().ID; done <- true }()
	<-done
	return id
}
