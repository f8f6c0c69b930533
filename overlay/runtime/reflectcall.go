// What package reflect needs for calls, beside its own overlay.

package runtime

import "unsafe"

// reflect_retbuf returns the goroutine's buffer for results beyond the registers.
//
//go:linkname reflect_retbuf reflect.retbuf
func reflect_retbuf() unsafe.Pointer { return unsafe.Pointer(getg().retbuf) }

// The functions that upstream's calls would go through; their addresses stand for method values.

//go:linkname reflect_makeFuncStub reflect.makeFuncStub
func reflect_makeFuncStub() { throw("reflect.makeFuncStub is called") }

//go:linkname reflect_methodValueCall reflect.methodValueCall
func reflect_methodValueCall() { throw("reflect.methodValueCall is called") }
