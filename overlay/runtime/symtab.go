// Callers, frames and functions as programs see them.
//
// A caller is a return address. When calls were inlined, one address stands for several callers: then its upper bits say
// which of its levels is meant, and count from 1. Code lies below 2 GB.

package runtime

import (
	"internal/abi"
	_ "unsafe" // for linkname
)

const (
	levelShift = 48
	pcMask     = 1<<levelShift - 1
)

// callersBatch is how many return addresses are asked for at a time.
const callersBatch = 64

// Callers fills pc with the return addresses of the calling goroutine's functions, and returns their number. skip 0 is
// Callers itself.
//
//go:noinline
func Callers(skip int, pc []uintptr) int {
	if len(pc) == 0 {
		return 0
	}
	return fillCallers(max(skip, 0), pc)
}

// fillCallers leaves out itself and skip levels more.
//
//go:noinline
func fillCallers(skip int, pcs []uintptr) int {
	skip++
	batch := make([]uintptr, callersBatch)
	n := 0
	for from := 0; ; from += len(batch) {
		got := rustCallers(from, &batch[0], len(batch))
		for _, pc := range batch[:got] {
			levels, isPlain := levelsOf(pc)
			for level := 1; level <= levels; level++ {
				if skip > 0 {
					skip--
					continue
				}
				if pcs[n] = pc; !isPlain {
					pcs[n] |= uintptr(level) << levelShift
				}
				if n++; n == len(pcs) {
					return n
				}
			}
		}
		if got < len(batch) {
			break
		}
	}
	if skip == 0 {
		pcs[n] = outermostCaller()
		n++
	}
	return n
}

// goexit is where every goroutine returns to, for those who look at its callers.
func goexit() {}

// outermostCaller returns the address in goexit that ends every list of callers.
func outermostCaller() uintptr { return abi.FuncPCABIInternal(goexit) + 1 }

// levelsOf counts the callers that the return address pc stands for, and reports whether pc alone says all about them.
func levelsOf(pc uintptr) (shown int, isPlain bool) {
	f := findfunc(pc - 1)
	if f == nil {
		return 0, false
	}
	list := f.positions(pc - 1)
	for i := range list {
		if !list[i].hidden() {
			shown++
		}
	}
	return shown, len(list) == 1 && findfunc(pc) == f && len(f.positions(pc)) == 1
}

// levelOf returns the level that a caller means, and its function; nil when it means all levels of its address.
func levelOf(caller uintptr) (*funcEntry, *position) {
	level := int(caller >> levelShift)
	if level == 0 {
		return nil, nil
	}
	pc := caller&pcMask - 1
	f := findfunc(pc)
	if f == nil {
		return nil, nil
	}
	list := f.positions(pc)
	for i := range list {
		if list[i].hidden() {
			continue
		}
		if level--; level == 0 {
			return f, &list[i]
		}
	}
	return nil, nil
}

// hidden reports whether a level is of no interest to users: a wrapper made by the compiler, or the machinery that runs
// deferred calls.
func (p *position) hidden() bool {
	if p.flags&funcHidden != 0 {
		return true
	}
	switch p.name {
	case "runtime.runDefers", "runtime.runDeferred", "runtime.deferreturn":
		return true
	}
	return false
}

// Caller returns where the skip-th caller of its caller is: 0 is the caller of Caller.
//
//go:noinline
func Caller(skip int) (pc uintptr, file string, line int, ok bool) {
	pcs := make([]uintptr, 1)
	if fillCallers(skip+1, pcs) == 0 {
		return
	}
	frame, _ := CallersFrames(pcs).Next()
	return pcs[0], frame.File, frame.Line, frame.PC != 0
}

// Frames translates return addresses into functions, files and lines.
type Frames struct {
	callers []uintptr
	pending []Frame // levels of the address before
}

// Frame is one level of a call stack.
type Frame struct {
	// PC is an address inside of the call.
	PC uintptr
	// Func is the function; nil when it was inlined.
	Func *Func
	// Function is the function's name with its package path.
	Function string
	// File and Line say where the call is.
	File string
	Line int
	// Entry is the address of the function's code.
	Entry uintptr

	startLine int
}

// CallersFrames starts a translation of what Callers returned.
func CallersFrames(callers []uintptr) *Frames { return &Frames{callers: callers} }

// Next returns the next frame, and whether there are more.
func (ci *Frames) Next() (frame Frame, more bool) {
	ci.expand()
	if len(ci.pending) == 0 {
		return Frame{}, false
	}
	frame = ci.pending[0]
	ci.pending = ci.pending[1:]
	ci.expand() // an address may stand for hidden levels only
	return frame, len(ci.pending) > 0
}

// expand makes sure that a level is pending if there are more.
func (ci *Frames) expand() {
	for len(ci.pending) == 0 && len(ci.callers) > 0 {
		caller := ci.callers[0]
		ci.pending = expandFrame(caller)
		ci.callers = withoutLevels(ci.callers[1:], caller, len(ci.pending))
	}
}

// withoutLevels drops what stands for the levels of caller again: runtime/pprof makes lists of callers of Frame.PCs.
func withoutLevels(callers []uintptr, caller uintptr, levels int) []uintptr {
	for i := 1; i < levels && len(callers) > 0 && callers[0] == caller-uintptr(i); i++ {
		callers = callers[1:]
	}
	return callers
}

// expandFrame returns the level that a caller means, or all those of its address.
func expandFrame(caller uintptr) []Frame {
	// A return address; the start of a function is not one, but programs pass it, too.
	pc := caller & pcMask
	if f, p := levelOf(caller); f != nil {
		return []Frame{f.frameAt(pc-1, p, int(caller>>levelShift)-1)}
	}
	f := findfunc(pc)
	if f == nil || pc != f.start() {
		pc--
		f = findfunc(pc)
	}
	if f == nil {
		return nil
	}
	var list []Frame
	for _, p := range f.positions(pc) {
		if !p.hidden() {
			list = append(list, f.frameAt(pc, &p, len(list)))
		}
	}
	return list
}

// frameAt shows one level of the code at pc; so many are below it.
func (f *funcEntry) frameAt(pc uintptr, p *position, below int) Frame {
	// No address is that of a level alone. Those in the instruction tell the levels apart.
	levelPC := pc - uintptr(below)
	frame := Frame{PC: levelPC, Function: p.name, File: p.file, Line: p.line, Entry: f.start(), startLine: p.startLine}
	if !p.inlined {
		frame.Func = f.asFunc()
	}
	return frame
}

//go:linkname pprof_FrameStartLine runtime/pprof.runtime_FrameStartLine
func pprof_FrameStartLine(f *Frame) int { return f.startLine }

//go:linkname pprof_FrameSymbolName runtime/pprof.runtime_FrameSymbolName
func pprof_FrameSymbolName(f *Frame) string { return f.Function }
