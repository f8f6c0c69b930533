// Func: a function of the program as a value.

package runtime

import "unsafe"

// A Func is a function in the running program: the linker's entry, or, for an inlined function, an inlinedFunc.
type Func struct {
	opaque struct{} // has no fields that users could see
}

// inlinedFunc is a function that exists inside of another one only. Its first word is no entry's.
type inlinedFunc struct {
	mark  uint32
	entry uintptr
	position
}

const inlinedMark = ^uint32(0)

func (f *funcEntry) asFunc() *Func { return (*Func)(unsafe.Pointer(f)) }

// FuncForPC returns the function around pc, nil when there is none; when calls were inlined, the one that a caller means, or
// the innermost one.
func FuncForPC(pc uintptr) *Func {
	f, p := levelOf(pc)
	if f == nil {
		if f = findfunc(pc & pcMask); f == nil {
			return nil
		}
		p = &f.positions(pc & pcMask)[0]
	}
	if !p.inlined {
		return f.asFunc()
	}
	return (*Func)(unsafe.Pointer(&inlinedFunc{inlinedMark, f.start(), *p}))
}

func (f *Func) inlined() *inlinedFunc {
	if *(*uint32)(unsafe.Pointer(f)) != inlinedMark {
		return nil
	}
	return (*inlinedFunc)(unsafe.Pointer(f))
}

// Name returns the function's name with its package path.
func (f *Func) Name() string {
	if f == nil {
		return ""
	}
	if in := f.inlined(); in != nil {
		return in.name
	}
	return withoutSuffix(programString((*funcEntry)(unsafe.Pointer(f)).name))
}

// withoutSuffix cuts off what the compiler adds to a function's name for code that stands between a func value and the
// function: a middle dot and a word.
func withoutSuffix(name string) string {
	for i := 0; i+1 < len(name); i++ {
		if name[i] == "·"[0] && name[i+1] == "·"[1] {
			return name[:i]
		}
	}
	return name
}

// Entry returns the address of the function's code.
func (f *Func) Entry() uintptr {
	if in := f.inlined(); in != nil {
		return in.entry
	}
	return (*funcEntry)(unsafe.Pointer(f)).start()
}

// FileLine returns the position of the code at pc.
func (f *Func) FileLine(pc uintptr) (file string, line int) {
	if in := f.inlined(); in != nil {
		return in.file, in.line
	}
	if level, p := levelOf(pc); level != nil {
		return p.file, p.line
	}
	entry := (*funcEntry)(unsafe.Pointer(f))
	fileIndex, lineNumber, _ := entry.lookup(uint32(pc&pcMask - entry.start()))
	return programFile(fileIndex), int(lineNumber)
}
