// Memory: allocation by type, typed copies and clears.

package runtime

import (
	"internal/abi"
	"internal/runtime/gc"
	"internal/runtime/math"
	"unsafe"
)

// zerobase is the address of all variables without size.
var zerobase uintptr

// zeroVal is what a map access without an entry refers to.
var zeroVal [abi.ZeroValSize]byte

// maxInline is abi::heap::MAX_INLINE_SIZE, allocRuns the offset of abi::heap::AllocCache::RUNS.
const (
	maxInline = 1024
	allocRuns = 64
)

// An allocRun is a row of free slots, already zeroed, that belongs to the processor: abi::heap::Run.
type allocRun struct {
	cur, end uintptr
}

// mallocbytes allocates size bytes without pointers. It does what compiled code does for an object of known size: no safe point
// may lie between the load of cur and the store. Very small objects are left to the runtime, which packs them. Not
// inlined: the optimiser does not know that allocations in line change the run.
//
//go:noinline
func mallocbytes(size uintptr, zeroed bool) unsafe.Pointer {
	if size-gc.TinySize <= maxInline-gc.TinySize {
		class := gc.SizeToSizeClass8[(size+gc.SmallSizeDiv-1)/gc.SmallSizeDiv]
		run := (*allocRun)(unsafe.Pointer(getg().allocCache + allocRuns + uintptr(class)*unsafe.Sizeof(allocRun{})))
		p := run.cur
		next := p + uintptr(gc.SizeClassToSize[class])
		if next <= run.end {
			run.cur = next
			return unsafe.Pointer(p)
		}
	}
	return mallocgc(size, nil, zeroed)
}

// mallocarray allocates size bytes of elements of typ.
func mallocarray(size uintptr, typ *abi.Type, zeroed bool) unsafe.Pointer {
	if size == 0 {
		return unsafe.Pointer(&zerobase)
	}
	if !typ.Pointers() {
		return mallocbytes(size, zeroed)
	}
	return mallocgc(size, typ, true)
}

// newarray allocates n elements of typ.
func newarray(typ *abi.Type, n int) unsafe.Pointer {
	if n == 1 {
		return newobject(typ)
	}
	mem, overflow := math.MulUintptr(typ.Size_, uintptr(n))
	if overflow || mem > maxAlloc || n < 0 {
		panic(plainError("runtime: allocation size out of range"))
	}
	return mallocarray(mem, typ, true)
}

// roundupsize returns the size of the block that an allocation of size bytes gets.
func roundupsize(size uintptr, noscan bool) uintptr {
	if size <= maxInline && size != 0 {
		return uintptr(gc.SizeClassToSize[gc.SizeToSizeClass8[(size+gc.SmallSizeDiv-1)/gc.SmallSizeDiv]])
	}
	return rustRoundSize(size, !noscan)
}

// persistentalloc returns zeroed memory that is never freed and that the collector does not look at.
func persistentalloc(size uintptr) unsafe.Pointer {
	p := mallocgc(size, nil, true)
	lock(&persistentLock)
	persistent = append(persistent, p)
	unlock(&persistentLock)
	return p
}

var (
	persistentLock mutex
	persistent     []unsafe.Pointer // keeps what persistentalloc gave out
)

// typedslicemove copies n elements with pointers; the ranges may overlap.
func typedslicemove(typ *abi.Type, dst, src unsafe.Pointer, n int) {
	rustSliceMove(typ, dst, src, uintptr(n)*typ.Size_)
}

func memclrHasPointers(typ *abi.Type, p unsafe.Pointer, n uintptr) { rustSliceClear(typ, p, n) }

// KeepAlive marks its argument as reachable up to here. The compiler knows it.
func KeepAlive(x any) {}

//go:linkname maps_newobject internal/runtime/maps.newobject
func maps_newobject(typ *abi.Type) unsafe.Pointer { return newobject(typ) }

//go:linkname maps_newarray internal/runtime/maps.newarray
func maps_newarray(typ *abi.Type, n int) unsafe.Pointer { return newarray(typ, n) }

//go:linkname maps_typedmemmove internal/runtime/maps.typedmemmove
func maps_typedmemmove(typ *abi.Type, dst, src unsafe.Pointer) { typedmemmove(typ, dst, src) }

//go:linkname maps_typedmemclr internal/runtime/maps.typedmemclr
func maps_typedmemclr(typ *abi.Type, p unsafe.Pointer) { typedmemclr(typ, p) }

//go:linkname reflect_unsafe_New reflect.unsafe_New
func reflect_unsafe_New(typ *abi.Type) unsafe.Pointer { return newobject(typ) }

//go:linkname reflectlite_unsafe_New internal/reflectlite.unsafe_New
func reflectlite_unsafe_New(typ *abi.Type) unsafe.Pointer { return newobject(typ) }

//go:linkname reflect_unsafe_NewArray reflect.unsafe_NewArray
func reflect_unsafe_NewArray(typ *abi.Type, n int) unsafe.Pointer { return newarray(typ, n) }

//go:linkname reflect_typedmemmove reflect.typedmemmove
func reflect_typedmemmove(typ *abi.Type, dst, src unsafe.Pointer) { typedmemmove(typ, dst, src) }

//go:linkname reflectlite_typedmemmove internal/reflectlite.typedmemmove
func reflectlite_typedmemmove(typ *abi.Type, dst, src unsafe.Pointer) { typedmemmove(typ, dst, src) }

//go:linkname reflect_typedmemclr reflect.typedmemclr
func reflect_typedmemclr(typ *abi.Type, p unsafe.Pointer) { typedmemclr(typ, p) }

//go:linkname reflect_typedmemclrpartial reflect.typedmemclrpartial
func reflect_typedmemclrpartial(typ *abi.Type, p unsafe.Pointer, off, size uintptr) {
	if typ.Pointers() {
		rustBulkBarrier(typ, p, nil, off, size)
	}
	memclrNoHeapPointers(p, size)
}

//go:linkname reflect_typedarrayclear reflect.typedarrayclear
func reflect_typedarrayclear(typ *abi.Type, p unsafe.Pointer, n int) {
	memclrHasPointers(typ, p, uintptr(n)*typ.Size_)
}

//go:linkname reflect_memmove reflect.memmove
func reflect_memmove(dst, src unsafe.Pointer, n uintptr) { memmove(dst, src, n) }

//go:linkname reflect_verifyNotInHeapPtr reflect.verifyNotInHeapPtr
func reflect_verifyNotInHeapPtr(p uintptr) bool { return p != ^uintptr(0) }
