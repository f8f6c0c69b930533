// Events of the scheduler, the stacks and the collector.

package inspect

import "unsafe"

// Kind is what happened.
type Kind uint8

// The kinds of events, as the runtime numbers them.
const (
	Create       Kind = iota + 1 // G started goroutine Arg
	Start                        // G begins to run; Detail is its Source
	Block                        // G waits
	Unblock                      // G made goroutine Arg ready
	Preempt                      // G had its time, and was suspended at a safe point
	Yield                        // G called runtime.Gosched
	SyscallEnter                 // G enters a system call
	SyscallExit                  // G is back; Detail is 1 when its processor had been taken away
	Steal                        // Arg goroutines were stolen from processor Detail
	StackGrow                    // the stack of G grew to Arg bytes
	StackShrink                  // the stack of G shrank to Arg bytes
	End                          // G ended
	Timer                        // a timer fired
	PollReady                    // the poller made a goroutine ready
	StopWorld                    // all goroutines were stopped
	StartWorld                   // and run again
	GCPhase                      // the collector changed phase
	User                         // an event of package runtime/trace
)

var kinds = [...]string{"none", "create", "start", "block", "unblock", "preempt", "yield", "syscall enter", "syscall exit", "steal",
	"stack grow", "stack shrink", "end", "timer", "poll ready", "stop world", "start world", "gc phase", "user"}

func (k Kind) String() string { return kinds[k] }

// Event is one event.
type Event struct {
	Time      int64 // nanoseconds
	G         uint64
	Arg       uint64
	Processor int
	Kind      Kind
	Detail    int
}

// event is abi::TraceEvent.
type event struct {
	time, g, arg uint64
	pc           uint32
	p            uint16
	kind, detail uint8
}

// since is when the recording began.
var since int64

// Record begins a new recording of events, or ends it. Each processor keeps its newest 1024.
func Record(on bool) {
	if on {
		since = nanotime()
	}
	traceEnable(on)
}

// Events returns the events since the recording began, in the order of time.
func Events() []Event {
	records := make([]event, 1024*len(Schedule().Local))
	n := min(traceRead(unsafe.Pointer(unsafe.SliceData(records)), len(records)), len(records))
	events := make([]Event, 0, n)
	for _, r := range records[:n] {
		if int64(r.time) < since {
			continue
		}
		events = append(events, Event{int64(r.time), r.g, r.arg, int(r.p), Kind(r.kind), int(r.detail)})
	}
	sortByTime(events)
	return events
}

// sortByTime merges: the records of each processor are in order already.
func sortByTime(events []Event) {
	for i := 1; i < len(events); i++ {
		for j := i; j > 0 && events[j].Time < events[j-1].Time; j-- {
			events[j], events[j-1] = events[j-1], events[j]
		}
	}
}

//go:linkname nanotime gh_nanotime
func nanotime() int64

//go:linkname traceEnable gh_trace_enable
func traceEnable(on bool) bool

//go:linkname traceRead gh_trace_read
//go:noescape
func traceRead(out unsafe.Pointer, n int) int
