// runtime/metrics: the metrics that this runtime has. The others are of the kind "bad", as the package documents.

package runtime

import "unsafe"

// Kinds of values; the numbers of runtime/metrics.
const (
	metricBad = iota
	metricUint64
	metricFloat64
)

// metricSample is metrics.Sample.
type metricSample struct {
	name    string
	kind    int
	scalar  uint64
	pointer unsafe.Pointer
}

//go:linkname metrics_readMetrics runtime/metrics.runtime_readMetrics
func metrics_readMetrics(samples unsafe.Pointer, n, capacity int) {
	m := new(MemStats)
	ReadMemStats(m)
	for i := range unsafe.Slice((*metricSample)(samples), n) {
		s := (*metricSample)(add(samples, uintptr(i)*unsafe.Sizeof(metricSample{})))
		s.kind, s.scalar, s.pointer = metricBad, 0, nil
		if v, ok := metricValue(s.name, m); ok {
			s.kind, s.scalar = metricUint64, v
		}
	}
}

// metricValue returns the value of a metric that is a number.
func metricValue(name string, m *MemStats) (uint64, bool) {
	switch name {
	case "/gc/cycles/total:gc-cycles":
		return uint64(m.NumGC), true
	case "/gc/heap/allocs:bytes":
		return m.TotalAlloc, true
	case "/gc/heap/allocs:objects":
		return m.Mallocs, true
	case "/gc/heap/frees:bytes":
		return m.TotalAlloc - m.HeapAlloc, true
	case "/gc/heap/frees:objects":
		return m.Frees, true
	case "/gc/heap/goal:bytes":
		return m.NextGC, true
	case "/gc/heap/live:bytes":
		return m.HeapAlloc, true
	case "/gc/heap/objects:objects":
		return m.HeapObjects, true
	case "/memory/classes/heap/free:bytes":
		return m.HeapIdle - m.HeapReleased, true
	case "/memory/classes/heap/objects:bytes":
		return m.HeapAlloc, true
	case "/memory/classes/heap/released:bytes":
		return m.HeapReleased, true
	case "/memory/classes/heap/stacks:bytes":
		return m.StackInuse, true
	case "/memory/classes/heap/unused:bytes":
		return m.HeapInuse - m.HeapAlloc, true
	case "/memory/classes/total:bytes":
		return m.Sys, true
	case "/sched/gomaxprocs:threads":
		return uint64(GOMAXPROCS(0)), true
	case "/sched/goroutines:goroutines":
		return uint64(NumGoroutine()), true
	case "/sched/goroutines/not-in-go:goroutines":
		return schedCount(0), true
	case "/sched/goroutines/runnable:goroutines":
		return schedCount(1), true
	case "/sched/goroutines/running:goroutines":
		return schedCount(2), true
	case "/sched/goroutines/waiting:goroutines":
		return schedCount(3), true
	case "/sched/goroutines-created:goroutines":
		return schedCount(4), true
	case "/sched/threads/total:threads":
		return uint64(rustNumThreads()), true
	}
	lock(&godebugState.lock)
	read := godebugCounters[name]
	unlock(&godebugState.lock)
	if read == nil {
		return 0, hasPrefix(name, "/godebug/non-default-behavior/")
	}
	return read(), true
}

// schedCount returns one of the scheduler's counts; their order is sched_counts'.
func schedCount(i int) uint64 {
	counts := new([5]uint64)
	rustSchedCounts(counts)
	return counts[i]
}
