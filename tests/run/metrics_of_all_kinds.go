// Every metric that Go documents has a value of its kind, and histograms add up.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

func read(name string) metrics.Value {
	samples := []metrics.Sample{{Name: name}}
	metrics.Read(samples)
	return samples[0].Value
}

func count(name string) (n uint64) {
	h := read(name).Float64Histogram()
	if len(h.Buckets) != len(h.Counts)+1 {
		fmt.Println(name, "has", len(h.Buckets), "limits of", len(h.Counts), "buckets")
	}
	for i, c := range h.Counts {
		if h.Buckets[i] >= h.Buckets[i+1] {
			fmt.Println(name, "is not sorted")
		}
		n += c
	}
	return n
}

func main() {
	for _, d := range metrics.All() {
		if kind := read(d.Name).Kind(); kind != d.Kind {
			fmt.Println(d.Name, kind, d.Kind)
		}
	}
	debug.SetGCPercent(150)
	debug.SetMemoryLimit(1 << 30)
	runtime.GC()
	fmt.Println(read("/gc/gogc:percent").Uint64(), read("/gc/gomemlimit:bytes").Uint64())
	fmt.Println(read("/gc/cycles/forced:gc-cycles").Uint64())
	fmt.Println(count("/gc/heap/allocs-by-size:bytes") > 100, count("/sched/pauses/total/gc:seconds") >= 2)

	var mu sync.Mutex
	mu.Lock()
	locked := make(chan bool)
	go func() {
		mu.Lock()
		close(locked)
	}()
	time.Sleep(20 * time.Millisecond)
	mu.Unlock()
	<-locked
	fmt.Println(read("/sync/mutex/wait/total:seconds").Float64() > 0.001, count("/sched/latencies:seconds") > 0)
	for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
	}
	fmt.Println(read("/cpu/classes/user:cpu-seconds").Float64() > 0.001, read("/cpu/classes/total:cpu-seconds").Float64() > 0.001)
}
