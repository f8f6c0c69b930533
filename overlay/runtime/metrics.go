// runtime/metrics: all of Go's metrics. What this runtime does not have, such as caches per thread of the collector's
// metadata, counts 0.

package runtime

import (
	"internal/godebugs"
	"internal/runtime/gc"
	"unsafe"
)

// Kinds of values; the numbers of runtime/metrics.
const (
	metricBad = iota
	metricUint64
	metricFloat64
	metricHistogram
)

// metricSample is metrics.Sample.
type metricSample struct {
	name    string
	kind    int
	scalar  uint64
	pointer unsafe.Pointer
}

// floatHistogram is metrics.Float64Histogram.
type floatHistogram struct {
	counts  []uint64
	buckets []float64
}

// metricInput is what values are computed from.
type metricInput struct {
	MemStats
	heapSnapshot
}

//go:linkname metrics_readMetrics runtime/metrics.runtime_readMetrics
func metrics_readMetrics(samples unsafe.Pointer, n, capacity int) {
	in := new(metricInput)
	readMemStats(&in.MemStats, &in.heapSnapshot)
	for i := range unsafe.Slice((*metricSample)(samples), n) {
		s := (*metricSample)(add(samples, uintptr(i)*unsafe.Sizeof(metricSample{})))
		s.read(in)
	}
}

// read fills in the value.
func (s *metricSample) read(in *metricInput) {
	s.kind, s.scalar, s.pointer = metricBad, 0, nil
	for i := range numberMetrics {
		if m := &numberMetrics[i]; m.name == s.name {
			s.kind, s.scalar = metricUint64, m.read(in)
			return
		}
	}
	for i := range secondsMetrics {
		if m := &secondsMetrics[i]; m.name == s.name {
			seconds := m.read(in)
			s.kind, s.scalar = metricFloat64, *(*uint64)(unsafe.Pointer(&seconds))
			return
		}
	}
	for i := range histogramMetrics {
		if m := &histogramMetrics[i]; m.name == s.name {
			s.kind, s.pointer = metricHistogram, unsafe.Pointer(m.read(in))
			return
		}
	}
	s.readGodebug()
}

// readGodebug fills in how often a setting has mattered.
func (s *metricSample) readGodebug() {
	if !hasPrefix(s.name, godebugPrefix) {
		return
	}
	s.kind = metricUint64
	lock(&godebugState.lock)
	read := godebugCounters[s.name]
	unlock(&godebugState.lock)
	if read != nil {
		s.scalar = read()
	}
}

const (
	godebugPrefix = "/godebug/non-default-behavior/"
	godebugSuffix = ":events"
)

// numberMetric is a metric that is a number.
type numberMetric struct {
	name string
	read func(in *metricInput) uint64
}

// secondsMetric is a metric in seconds.
type secondsMetric struct {
	name string
	read func(in *metricInput) float64
}

// histogramMetric is a metric that counts by size or time.
type histogramMetric struct {
	name string
	read func(in *metricInput) *floatHistogram
}

func none(in *metricInput) uint64 { return 0 }

func noTime(in *metricInput) float64 { return 0 }

