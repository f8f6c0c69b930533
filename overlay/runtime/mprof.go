// Profiles of goroutines, memory, waiting, contention, and the processors.

package runtime

import (
	"internal/abi"
	"internal/profilerecord"
	"internal/runtime/atomic"
	"unsafe"
)

// MemProfileRate is the number of bytes per sampled allocation; 1 samples all, and 0 none.
var MemProfileRate int = 512 * 1024

// A StackRecord is one call stack; unused entries are 0.
type StackRecord struct {
	Stack0 [32]uintptr
}

// Stack returns the used part.
func (r *StackRecord) Stack() []uintptr { return usedStack(r.Stack0[:]) }

func usedStack(stack []uintptr) []uintptr {
	for i, pc := range stack {
		if pc == 0 {
			return stack[:i]
		}
	}
	return stack
}

// A MemProfileRecord counts the allocations of one call stack.
type MemProfileRecord struct {
	AllocBytes, FreeBytes     int64
	AllocObjects, FreeObjects int64
	Stack0                    [32]uintptr
}

// InUseBytes returns the bytes in use.
func (r *MemProfileRecord) InUseBytes() int64 { return r.AllocBytes - r.FreeBytes }

// InUseObjects returns the objects in use.
func (r *MemProfileRecord) InUseObjects() int64 { return r.AllocObjects - r.FreeObjects }

// Stack returns the call stack.
func (r *MemProfileRecord) Stack() []uintptr { return usedStack(r.Stack0[:]) }

// A BlockProfileRecord counts how often and how long goroutines waited at one call stack.
type BlockProfileRecord struct {
	Count  int64
	Cycles int64
	StackRecord
}

// Kinds of profiles; rt's profile::Kind.
const (
	profileMemory = iota
	profileBlock
	profileMutex
)

// profileLine is one call stack of a profile as the runtime gives it. The counts are objects and bytes allocated, objects
// and bytes freed; or waits and nanoseconds.
type profileLine struct {
	counts [4]int64
	stack  [128]uintptr
}

// readProfile returns all lines of a profile.
func readProfile(kind int) []profileLine {
	lines := make([]profileLine, rustProfileRead(kind, nil, 0)+16)
	for {
		n := rustProfileRead(kind, &lines[0], len(lines))
		if n <= len(lines) {
			return lines[:n]
		}
		lines = make([]profileLine, n+16)
	}
}

// memProfile returns the lines of the profile of memory. The linker looks for this function: allocations are sampled in
// programs that contain it.
//
//go:noinline
func memProfile(inuseZero bool) []profileLine {
	KeepAlive(&MemProfileRate) // for the linker, which gives it to the runtime
	lines := readProfile(profileMemory)
	kept := lines[:0]
	for _, line := range lines {
		if line.counts[0] != 0 && (inuseZero || line.counts[1] != line.counts[3]) { // else it is just being made
			kept = append(kept, line)
		}
	}
	return kept
}

// MemProfile fills p with the call stacks that allocated memory, as far as allocations are sampled; without inuseZero only
// those whose memory is not all free.
func MemProfile(p []MemProfileRecord, inuseZero bool) (n int, ok bool) {
	lines := memProfile(inuseZero)
	if len(lines) > len(p) {
		return len(lines), false
	}
	for i, line := range lines {
		p[i] = MemProfileRecord{line.counts[1], line.counts[3], line.counts[0], line.counts[2], [32]uintptr(line.stack[:])}
	}
	return len(lines), true
}

// SetBlockProfileRate samples one wait per rate nanoseconds of waiting; 1 samples all, and 0 none.
func SetBlockProfileRate(rate int) { rustProfileRate(profileBlock, max(rate, 0)) }

// blockevent is for the tests of runtime/pprof, which report blocking events themselves; none is sampled.
func blockevent(cycles int64, skip int) {}

// BlockProfile fills p with the call stacks that waited.
func BlockProfile(p []BlockProfileRecord) (n int, ok bool) { return waitProfile(profileBlock, p) }

