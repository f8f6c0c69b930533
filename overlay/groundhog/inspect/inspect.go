// Package inspect shows a program what Groundhog's runtime does with it: the stacks and the queue of a goroutine, the
// span that an object lies in, the collector's phase, the events of the scheduler.
//
// Only Groundhog has this package. Looking changes little: no function here allocates from the program's heap unless it
// returns a slice or a string, and none can block.
package inspect

import "unsafe"

// Source is where the scheduler found a goroutine when it last began to run.
type Source int

// The places that the scheduler looks at, in the order of its search.
const (
	Unknown    Source = iota // not found by searching: handed over directly, or never run
	GlobalTick               // the global queue, at every 61st turn
	Next                     // the run-next slot of the processor: what the last goroutine readied
	Local                    // the processor's own queue
	Global                   // the global queue, because the own one was empty
	Poller                   // ready by the network poller
	Stolen                   // the queue of another processor
)

var sources = [...]string{"unknown", "global queue (61st tick)", "run-next slot", "local queue", "global queue", "network poller", "stolen"}

func (s Source) String() string { return sources[s] }

// Goroutine describes a goroutine. Of others than the caller, sizes of what is in use, thread and processor are 0.
type Goroutine struct {
	ID        uint64
	Parent    uint64 // who started it
	State     string // "running", "runnable", "syscall", or why it waits: "chan receive"
	StackSize int    // bytes of the contiguous stack
	StackUsed int    // bytes of it in use
	SideSize  int    // bytes in use on the side stack, which holds locals whose address is taken
	SideParts int    // pieces that the side stack consists of
	Source    Source
	Thread    int // the M
	Processor int // the P
}

// goroutine is filled by the runtime.
type goroutine struct {
	id, parent uint64
	status     int
	reason     *byte
	reasonLen  int
	stackSize  int
	stackUsed  int
	sideParts  int
	sideSize   int
	source     int
	thread     int
	processor  int
}

var states = [...]string{"dead", "runnable", "running", "syscall", "waiting"}

func (g *goroutine) describe() Goroutine {
	state := states[g.status]
	if g.reasonLen > 0 {
		state = unsafe.String(g.reason, g.reasonLen)
	}
	return Goroutine{g.id, g.parent, state, g.stackSize, g.stackUsed, g.sideSize, g.sideParts, Source(g.source), g.thread, g.processor}
}

// Self describes the calling goroutine.
func Self() Goroutine {
	var g goroutine
	inspectGoroutine(0, &g)
	return g.describe()
}

// Find describes the goroutine of this number, if it exists.
func Find(id uint64) (Goroutine, bool) {
	var g goroutine
	if !inspectGoroutine(id, &g) {
		return Goroutine{}, false
	}
	return g.describe(), true
}

// Scheduler describes processors, threads and queues.
type Scheduler struct {
	Processors, IdleProcessors int
	Threads, IdleThreads       int
	Spinning                   int   // threads that look for work
	Global                     int   // goroutines in the global queue
	Local                      []int // goroutines in each processor's queue
}

type scheduler struct{ procs, idleProcs, threads, idleThreads, spinning, global int }

// Schedule describes the scheduler now.
func Schedule() Scheduler {
	var s scheduler
	var lengths [64]int
	n := inspectScheduler(&s, &lengths[0], len(lengths))
	local := append([]int(nil), lengths[:min(n, s.procs, len(lengths))]...)
	return Scheduler{s.procs, s.idleProcs, s.threads, s.idleThreads, s.spinning, s.global, local}
}

// Object describes the heap object at an address, and the span, page and arena that it lies in.
type Object struct {
	Address uintptr
	Size    int  // bytes of its slot
	Class   int  // its size class, of 68; 0 for a large object, which has a span of its own
	Slot    int  // its place in the span
	NoScan  bool // no pointers inside: the collector does not look
	Span    uintptr
	Pages   int // pages of the span, 8 KB each
	Slots   int // objects that fit into the span
	Page    int // number of the span's page in the arena
	Arena   int // number of the arena, 64 MB each
}

type object struct{ addr, size, class, slot, noscan, span, pages, slots, page, arena uintptr }

// ObjectAt describes the object that p points into; false when p does not point into the heap.
func ObjectAt(p unsafe.Pointer) (Object, bool) {
	var o object
	if !inspectObject(uintptr(p), &o) {
		return Object{}, false
	}
	return Object{o.addr, int(o.size), int(o.class), int(o.slot), o.noscan != 0, o.span, int(o.pages), int(o.slots), int(o.page), int(o.arena)}, true
}

// Collector describes the garbage collector.
type Collector struct {
	Cycles  int  // finished
	Marking bool // a cycle is under way: the write barrier is on
	Live    int  // bytes handed out and not known to be garbage
	Trigger int  // live bytes at which the next cycle starts
	Goal    int  // live bytes that it should not let the heap exceed
}

// Collect describes the collector now. It does not start a collection.
func Collect() Collector {
	var words [5]int
	inspectCollector(&words)
	return Collector{words[0], words[1] != 0, words[2], words[3], words[4]}
}

//go:linkname inspectGoroutine gh_inspect_goroutine
//go:noescape
func inspectGoroutine(id uint64, out *goroutine) bool

//go:linkname inspectScheduler gh_inspect_scheduler
//go:noescape
func inspectScheduler(out *scheduler, queues *int, n int) int

//go:linkname inspectObject gh_inspect_object
//go:noescape
func inspectObject(addr uintptr, out *object) bool

//go:linkname inspectCollector gh_inspect_collector
//go:noescape
func inspectCollector(out *[5]int)