var numberMetrics = []numberMetric{
	{"/cgo/go-to-c-calls:calls", none},
	{"/gc/cleanups/executed:cleanups", func(in *metricInput) uint64 { return cleanupsExecuted.Load() }},
	{"/gc/cleanups/queued:cleanups", func(in *metricInput) uint64 { return cleanupsExecuted.Load() }},
	{"/gc/cycles/automatic:gc-cycles", func(in *metricInput) uint64 { return uint64(in.NumGC - in.NumForcedGC) }},
	{"/gc/cycles/forced:gc-cycles", func(in *metricInput) uint64 { return uint64(in.NumForcedGC) }},
	{"/gc/cycles/total:gc-cycles", func(in *metricInput) uint64 { return uint64(in.NumGC) }},
	{"/gc/finalizers/executed:finalizers", func(in *metricInput) uint64 { return finalizersExecuted.Load() }},
	{"/gc/finalizers/queued:finalizers", func(in *metricInput) uint64 { return finalizersQueued() }},
	{"/gc/gogc:percent", func(in *metricInput) uint64 { return uint64(in.gcPercent) }},
	{"/gc/gomemlimit:bytes", func(in *metricInput) uint64 { return uint64(in.memoryLimit) }},
	{"/gc/heap/allocs:bytes", func(in *metricInput) uint64 { return in.TotalAlloc }},
	{"/gc/heap/allocs:objects", func(in *metricInput) uint64 { return in.Mallocs }},
	{"/gc/heap/frees:bytes", func(in *metricInput) uint64 { return in.TotalAlloc - in.HeapAlloc }},
	{"/gc/heap/frees:objects", func(in *metricInput) uint64 { return in.Frees }},
	{"/gc/heap/goal:bytes", func(in *metricInput) uint64 { return in.NextGC }},
	{"/gc/heap/live:bytes", func(in *metricInput) uint64 { return in.HeapAlloc }},
	{"/gc/heap/objects:objects", func(in *metricInput) uint64 { return in.HeapObjects }},
	{"/gc/heap/tiny/allocs:objects", none},
	{"/gc/limiter/last-enabled:gc-cycle", none},
	{"/gc/scan/globals:bytes", func(in *metricInput) uint64 { return in.globalBytes }},
	{"/gc/scan/heap:bytes", func(in *metricInput) uint64 { return in.HeapAlloc }},
	{"/gc/scan/stack:bytes", func(in *metricInput) uint64 { return in.StackInuse }},
	{"/gc/scan/total:bytes", func(in *metricInput) uint64 { return in.globalBytes + in.HeapAlloc + in.StackInuse }},
	{"/gc/stack/starting-size:bytes", func(in *metricInput) uint64 { return 2048 }},
	{"/memory/classes/heap/free:bytes", func(in *metricInput) uint64 { return in.HeapIdle - in.HeapReleased }},
	{"/memory/classes/heap/objects:bytes", func(in *metricInput) uint64 { return in.HeapAlloc }},
	{"/memory/classes/heap/released:bytes", func(in *metricInput) uint64 { return in.HeapReleased }},
	{"/memory/classes/heap/stacks:bytes", func(in *metricInput) uint64 { return in.StackInuse }},
	{"/memory/classes/heap/unused:bytes", func(in *metricInput) uint64 { return in.HeapInuse - in.HeapAlloc }},
	{"/memory/classes/metadata/mcache/free:bytes", none},
	{"/memory/classes/metadata/mcache/inuse:bytes", none},
	{"/memory/classes/metadata/mspan/free:bytes", none},
	{"/memory/classes/metadata/mspan/inuse:bytes", none},
	{"/memory/classes/metadata/other:bytes", func(in *metricInput) uint64 { return in.GCSys }},
	{"/memory/classes/os-stacks:bytes", none},
	{"/memory/classes/other:bytes", none},
	{"/memory/classes/profiling/buckets:bytes", none},
	{"/memory/classes/total:bytes", func(in *metricInput) uint64 { return in.Sys }},
	{"/sched/gomaxprocs:threads", func(in *metricInput) uint64 { return uint64(GOMAXPROCS(0)) }},
	{"/sched/goroutines:goroutines", func(in *metricInput) uint64 { return uint64(NumGoroutine()) }},
	{"/sched/goroutines/not-in-go:goroutines", func(in *metricInput) uint64 { return schedCount(0) }},
	{"/sched/goroutines/runnable:goroutines", func(in *metricInput) uint64 { return schedCount(1) }},
	{"/sched/goroutines/running:goroutines", func(in *metricInput) uint64 { return schedCount(2) }},
	{"/sched/goroutines/waiting:goroutines", func(in *metricInput) uint64 { return schedCount(3) }},
	{"/sched/goroutines-created:goroutines", func(in *metricInput) uint64 { return schedCount(4) }},
	{"/sched/threads/total:threads", func(in *metricInput) uint64 { return uint64(rustNumThreads()) }},
}

// All marking is in the place of dedicated workers: goroutines that help, and idle processors, are not told apart.
var secondsMetrics = []secondsMetric{
	{"/cpu/classes/gc/mark/assist:cpu-seconds", noTime},
	{"/cpu/classes/gc/mark/dedicated:cpu-seconds", (*metricInput).markSeconds},
	{"/cpu/classes/gc/mark/idle:cpu-seconds", noTime},
	{"/cpu/classes/gc/pause:cpu-seconds", (*metricInput).pauseSeconds},
	{"/cpu/classes/gc/total:cpu-seconds", (*metricInput).gcSeconds},
	{"/cpu/classes/idle:cpu-seconds", func(in *metricInput) float64 {
		return max(in.totalSeconds()-in.gcSeconds()-in.userSeconds(), 0)
	}},
	{"/cpu/classes/scavenge/assist:cpu-seconds", noTime},
	{"/cpu/classes/scavenge/background:cpu-seconds", noTime},
	{"/cpu/classes/scavenge/total:cpu-seconds", noTime},
	{"/cpu/classes/total:cpu-seconds", (*metricInput).totalSeconds},
	{"/cpu/classes/user:cpu-seconds", (*metricInput).userSeconds},
	{"/sync/mutex/wait/total:seconds", func(in *metricInput) float64 { return float64(rustMetricsMeasure()) / 1e9 }},
}

// Histograms of times; rt's metrics::Times.
const (
	timesCollectorPause = iota
	timesCollectorStopping
	timesOtherPause
	timesOtherStopping
	timesRunnable
)

