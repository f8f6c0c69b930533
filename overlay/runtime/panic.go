// Panic, recover, Goexit and deferred calls.
//
// A function with a defer statement is compiled as a wrapper and a body (see docs/architecture). The wrapper owns a
// deferFrame; each defer statement pushes a _defer on the goroutine's list. Deferred functions run either from the
// wrapper, when the body returned (deferreturn), or from the panic loop below, on top of the panicking frames.
//
//	wrapper F     deferFrame{fp, handler} <---------------+
//	  body F      defer d1; defer d2; panic(v)            | F returns to its caller
//	    gopanic   runs d2, d1 ----- recover() ------------+
//
// Frames are identified by their distance from the stack's upper end, which moving the stack does not change. A deeper
// frame has a larger distance.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// deferFrame is what the wrapper of a deferring function keeps on the side stack; abi::DeferFrame is its twin.
type deferFrame struct {
	link     *deferFrame // of the next deferring function outwards
	fp       uintptr     // distance of the wrapper's frame pointer from the stack's upper end
	handler  uintptr     // code address where the wrapper goes on after a recovered panic
	side     uintptr     // side-stack pointer of the wrapper
	defers   *_defer     // deferred calls, latest first
	flags    uint32
	nresults uint32
}

// _defer is one deferred call; abi::DeferEntry is its twin.
type _defer struct {
	link *_defer
	fn   func()
}

// _panic is one call of panic or Goexit that has not ended.
type _panic struct {
	arg       any
	link      *_panic
	fp        uintptr // distance of the frame that calls the deferred functions: only they may recover
	goexit    bool
	recovered bool
	repanic   bool // arg is that of a recovered panic further down, raised again
}

// deferreturn runs the deferred calls of frame, in reverse order of their defer statements, and forgets the frame.
func deferreturn(frame *deferFrame) {
	for frame.defers != nil {
		d := frame.defers
		frame.defers = d.link
		d.fn()
	}
	getg().deferFrame = frame.link
}

// runDeferred calls fn so that fn, and only fn, may recover p.
//
//go:noinline
func runDeferred(p *_panic, fn func()) {
	p.fp = ownframe()
	fn()
}

// gopanic implements the predeclared function panic.
func gopanic(v any) {
	gp := getg()
	if v == nil {
		v = valueOfPanicNil()
	}
	p := &_panic{arg: v, link: gp.panics}
	noteRepanic(p)
	gp.panics = p
	panicsRunning.Add(1)
	runDefers(gp, p)
	preprintpanics(gp.panics)
	panicsFatal.Add(1)
	panicsRunning.Add(-1)
	fatalpanic(gp.panics)
}

// valueOfPanicNil returns what recover returns after panic(nil): an error, or nil under GODEBUG=panicnil=1.
func valueOfPanicNil() any {
	if godebugSetting("panicnil") != "1" {
		return new(PanicNilError)
	}
	countNonDefault("panicnil")
	return nil
}

// How many panics run deferred functions, and how many will end the program: main does not return meanwhile.
var panicsRunning, panicsFatal atomic.Int32

// awaitPanics lets other goroutines, which are panicking while main returns, say so. Upstream yields 1000 times; here
// that is over in a moment in which the kernel runs another thread.
func awaitPanics() {
	for i := 0; i < 20_000 && panicsRunning.Load() != 0; i++ {
		Gosched()
	}
	if panicsFatal.Load() != 0 {
		gopark(waitReasonNone)
	}
}

// noteRepanic marks p when it raises the same value again as the panic before it.
func noteRepanic(p *_panic) {
	q := p.link
	if q == nil || q.goexit {
		return
	}
	pe, qe := efaceOf(&p.arg), efaceOf(&q.arg)
	p.repanic = pe._type == qe._type && pe.data == qe.data
}

// runDefers runs every deferred call of the goroutine on behalf of p. It returns when there are none left; a
// recovered panic does not return here.
func runDefers(gp *g, p *_panic) {
	for gp.deferFrame != nil {
		frame := gp.deferFrame
		d := frame.defers
		if d == nil {
			gp.deferFrame = frame.link
			continue
		}
		frame.defers = d.link
		p.fp = 0
		runDeferred(p, d.fn)
		if p.recovered {
			recovery(gp, p, frame)
		}
	}
}

// recovery continues the program after p was recovered by a deferred call of frame. It does not return.
func recovery(gp *g, p *_panic, frame *deferFrame) {
	// Panics that were raised by frames deeper than the one we return to are over. If one of them is a Goexit, the
	// goroutine goes on exiting.
	goexit := false
	q := p
	for q != nil && q.fp > frame.fp {
		goexit = goexit || q.goexit
		if !q.goexit {
			panicsRunning.Add(-1)
		}
		q = q.link
	}
	gp.panics = q
	gp.deferFrame = frame
	if goexit {
		goexit1(gp)
	}
	rustResume(frame)
}

// gorecover implements the predeclared function recover. caller is the distance of the frame that called the
// function in which recover stands.
func gorecover(caller uintptr) any {
	p := getg().panics
	if p == nil || p.goexit || p.recovered || p.fp != caller {
		return nil
	}
	p.recovered = true
	return p.arg
}

