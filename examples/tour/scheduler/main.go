// Scheduler: where each goroutine is found: the run-next slot, the own queue, the global queue.
// env: GOMAXPROCS=1
package main

import (
	"fmt"
	"groundhog/inspect"
	"runtime"
)

// undisturbed runs f until no goroutine is preempted in it, which happens on a busy machine.
func undisturbed(f func()) {
	for disturbed := true; disturbed; {
		inspect.Record(true)
		f()
		inspect.Record(false)
		disturbed = false
		for _, event := range inspect.Events() {
			disturbed = disturbed || event.Kind == inspect.Preempt
		}
	}
}

func main() {
	fmt.Println("one processor:", inspect.Schedule().Processors == 1)

	// Ten goroutines are started; the last one sits in the run-next slot, the others queue behind each other.
	type run struct {
		i    int
		from inspect.Source
	}
	var runs []run
	var queued int
	undisturbed(func() {
		runs = runs[:0]
		runtime.Gosched() // what else is queued runs first
		before := inspect.Schedule().Local[0]
		order := make(chan run, 10)
		for i := range 10 {
			go func() { order <- run{i, inspect.Self().Source} }()
		}
		queued = inspect.Schedule().Local[0] - before
		for range 10 {
			runs = append(runs, <-order)
		}
	})
	fmt.Println("queued:", queued)
	for _, r := range runs {
		fmt.Printf("goroutine %d from the %v\n", r.i, r.from)
	}

	// A full queue (256) gives half of itself to the global queue.
	done := make(chan inspect.Source, 300)
	var s inspect.Scheduler
	undisturbed(func() {
		for len(done) > 0 {
			<-done
		}
		for range 300 {
			go func() { done <- inspect.Self().Source }()
		}
		s = inspect.Schedule()
		for len(done) < 300 {
			runtime.Gosched()
		}
	})
	fmt.Println("of 300: local at most 257:", s.Local[0] <= 257, "- global at least 128:", s.Global >= 128)
	counts := map[string]int{}
	for range 300 {
		counts[(<-done).String()]++
	}
	fmt.Println("run-next once at least:", counts["run-next slot"] >= 1)
	fmt.Println("every 61st turn looked at the global queue first:", counts["global queue (61st tick)"] >= 1)
	fmt.Println("the rest came from both queues:", counts["local queue"] > 150, counts["global queue"] >= 1)

	// Who yields goes to the end of the global queue.
	runtime.Gosched()
	fmt.Println("after Gosched:", inspect.Self().Source)
}
