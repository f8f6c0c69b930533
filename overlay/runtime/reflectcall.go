// Calls through reflect: Value.Call, MakeFunc and method values. They need adapters between memory frames and registers
// that the compiler does not make yet; until then they end in a panic that says so.

package runtime

import (
	"internal/abi"
	"unsafe"
)

const noReflectCall = plainError("reflect: calls of functions through reflect.Value are not supported yet")

// reflectcall would call fn with the arguments in the frame args.
func reflectcall(frameType *abi.Type, fn, args unsafe.Pointer, size, resultsAt, frameSize uint32, regs *abi.RegArgs) {
	panic(noReflectCall)
}

//go:linkname reflect_makeFuncStub reflect.makeFuncStub
func reflect_makeFuncStub() { panic(noReflectCall) }

//go:linkname reflect_methodValueCall reflect.methodValueCall
func reflect_methodValueCall() { panic(noReflectCall) }
