// Small symbols that the standard library takes from the runtime and that have no better place.

package runtime

import (
	"internal/abi"
	"internal/coverage/rtcov"
	"internal/goarch"
	"internal/runtime/atomic"
	"unsafe"
)

// randn returns a random number below n, which is not 0.
func randn(n uint32) uint32 { return uint32(uint64(uint32(rand())) * uint64(n) >> 32) }

//go:linkname cpu_getGOAMD64level internal/cpu.getGOAMD64level
func cpu_getGOAMD64level() int32 { return 1 }

// Atomic stores of pointers: the compiler's instructions have the write barrier.
//
//go:linkname atomic_storePointer internal/runtime/atomic.storePointer
func atomic_storePointer(slot *unsafe.Pointer, value unsafe.Pointer) {
	atomic.StorepNoWB(unsafe.Pointer(slot), value)
}

//go:linkname atomic_casPointer internal/runtime/atomic.casPointer
func atomic_casPointer(slot *unsafe.Pointer, old, new unsafe.Pointer) bool {
	return atomic.Casp1(slot, old, new)
}

//go:linkname cfile_getCovCounterList internal/coverage/cfile.getCovCounterList
func cfile_getCovCounterList() []rtcov.CovCounterBlob { return nil } // coverage counters are not compiled in

//go:linkname reflect_adjustAIXGCData reflect.adjustAIXGCDataForRuntime
func reflect_adjustAIXGCData(p *byte) *byte { return p }

// The tests of reflect ask which words of the heap object behind a pointer may be pointers: one byte for each, 0 or 1.
//
//go:linkname reflect_gcbits reflect.gcbits
func reflect_gcbits(x any) []byte {
	base, size, _ := rustFindObject(efaceOf(&x).data)
	bits := make([]byte, size/goarch.PtrSize)
	n := 0
	for i := range bits {
		bits[i] = byte(rustMayHoldPointer(add(base, uintptr(i)*goarch.PtrSize)))
		if bits[i] != 0 {
			n = i + 1
		}
	}
	return bits[:n]
}

// compiledTypes is the list of the types that reflect may find by their string; made on first use.
var compiledTypes struct {
	lock mutex
	made bool
	list []*abi.Type
}

//go:linkname reflect_compiledTypelinks reflect.compiledTypelinks
func reflect_compiledTypelinks() (types []*abi.Type, plugins [][]*abi.Type) {
	lock(&compiledTypes.lock)
	if !compiledTypes.made {
		links := rustProgramInfo().typelinks
		for _, off := range unsafe.Slice((*abi.TypeOff)(links.ptr), links.len) {
			compiledTypes.list = append(compiledTypes.list, resolveTypeOff(off))
		}
		compiledTypes.made = true
	}
	unlock(&compiledTypes.lock)
	return compiledTypes.list, nil
}