// SetMutexProfileFraction samples one in rate contentions of mutexes; a negative rate only asks for the old one.
func SetMutexProfileFraction(rate int) int { return rustProfileRate(profileMutex, rate) }

// MutexProfile fills p with the call stacks that unlocked what others waited for.
func MutexProfile(p []BlockProfileRecord) (n int, ok bool) { return waitProfile(profileMutex, p) }

func waitProfile(kind int, p []BlockProfileRecord) (n int, ok bool) {
	lines := readProfile(kind)
	if len(lines) > len(p) {
		return len(lines), false
	}
	for i, line := range lines {
		p[i] = BlockProfileRecord{line.counts[0], line.counts[1], StackRecord{[32]uintptr(line.stack[:])}}
	}
	return len(lines), true
}

// ThreadCreateProfile returns one record per thread. Their stacks are not known.
func ThreadCreateProfile(p []StackRecord) (n int, ok bool) {
	n = rustNumThreads()
	if n > len(p) {
		return n, false
	}
	clear(p[:n])
	return n, true
}

// GoroutineProfile returns the stacks of all goroutines.
func GoroutineProfile(p []StackRecord) (n int, ok bool) {
	var first *[32]uintptr
	if len(p) > 0 {
		first = &p[0].Stack0
	}
	n = rustGoroutineProfile(first, len(p), nil)
	return n, n <= len(p)
}

// cpuSample is a tick of the processors' timer; rt's profile::cpu::Sample.
type cpuSample struct {
	state  atomic.Uint32
	depth  uint32
	labels unsafe.Pointer
	stack  [64]uintptr
}

// States of a sample: the runtime makes written ones of free ones.
const (
	sampleFree    = 0
	sampleWritten = 2
)

// nCPUSamples is how many ticks fit between two visits of runtime/pprof, which are 100 ms apart.
const nCPUSamples = 1024

// cpuProfile is the profile of the processors.
var cpuProfile struct {
	lock   mutex
	hz     int  // as long as it goes on
	unread bool // runtime/pprof has not seen its end
	header []uint64
	lost   int
	ring   []cpuSample
}

// SetCPUProfileRate begins a profile of hz samples per second of processor time, or ends it: then hz is 0 or less.
func SetCPUProfileRate(hz int) {
	hz = min(max(hz, 0), 1e6)
	p := &cpuProfile
	lock(&p.lock)
	defer unlock(&p.lock)
	if hz == 0 {
		if p.hz != 0 {
			p.lost += rustCPUProfile(0, nil, 0, 0)
			p.hz = 0
		}
		return
	}
	if p.hz != 0 || p.unread {
		print("runtime: cannot set CPU profile rate until previous profile has finished.\n")
		return
	}
	if p.ring == nil {
		p.ring = make([]cpuSample, nCPUSamples)
	}
	const headerWords = 3
	p.hz, p.unread, p.lost, p.header = hz, true, 0, []uint64{headerWords, 0, uint64(hz)}
	rustCPUProfile(hz, &p.ring[0], len(p.ring), abi.FuncPCABIInternal(_System))
}

// _System stands for the scheduler in profiles of the processors.
func _System() {}

// CPUProfile has been of no use since Go 1.9.
func CPUProfile() []byte { panic(plainError("CPUProfile no longer available")) }

// ---- runtime/pprof -----------------------------------------------------------------------------------------------

// pprof_readProfile takes the samples that have been written: each a number of words, a time, a count, and the stack.
//
//go:linkname pprof_readProfile runtime/pprof.readProfile
func pprof_readProfile() (data []uint64, tags []unsafe.Pointer, eof bool) {
	p := &cpuProfile
	lock(&p.lock)
	defer unlock(&p.lock)
	if p.header != nil {
		data, tags = append(data, p.header...), append(tags, nil)
		p.header = nil
	}
	for i := range p.ring {
		sample := &p.ring[i]
		if sample.state.Load() != sampleWritten {
			continue
		}
		data = append(data, uint64(3+sample.depth), 0, 1)
		for _, pc := range sample.stack[:sample.depth] {
			data = append(data, uint64(pc))
		}
		tags = append(tags, sample.labels)
		sample.labels = nil
		sample.state.Store(sampleFree)
	}
	if p.lost > 0 {
		// Without a count, one word stands for ticks that were lost.
		data, tags = append(data, 4, 0, 0, uint64(p.lost)), append(tags, nil)
		p.lost = 0
	}
	eof = p.hz == 0
	if eof {
		p.unread = false
	}
	return data, tags, eof
}

