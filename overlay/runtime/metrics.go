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

// metric is a metric that is a number.
type metric struct {
	name string
	read func(m *MemStats) uint64
}

// scalarMetrics are the metrics of this runtime.
var scalarMetrics = []metric{
	{"/gc/cycles/total:gc-cycles", func(m *MemStats) uint64 { return uint64(m.NumGC) }},
	{"/gc/heap/allocs:bytes", func(m *MemStats) uint64 { return m.TotalAlloc }},
	{"/gc/heap/allocs:objects", func(m *MemStats) uint64 { return m.Mallocs }},
	{"/gc/heap/frees:bytes", func(m *MemStats) uint64 { return m.TotalAlloc - m.HeapAlloc }},
	{"/gc/heap/frees:objects", func(m *MemStats) uint64 { return m.Frees }},
	{"/gc/heap/goal:bytes", func(m *MemStats) uint64 { return m.NextGC }},
	{"/gc/heap/live:bytes", func(m *MemStats) uint64 { return m.HeapAlloc }},
	{"/gc/heap/objects:objects", func(m *MemStats) uint64 { return m.HeapObjects }},
	{"/memory/classes/heap/free:bytes", func(m *MemStats) uint64 { return m.HeapIdle - m.HeapReleased }},
	{"/memory/classes/heap/objects:bytes", func(m *MemStats) uint64 { return m.HeapAlloc }},
	{"/memory/classes/heap/released:bytes", func(m *MemStats) uint64 { return m.HeapReleased }},
	{"/memory/classes/heap/stacks:bytes", func(m *MemStats) uint64 { return m.StackInuse }},
	{"/memory/classes/heap/unused:bytes", func(m *MemStats) uint64 { return m.HeapInuse - m.HeapAlloc }},
	{"/memory/classes/total:bytes", func(m *MemStats) uint64 { return m.Sys }},
	{"/sched/gomaxprocs:threads", func(m *MemStats) uint64 { return uint64(GOMAXPROCS(0)) }},
	{"/sched/goroutines:goroutines", func(m *MemStats) uint64 { return uint64(NumGoroutine()) }},
	{"/sched/goroutines/not-in-go:goroutines", func(m *MemStats) uint64 { return schedCount(0) }},
	{"/sched/goroutines/runnable:goroutines", func(m *MemStats) uint64 { return schedCount(1) }},
	{"/sched/goroutines/running:goroutines", func(m *MemStats) uint64 { return schedCount(2) }},
	{"/sched/goroutines/waiting:goroutines", func(m *MemStats) uint64 { return schedCount(3) }},
	{"/sched/goroutines-created:goroutines", func(m *MemStats) uint64 { return schedCount(4) }},
	{"/sched/threads/total:threads", func(m *MemStats) uint64 { return uint64(rustNumThreads()) }},
}

// metricValue returns the value of a metric.
func metricValue(name string, m *MemStats) (uint64, bool) {
	for _, metric := range scalarMetrics {
		if metric.name == name {
			return metric.read(m), true
		}
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

// metrics_readMetricNames is for the tests of runtime/metrics.
//
//go:linkname metrics_readMetricNames runtime/metrics_test.runtime_readMetricNames
func metrics_readMetricNames() []string {
	var names []string
	for _, metric := range scalarMetrics {
		names = append(names, metric.name)
	}
	return names
}
