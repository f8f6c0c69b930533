// A seed replays an execution exactly; other seeds give other executions. The work mixes whatever could differ between
// two runs: channels, select, mutexes, conditions, timers, the order of maps, random numbers, clocks, collections.
// not in: heap because it starts many processes, and each would collect hundreds of times
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

const (
	nSeeds = 6
	nRuns  = 5
)

func main() {
	if os.Getenv("GROUNDHOG_SEED") != "" {
		work()
		return
	}
	outputs := map[string]bool{}
	for seed := range nSeeds {
		first := run(seed)
		for range nRuns - 1 {
			if again := run(seed); again != first {
				fmt.Printf("seed %d: two runs differ\n%s\n%s\n", seed, first, again)
			}
		}
		if len(first) < 1000 {
			fmt.Printf("seed %d: too little happened: %s\n", seed, first)
		}
		outputs[first] = true
	}
	fmt.Println(len(outputs), "executions of", nSeeds, "seeds")
}

func run(seed int) string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprint("GROUNDHOG_SEED=", seed))
	output, err := cmd.CombinedOutput()
	if err != nil {
		fmt.Printf("seed %d: %v\n", seed, err)
	}
	return string(output)
}

// journal is written by whoever runs.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func work() {
	start := time.Now()
	j := new(journal)
	var all sync.WaitGroup
	for _, f := range []func(*journal){channels, locks, timers, maps, conditions} {
		for range 2 {
			all.Go(func() { f(j) })
		}
	}
	all.Wait()
	fmt.Println(start.UnixNano(), time.Since(start), runtime.NumGoroutine())
	for _, line := range j.lines {
		fmt.Println(line)
	}
}

func channels(j *journal) {
	a, b := make(chan int), make(chan int, 2)
	for id := range 3 {
		go func() {
			for i := range 10 {
				select {
				case a <- id*100 + i:
				case b <- -id*100 - i:
				}
			}
		}()
	}
	for range 30 {
		select {
		case v := <-a:
			j.add("a %d", v)
		case v := <-b:
			j.add("b %d", v)
		}
	}
}

func locks(j *journal) {
	var mu sync.RWMutex
	var all sync.WaitGroup
	n := 0
	for id := range 4 {
		all.Go(func() {
			for range 10 {
				mu.Lock()
				n++
				j.add("lock %d %d", id, n)
				mu.Unlock()
				runtime.Gosched()
				mu.RLock()
				_ = n
				mu.RUnlock()
			}
		})
	}
	all.Wait()
}

func timers(j *journal) {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for i := range 10 {
		time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, func() { j.add("after %d", i) })
		select {
		case now := <-tick.C:
			j.add("tick %d", now.UnixNano())
		case <-time.After(time.Duration(rand.IntN(6)) * time.Millisecond):
			j.add("timeout %d", time.Now().UnixNano())
		}
	}
	time.Sleep(30 * time.Millisecond)
}

func maps(j *journal) {
	m := map[int]string{}
	for range 40 {
		m[rand.IntN(1000)] = "x"
	}
	for key := range m {
		j.add("key %d", key)
	}
	runtime.GC()
	j.add("map %v", m)
}

func conditions(j *journal) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	ready, pool := 0, sync.Pool{New: func() any { return new([64]byte) }}
	for id := range 4 {
		go func() {
			b := pool.Get()
			mu.Lock()
			ready++
			j.add("ready %d", id)
			cond.Broadcast()
			mu.Unlock()
			pool.Put(b)
		}()
	}
	mu.Lock()
	for ready < 4 {
		cond.Wait()
		j.add("woken at %d", ready)
	}
	mu.Unlock()
}
