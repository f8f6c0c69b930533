// Work stealing: a processor without goroutines takes half of another's queue.
// env: GOMAXPROCS=4
package main

import (
	"fmt"
	"groundhog/inspect"
	"sync"
)

//go:noinline
func work(n int) (sum int) {
	for i := range n {
		sum += i
	}
	return sum
}

func main() {
	fmt.Println("processors:", inspect.Schedule().Processors)
	var (
		group      sync.WaitGroup
		mu         sync.Mutex
		stolen     int
		processors = map[int]bool{}
	)
	inspect.Record(true)
	for round := 0; round < 1000 && (stolen == 0 || len(processors) < 2); round++ {
		for range 200 {
			group.Go(func() {
				work(100_000)
				g := inspect.Self()
				mu.Lock()
				defer mu.Unlock()
				processors[g.Processor] = true
				if g.Source == inspect.Stolen {
					stolen++
				}
			})
		}
		group.Wait()
	}
	inspect.Record(false)
	fmt.Println("goroutines of one queue ran on several processors:", len(processors) > 1)
	fmt.Println("thieves found goroutines:", stolen > 0)
	batch := uint64(0)
	for _, event := range inspect.Events() {
		if event.Kind == inspect.Steal {
			batch = max(batch, event.Arg)
		}
	}
	fmt.Println("a thief takes up to half of a queue, at most 128:", batch <= 128)
}
