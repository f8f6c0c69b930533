// Hints to escape analysis, for a compiler that has no intrinsic for them.

package abi

import "unsafe"

// NoEscape hides from escape analysis that the result is p.
//
//go:nosplit
//go:nocheckptr
func NoEscape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return unsafe.Pointer(x ^ 0)
}

// alwaysFalse is never set, which the compiler does not know.
var alwaysFalse bool

var escapeSink any

// Escape makes what x points to live in the heap.
func Escape[T any](x T) T {
	if alwaysFalse {
		escapeSink = x
	}
	return x
}

// EscapeNonString makes what v points to live in the heap. For types whose only pointers are those of strings, the compiler
// leaves calls out.
func EscapeNonString[T any](v T) { Escape(v) }

// EscapeToResultNonString returns v. What its strings point to may live in a frame, all else lives in the heap.
func EscapeToResultNonString[T any](v T) T {
	EscapeNonString(v)
	return *(*T)(NoEscape(unsafe.Pointer(&v)))
}