// deferredrecover implements defer recover() in the function that owns frame: a call by that function itself, unless a
// newer panic runs its deferred calls.
func deferredrecover(frame *deferFrame) {
	own := getg().stackHi - frame.fp
	caller := *(*uintptr)(unsafe.Pointer(own))
	gorecover(getg().stackHi - caller)
}

// Goexit ends the calling goroutine after running its deferred calls.
func Goexit() {
	goexit1(getg())
}

func goexit1(gp *g) {
	p := &_panic{goexit: true, link: gp.panics}
	gp.panics = p
	runDefers(gp, p)
	goexit0()
}

// ---- printing ------------------------------------------------------------------------------------------------

// preprintpanics turns error and Stringer arguments into strings, while calling methods is still possible.
func preprintpanics(p *_panic) {
	defer func() {
		const text = "panic while printing panic value"
		switch r := recover().(type) {
		case nil:
		case string:
			throw(text + ": " + r)
		default:
			throw(text + ": type " + toRType(efaceOf(&r)._type).string())
		}
	}()
	for ; p != nil; p = p.link {
		switch v := p.arg.(type) {
		case error:
			p.arg = panicText(v.Error())
		case stringer:
			p.arg = panicText(v.String())
		}
	}
}

// panicText is the text of a panic's argument, already formatted.
type panicText string

type stringer interface{ String() string }

// printpanics prints the panics that are in flight, oldest first.
func printpanics(p *_panic) {
	if p.link != nil {
		printpanics(p.link)
		if !p.link.goexit && !p.repanic {
			print("\t")
		}
	}
	if p.goexit || p.repanic {
		return
	}
	print("panic: ")
	if s, ok := p.arg.(panicText); ok {
		printindented(string(s))
	} else {
		printpanicval(p.arg)
	}
	if p.recovered && repanickedBy(p) {
		print(" [recovered, repanicked]")
	} else if p.recovered {
		print(" [recovered]")
	}
	print("\n")
}

// repanickedBy reports whether a newer panic raised p's value again.
func repanickedBy(p *_panic) bool {
	for q := getg().panics; q != nil && q != p; q = q.link {
		if q.link == p {
			return q.repanic
		}
	}
	return false
}

// fatalpanic prints the panics that nobody recovered and ends the program with status 2.
func fatalpanic(p *_panic) {
	if rustStartPanic() {
		printlock()
		printpanics(p)
		printunlock()
	}
	rustFatalPanic()
}

// ---- panics raised by compiled code ----------------------------------------------------------------------------

func panicdivide() { panic(divideError) }
func panicshift()  { panic(shiftError) }

func panicmakeslicelen() { panic(errorString("makeslice: len out of range")) }
func panicmakeslicecap() { panic(errorString("makeslice: cap out of range")) }
func panicmakechan()     { panic(plainError("makechan: size out of range")) }

func panicunsafeslicelen()    { panic(errorString("unsafe.Slice: len out of range")) }
func panicunsafeslicenilptr() { panic(errorString("unsafe.Slice: ptr is nil and len is not zero")) }
func panicunsafestringlen()   { panic(errorString("unsafe.String: len out of range")) }
func panicunsafestringnilptr() {
	panic(errorString("unsafe.String: ptr is nil and len is not zero"))
}

// boundsUnsigned is added to the kind when the index is of an unsigned type.
const boundsUnsigned = 16

// panicBounds raises the panic of a failed bounds check.
func panicBounds(x int64, y int, kind int) {
	panic(boundsError{x: x, y: y, signed: kind&boundsUnsigned == 0, kind: boundsKind(kind &^ boundsUnsigned)})
}

// sigpanic is entered as if called from the instruction that faulted.
func sigpanic() {
	gp := getg()
	if gp.sig == sigFPE {
		panic(divideError)
	}
	if gp.sigAddr < 0x1000 {
		panicmem()
	}
	if gp.panicOnFault != 0 {
		panic(errorAddressString{"invalid memory address or nil pointer dereference", gp.sigAddr})
	}
	print("unexpected fault address ")
	printhex(uint64(gp.sigAddr))
	print("\n")
	throw("fault")
}

// panicmem is a function of its own because programs count the callers between a panic and who recovers.
//
//go:noinline
func panicmem() { panic(memoryError) }

const sigFPE = 8

// panicwrap reports a call of a value method through a nil pointer.
func panicwrap(pkg, typ, method string) {
	panic(plainError("value method " + pkg + "." + typ + "." + method + " called using nil *" + typ + " pointer"))
}

const (
	rangeDone = iota
	rangeReady
	rangePanic
	rangeExhausted
	rangeMissedPanic
)

// panicrangestate reports a misuse of a range-over-func loop body.
func panicrangestate(state int) {
	switch state {
	case rangeDone:
		panic(errorString("range function continued iteration after function for loop body returned false"))
	case rangePanic:
		panic(errorString("range function continued iteration after loop body panic"))
	case rangeExhausted:
		panic(errorString("range function continued iteration after whole loop exit"))
	case rangeMissedPanic:
		panic(errorString("range function recovered a loop body panic and did not resume panicking"))
	}
	throw("unexpected state set by a range-over-func loop body")
}

func efaceOf(p *any) *eface { return (*eface)(unsafe.Pointer(p)) }
