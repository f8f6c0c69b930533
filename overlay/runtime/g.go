// The goroutine as compiled code sees it.

package runtime

import "unsafe"

// g is the head of a goroutine: abi::GHead is its twin, field by field.
type g struct {
	stackGuard   uintptr
	preempt      uint32
	pinned       uint32
	stackLo      uintptr
	stackHi      uintptr
	savedSP      uintptr
	savedBP      uintptr
	sysSP        uintptr
	resumePC     uintptr
	sidePtr      uintptr
	sideLimit    uintptr
	sideBase     uintptr
	deferFrame   *deferFrame
	panics       *_panic
	ret          [4]uint64
	retbuf       uintptr
	allocCache   uintptr
	m            uintptr
	goid         uint64
	sigPC        uintptr
	sigAddr      uintptr
	sig          uint32
	sigCode      int32
	labels       unsafe.Pointer
	fips         uintptr
	startFn      unsafe.Pointer
	coro         unsafe.Pointer
	scratch      uint64
	panicOnFault uint32
	overlayFlags uint32
	bubble       unsafe.Pointer
}

// getg returns the current goroutine. The compiler knows it.
func getg() *g

// ownframe returns the distance of this frame from the stack's upper end, which moves of the stack do not change. The
// compiler knows it.
func ownframe() uintptr

// getcallerpc returns the return address of the function that calls it. The compiler knows it.
func getcallerpc() uintptr