var histogramMetrics = []histogramMetric{
	{"/gc/heap/allocs-by-size:bytes", func(in *metricInput) *floatHistogram {
		return sizeHistogram(&in.sizeMallocs, in.Mallocs)
	}},
	{"/gc/heap/frees-by-size:bytes", func(in *metricInput) *floatHistogram {
		return sizeHistogram(&in.sizeFrees, in.Frees)
	}},
	{"/gc/pauses:seconds", func(in *metricInput) *floatHistogram { return timeHistogram(timesCollectorPause) }},
	{"/sched/latencies:seconds", func(in *metricInput) *floatHistogram {
		rustMetricsMeasure()
		return timeHistogram(timesRunnable)
	}},
	{"/sched/pauses/stopping/gc:seconds", func(in *metricInput) *floatHistogram {
		return timeHistogram(timesCollectorStopping)
	}},
	{"/sched/pauses/stopping/other:seconds", func(in *metricInput) *floatHistogram {
		return timeHistogram(timesOtherStopping)
	}},
	{"/sched/pauses/total/gc:seconds", func(in *metricInput) *floatHistogram { return timeHistogram(timesCollectorPause) }},
	{"/sched/pauses/total/other:seconds", func(in *metricInput) *floatHistogram { return timeHistogram(timesOtherPause) }},
}

// finalizersQueued counts those that ran and those that wait; among the latter are cleanups.
func finalizersQueued() uint64 {
	n := finalizersExecuted.Load()
	if finalizersStarted.Load() != 0 {
		n += uint64(rustFinalizersPending())
	}
	return n
}

// totalSeconds is the time that the processors could have used.
func (in *metricInput) totalSeconds() float64 {
	return float64(in.elapsed) / 1e9 * float64(GOMAXPROCS(0))
}

func (in *metricInput) pauseSeconds() float64 {
	return float64(in.PauseTotalNs) / 1e9 * float64(GOMAXPROCS(0))
}

func (in *metricInput) gcSeconds() float64 { return in.GCCPUFraction * in.totalSeconds() }

func (in *metricInput) markSeconds() float64 { return max(in.gcSeconds()-in.pauseSeconds(), 0) }

// userSeconds is what the process has used, but for the collector.
func (in *metricInput) userSeconds() float64 {
	const processTime = 2
	var spec [2]int64
	rustSyscall6(sysClockGettime, processTime, uintptr(unsafe.Pointer(&spec)), 0, 0, 0, 0)
	return max(float64(spec[0])+float64(spec[1])/1e9-in.gcSeconds(), 0)
}

// infinity is the end of the last bucket.
func infinity() float64 {
	bits := uint64(0x7ff0000000000000)
	return *(*float64)(unsafe.Pointer(&bits))
}

// sizeHistogram makes a histogram of counts by size class; what is not in them is large.
func sizeHistogram(bySize *[numSizeClasses]uint64, total uint64) *floatHistogram {
	h := &floatHistogram{make([]uint64, numSizeClasses), make([]float64, numSizeClasses, numSizeClasses+1)}
	h.buckets[0] = 1 // the smallest objects
	for class := 1; class < numSizeClasses; class++ {
		h.counts[class-1] = bySize[class]
		total -= bySize[class]
		h.buckets[class] = float64(gc.SizeClassToSize[class]) + 1
	}
	h.counts[numSizeClasses-1] = total
	h.buckets = append(h.buckets, infinity())
	return h
}

// Buckets of times, as in rt's metrics: a first one, quarters of powers of two, and a last one.
const (
	timeLowestLog2  = 6
	timeHighestLog2 = 42
	timeParts       = 4
	numTimeBuckets  = 2 + (timeHighestLog2-timeLowestLog2)*timeParts
)

func timeHistogram(what int) *floatHistogram {
	counts := new([numTimeBuckets]uint64)
	rustMetricsTimes(what, counts)
	buckets := make([]float64, 1, numTimeBuckets+1) // from 0
	for log2 := timeLowestLog2; log2 < timeHighestLog2; log2++ {
		for part := range timeParts {
			buckets = append(buckets, float64((timeParts+part)<<log2)/timeParts/1e9)
		}
	}
	buckets = append(buckets, float64(1<<timeHighestLog2)/1e9, infinity())
	return &floatHistogram{counts[:], buckets}
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
	for _, m := range numberMetrics {
		names = append(names, m.name)
	}
	for _, m := range secondsMetrics {
		names = append(names, m.name)
	}
	for _, m := range histogramMetrics {
		names = append(names, m.name)
	}
	for _, setting := range godebugs.All {
		if !setting.Opaque {
			names = append(names, godebugPrefix+setting.Name+godebugSuffix)
		}
	}
	return names
}
