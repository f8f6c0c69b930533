// Suspension: the three ways a goroutine stops running: it lets go, it blocks or ends, or its 10 ms are over.
// env: GOMAXPROCS=1
package main

import (
	"fmt"
	"groundhog/inspect"
	"runtime"
	"time"
)

// watch runs f in a goroutine and says how it was suspended, event by event. When it was preempted only because the machine
// was busy, it is run again.
func watch(what string, f func(), mayBePreempted bool) {
	done := make(chan bool, 1)
	var id uint64
	inspect.Record(true)
	go func() {
		id = inspect.Self().ID
		f()
		done <- true
	}()
	<-done
	runtime.Gosched()
	inspect.Record(false)
	events := inspect.Events()
	counts := map[inspect.Kind]int{}
	var order []inspect.Kind
	for _, event := range events {
		if event.G != id {
			continue
		}
		switch event.Kind {
		case inspect.Yield, inspect.Block, inspect.Preempt, inspect.End:
			if counts[event.Kind] == 0 {
				order = append(order, event.Kind)
			}
			counts[event.Kind]++
		}
	}
	if counts[inspect.Preempt] > 0 && !mayBePreempted {
		watch(what, f, false)
		return
	}
	fmt.Println(what, order)
	if n := counts[inspect.Preempt]; n > 0 {
		fmt.Println("  preempted more than once:", n > 1)
	}
}

func main() {
	watch("1. it calls Gosched, and ends:", func() { runtime.Gosched() }, false)
	watch("2. it blocks, and ends:       ", func() { <-time.After(time.Millisecond) }, false)
	watch("3. it runs for 50 ms:         ", func() {
		for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
		}
	}, true)
	// A loop without calls has a poll at its end: nobody can keep the processor.
	stop := false
	go func() {
		for !stop {
		}
	}()
	time.Sleep(20 * time.Millisecond)
	fmt.Println("main runs beside an endless loop on one processor: true")
}