//go:linkname pprof_cyclesPerSecond runtime/pprof.runtime_cyclesPerSecond
func pprof_cyclesPerSecond() int64 { return 1e9 } // cycles are nanoseconds here

// pprof_expandFinalInlineFrame leaves one address for all levels of a call.
//
//go:linkname pprof_expandFinalInlineFrame runtime/pprof.runtime_expandFinalInlineFrame
func pprof_expandFinalInlineFrame(stk []uintptr) []uintptr {
	kept := make([]uintptr, 0, len(stk))
	for len(stk) > 0 {
		caller := stk[0]
		kept = append(kept, caller)
		levels := 1
		if caller>>levelShift == 0 {
			levels, _ = levelsOf(caller)
		}
		stk = withoutLevels(stk[1:], caller, levels)
	}
	return kept
}

//go:linkname pprof_setProfLabel runtime/pprof.runtime_setProfLabel
func pprof_setProfLabel(labels unsafe.Pointer) { getg().labels = labels }

//go:linkname pprof_getProfLabel runtime/pprof.runtime_getProfLabel
func pprof_getProfLabel() unsafe.Pointer { return getg().labels }

func pprof_memProfileInternal(p []profilerecord.MemProfileRecord, inuseZero bool) (n int, ok bool) {
	lines := memProfile(inuseZero)
	if len(lines) > len(p) {
		return len(lines), false
	}
	for i, line := range lines {
		p[i] = profilerecord.MemProfileRecord{
			ObjectSize:   line.counts[1] / line.counts[0], // the same for all objects of a line
			AllocObjects: line.counts[0], FreeObjects: line.counts[2],
			Stack: usedStack(line.stack[:]),
		}
	}
	return len(lines), true
}

func pprof_blockProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return pprofWaits(profileBlock, p)
}

func pprof_mutexProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return pprofWaits(profileMutex, p)
}

func pprofWaits(kind int, p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	lines := readProfile(kind)
	if len(lines) > len(p) {
		return len(lines), false
	}
	for i, line := range lines {
		p[i] = profilerecord.BlockProfileRecord{Count: line.counts[0], Cycles: line.counts[1], Stack: usedStack(line.stack[:])}
	}
	return len(lines), true
}

func pprof_threadCreateInternal(p []profilerecord.StackRecord) (n int, ok bool) {
	return ThreadCreateProfile(make([]StackRecord, len(p)))
}

func pprof_goroutineProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	if len(p) == 0 {
		return rustGoroutineProfile(nil, 0, nil), false
	}
	records := make([]StackRecord, len(p))
	var label *unsafe.Pointer
	if len(labels) >= len(p) {
		label = &labels[0]
	}
	n = rustGoroutineProfile(&records[0].Stack0, len(records), label)
	if n > len(p) {
		return n, false
	}
	for i := range n {
		p[i].Stack = records[i].Stack()
	}
	return n, true
}

// pprof_goroutineLeakProfileWithLabels has no leaks to tell: the search for them is not part of this runtime yet.
func pprof_goroutineLeakProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return 0, true
}

//go:linkname pprof_goroutineleakcount runtime/pprof.runtime_goroutineleakcount
func pprof_goroutineleakcount() int { return 0 }

//go:linkname pprof_goroutineLeakGC runtime/pprof.runtime_goroutineLeakGC
func pprof_goroutineLeakGC() {
	noteMissing("goroutine leak profiles are empty: leaks are not searched for")
	GC()
}

func pprof_fpunwindExpand(dst, src []uintptr) int { return copy(dst, src) }

func pprof_makeProfStack() []uintptr { return make([]uintptr, 128) }
