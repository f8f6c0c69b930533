// Slices: making, growing and copying, called by compiled code.

package runtime

import (
	"internal/abi"
	"internal/runtime/math"
	"internal/runtime/sys"
	"unsafe"
)

// slice is the layout of every slice.
type slice struct {
	array unsafe.Pointer
	len   int
	cap   int
}

// maxAlloc is the size of the address space that the heap may use: 48 bits.
const maxAlloc = 1 << 48

func makeslice(et *abi.Type, len, cap int) unsafe.Pointer {
	mem, overflow := math.MulUintptr(et.Size_, uintptr(cap))
	if overflow || mem > maxAlloc || len < 0 || len > cap {
		// The length is blamed first, as it is what the user wrote in make([]T, bignum).
		mem, overflow := math.MulUintptr(et.Size_, uintptr(len))
		if overflow || mem > maxAlloc || len < 0 {
			panicmakeslicelen()
		}
		panicmakeslicecap()
	}
	return mallocarray(mem, et, true)
}

func makeslice64(et *abi.Type, len64, cap64 int64) unsafe.Pointer {
	return makeslice(et, int(len64), int(cap64))
}

// makeslicecopy allocates a slice of tolen elements and copies fromlen elements of from into it.
func makeslicecopy(et *abi.Type, tolen, fromlen int, from unsafe.Pointer) unsafe.Pointer {
	p := makeslice(et, tolen, tolen)
	n := min(tolen, fromlen)
	if n == 0 {
		return p
	}
	if et.Pointers() {
		typedslicemove(et, p, from, n)
	} else {
		memmove(p, from, uintptr(n)*et.Size_)
	}
	return p
}

// growslice makes room for num more elements: newLen = oldLen + num, and newLen > oldCap. The result has length newLen;
// the elements from oldLen on are zero when their type has pointers or their memory is beyond newLen.
func growslice(oldPtr unsafe.Pointer, newLen, oldCap, num int, et *abi.Type) slice {
	oldLen := newLen - num
	if newLen < 0 {
		panic(errorString("growslice: len out of range"))
	}
	if et.Size_ == 0 {
		return slice{unsafe.Pointer(&zerobase), newLen, newLen}
	}
	newcap := nextslicecap(newLen, oldCap)
	noscan := !et.Pointers()
	mem, overflow := math.MulUintptr(et.Size_, uintptr(newcap))
	if overflow || mem > maxAlloc {
		panic(errorString("growslice: len out of range"))
	}
	mem = roundupsize(mem, noscan)
	if isPowerOfTwo(et.Size_) {
		newcap = int(mem >> sys.TrailingZeros64(uint64(et.Size_)))
	} else {
		newcap = int(mem / et.Size_)
		mem = uintptr(newcap) * et.Size_
	}
	if mem > maxAlloc {
		panic(errorString("growslice: len out of range"))
	}
	oldBytes := uintptr(oldLen) * et.Size_
	if noscan {
		p := mallocbytes(mem, false)
		used := uintptr(newLen) * et.Size_
		memclrNoHeapPointers(add(p, used), mem-used)
		memmove(p, oldPtr, oldBytes)
		return slice{p, newLen, newcap}
	}
	p := mallocarray(mem, et, true)
	if oldLen > 0 {
		typedslicemove(et, p, oldPtr, oldLen)
	}
	return slice{p, newLen, newcap}
}

// nextslicecap doubles small capacities, and moves over to growth by a quarter for large ones.
func nextslicecap(newLen, oldCap int) int {
	const threshold = 256
	if newLen > oldCap+oldCap {
		return newLen
	}
	if oldCap < threshold {
		return oldCap + oldCap
	}
	newcap := oldCap
	for {
		newcap += (newcap + 3*threshold) >> 2
		if uint(newcap) >= uint(newLen) {
			break
		}
	}
	if newcap <= 0 {
		return newLen
	}
	return newcap
}

// slicecopy copies as many elements of width bytes as both slices hold, and returns their number.
func slicecopy(toPtr unsafe.Pointer, toLen int, fromPtr unsafe.Pointer, fromLen int, width uintptr) int {
	n := min(fromLen, toLen)
	if n == 0 || width == 0 {
		return n
	}
	memmove(toPtr, fromPtr, uintptr(n)*width)
	return n
}

// typedslicecopy is slicecopy for elements with pointers.
func typedslicecopy(et *abi.Type, dstPtr unsafe.Pointer, dstLen int, srcPtr unsafe.Pointer, srcLen int) int {
	n := min(dstLen, srcLen)
	if n == 0 || dstPtr == srcPtr {
		return n
	}
	typedslicemove(et, dstPtr, srcPtr, n)
	return n
}

//go:linkname reflect_typedslicecopy reflect.typedslicecopy
func reflect_typedslicecopy(et *abi.Type, dst, src slice) int {
	if !et.Pointers() {
		return slicecopy(dst.array, dst.len, src.array, src.len, et.Size_)
	}
	return typedslicecopy(et, dst.array, dst.len, src.array, src.len)
}

//go:linkname reflect_growslice reflect.growslice
func reflect_growslice(et *abi.Type, old slice, num int) slice {
	num -= old.cap - old.len
	s := growslice(old.array, old.cap+num, old.cap, num, et)
	// What lies between the old capacity and the new length is the user's to see, so it must be zero.
	if !et.Pointers() {
		from := uintptr(old.cap) * et.Size_
		memclrNoHeapPointers(add(s.array, from), uintptr(s.len)*et.Size_-from)
	}
	s.len = old.len
	return s
}

//go:linkname reflect_unsafeslice reflect.unsafeslice
func reflect_unsafeslice(et *abi.Type, ptr unsafe.Pointer, len int) { unsafeslice(et, ptr, len) }

// unsafeslice checks the operands of unsafe.Slice.
func unsafeslice(et *abi.Type, ptr unsafe.Pointer, len int) {
	if len < 0 {
		panicunsafeslicelen()
	}
	if et.Size_ == 0 && ptr == nil && len > 0 {
		panicunsafeslicenilptr()
	}
	mem, overflow := math.MulUintptr(et.Size_, uintptr(len))
	if overflow || mem > -uintptr(ptr) {
		if ptr == nil {
			panicunsafeslicenilptr()
		}
		panicunsafeslicelen()
	}
}

// unsafestring checks the operands of unsafe.String.
func unsafestring(ptr unsafe.Pointer, len int) {
	if len < 0 {
		panicunsafestringlen()
	}
	if uintptr(len) > -uintptr(ptr) {
		if ptr == nil {
			panicunsafestringnilptr()
		}
		panicunsafestringlen()
	}
}

func isPowerOfTwo(x uintptr) bool { return x&(x-1) == 0 }
