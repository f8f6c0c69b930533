// Statistics and settings of the collector: ReadMemStats and what runtime/debug sets.

package runtime

import "unsafe"

// numSizeClasses is abi::N_SIZE_CLASSES.
const numSizeClasses = 68

// heapSnapshot is what the runtime fills in; rt's Snapshot around rt-heap's MemStats.
type heapSnapshot struct {
	totalAlloc   uint64
	heapAlloc    uint64
	mallocs      uint64
	frees        uint64
	heapSys      uint64
	heapIdle     uint64
	heapInuse    uint64
	heapReleased uint64
	manualInuse  uint64
	gcSys        uint64
	nextGC       uint64
	numGC        uint32
	sizeMallocs  [numSizeClasses]uint64
	sizeFrees    [numSizeClasses]uint64
	stackInuse   uint64
	pauseTotal   uint64
	nPauses      uint64
	nForced      uint64
	cpuFraction  float64
	gcPercent    int64
	memoryLimit  int64
	globalBytes  uint64
	elapsed      int64
}

// MemStats holds the statistics of the heap; the names are explained in Go's documentation.
type MemStats struct {
	Alloc         uint64 // bytes of live and not yet swept objects
	TotalAlloc    uint64 // bytes ever allocated
	Sys           uint64 // bytes obtained from the system
	Lookups       uint64 // always 0
	Mallocs       uint64
	Frees         uint64
	HeapAlloc     uint64
	HeapSys       uint64
	HeapIdle      uint64
	HeapInuse     uint64
	HeapReleased  uint64
	HeapObjects   uint64
	StackInuse    uint64
	StackSys      uint64
	MSpanInuse    uint64
	MSpanSys      uint64
	MCacheInuse   uint64
	MCacheSys     uint64
	BuckHashSys   uint64
	GCSys         uint64 // bytes of the collector's own tables
	OtherSys      uint64
	NextGC        uint64 // heap size at which the next collection ends
	LastGC        uint64 // nanoseconds since 1970
	PauseTotalNs  uint64
	PauseNs       [256]uint64 // ring; the latest is at (NumGC+255)%256
	PauseEnd      [256]uint64
	NumGC         uint32
	NumForcedGC   uint32
	GCCPUFraction float64
	EnableGC      bool
	DebugGC       bool
	BySize        [61]struct {
		Size    uint32
		Mallocs uint64
		Frees   uint64
	}
}

// sizeClasses are the object sizes that MemStats.BySize reports.
var sizeClasses = [61]uint32{0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416,
	448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200,
	3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384,
	18432}

// ReadMemStats fills m. The world is stopped while the numbers are taken.
func ReadMemStats(m *MemStats) {
	readMemStats(m, new(heapSnapshot))
}

func readMemStats(m *MemStats, s *heapSnapshot) {
	rustReadMemStats(s)
	*m = MemStats{
		Alloc:        s.heapAlloc,
		TotalAlloc:   s.totalAlloc,
		Sys:          s.heapSys + s.stackInuse + s.gcSys,
		Mallocs:      s.mallocs,
		Frees:        s.frees,
		HeapAlloc:    s.heapAlloc,
		HeapSys:      s.heapSys,
		HeapIdle:     s.heapIdle,
		HeapInuse:    s.heapInuse,
		HeapReleased: s.heapReleased,
		HeapObjects:  s.mallocs - s.frees,
		StackInuse:   s.stackInuse,
		StackSys:     s.stackInuse,
		GCSys:        s.gcSys,
		NextGC:       s.nextGC,
		PauseTotalNs: s.pauseTotal,
		NumGC:        s.numGC,
		NumForcedGC:  uint32(s.nForced),
		EnableGC:     true,

		GCCPUFraction: s.cpuFraction,
	}
	for i := range m.BySize {
		m.BySize[i].Size = sizeClasses[i]
		m.BySize[i].Mallocs = s.sizeMallocs[i]
		m.BySize[i].Frees = s.sizeFrees[i]
	}
	var pauses [2 * 256]int64 // in the frame: reading the numbers must not change them
	n := rustReadGCStats(&pauses[0], len(pauses))
	ns, ends := pauses[:n], pauses[n:2*n]
	for i := range ns {
		slot := (int(m.NumGC) + 255 - i) % 256
		if slot < 0 {
			break
		}
		m.PauseNs[slot], m.PauseEnd[slot] = uint64(ns[i]), uint64(ends[i])
	}
	if len(ends) > 0 {
		m.LastGC = uint64(ends[0])
	}
}

// readPauses returns lengths and ends of the last pauses, newest first.
func readPauses() (ns, ends []int64) {
	out := make([]int64, 2*256)
	n := rustReadGCStats(&out[0], len(out))
	return out[:n], out[n : 2*n]
}

// ---- runtime/debug -----------------------------------------------------------------------------------------------

// debug_readGCStats fills *pauses as runtime/debug expects: lengths, ends, then last end, number of cycles, total pause.
//
//go:linkname debug_readGCStats runtime/debug.readGCStats
func debug_readGCStats(pauses *[]uint64) {
	m := new(MemStats)
	ReadMemStats(m)
	ns, ends := readPauses()
	p := (*pauses)[:0]
	for _, v := range ns {
		p = append(p, uint64(v))
	}
	for _, v := range ends {
		p = append(p, uint64(v))
	}
	*pauses = append(p, m.LastGC, uint64(m.NumGC), m.PauseTotalNs)
}

//go:linkname debug_freeOSMemory runtime/debug.freeOSMemory
func debug_freeOSMemory() { rustFreeOSMemory(cleanPools()) }

//go:linkname debug_setGCPercent runtime/debug.setGCPercent
func debug_setGCPercent(percent int32) int32 { return int32(rustSetGCPercent(int(percent))) }

//go:linkname debug_setMemoryLimit runtime/debug.setMemoryLimit
func debug_setMemoryLimit(limit int64) int64 { return rustSetMemoryLimit(limit) }

//go:linkname debug_setMaxStack runtime/debug.setMaxStack
func debug_setMaxStack(n int) int { return rustSetMaxStack(n) }

//go:linkname debug_setMaxThreads runtime/debug.setMaxThreads
func debug_setMaxThreads(n int) int { return rustSetMaxThreads(n) }

//go:linkname debug_setPanicOnFault runtime/debug.setPanicOnFault
func debug_setPanicOnFault(on bool) bool {
	gp := getg()
	old := gp.panicOnFault != 0
	gp.panicOnFault = 0
	if on {
		gp.panicOnFault = 1
	}
	return old
}

//go:linkname debug_SetTraceback runtime/debug.SetTraceback
func debug_SetTraceback(level string) { rustSetTraceback(unsafe.StringData(level), len(level)) }

//go:linkname debug_WriteHeapDump runtime/debug.WriteHeapDump
func debug_WriteHeapDump(fd uintptr) {
	noteMissing("debug.WriteHeapDump writes nothing: this heap has no dump format")
}

//go:linkname debug_modinfo runtime/debug.modinfo
func debug_modinfo() string {
	const frame = "0123456789abcdef" // runtime/debug cuts 16 bytes off both ends
	info := rustProgramInfo().buildInfo.string()
	if info == "" {
		return ""
	}
	return frame + info + frame
}

// setCrashFD is called by debug.SetCrashOutput.
func setCrashFD(fd uintptr) uintptr { return rustSetCrashFD(fd) }
