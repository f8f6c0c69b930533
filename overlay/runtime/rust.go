// The functions of the runtime that are written in Rust, as Go declarations. `abi` has the table; a parameter or result
// narrower than a word is extended by the compiler.

package runtime

import (
	"internal/abi"
	"unsafe"
)

// ---- memory ---------------------------------------------------------------------------------------------------------

//go:linkname memmove gh_memmove
//go:noescape
func memmove(dst, src unsafe.Pointer, n uintptr)

//go:linkname memclrNoHeapPointers gh_memclr
//go:noescape
func memclrNoHeapPointers(dst unsafe.Pointer, n uintptr)

//go:linkname memequalBytes gh_memequal
//go:noescape
func memequalBytes(p, q unsafe.Pointer, n uintptr) bool

//go:linkname cmpstring gh_cmpstring
//go:noescape
func cmpstring(a, b string) int

//go:linkname newobject gh_new_object
func newobject(typ *abi.Type) unsafe.Pointer

//go:linkname rustNewArray gh_new_array
func rustNewArray(typ *abi.Type, n int) unsafe.Pointer

//go:linkname mallocgc gh_malloc
func mallocgc(size uintptr, typ *abi.Type, zeroed bool) unsafe.Pointer

//go:linkname rustRoundSize gh_round_size
func rustRoundSize(size uintptr, hasPointers bool) uintptr

//go:linkname typedmemmove gh_typed_memmove
func typedmemmove(typ *abi.Type, dst, src unsafe.Pointer)

//go:linkname typedmemclr gh_typed_memclr
func typedmemclr(typ *abi.Type, dst unsafe.Pointer)

//go:linkname rustSliceMove gh_typed_slice_move
func rustSliceMove(typ *abi.Type, dst, src unsafe.Pointer, n uintptr)

//go:linkname rustSliceClear gh_typed_slice_clear
func rustSliceClear(typ *abi.Type, dst unsafe.Pointer, n uintptr)

//go:linkname rustBulkBarrier gh_bulk_barrier
func rustBulkBarrier(typ *abi.Type, dst, src unsafe.Pointer, off, n uintptr)

// ---- goroutines -----------------------------------------------------------------------------------------------------

//go:linkname rustNewproc gh_newproc
func rustNewproc(fn func(), pc uintptr)

//go:linkname goexit0 gh_goexit
func goexit0()

//go:linkname Gosched gh_gosched

// Gosched lets other goroutines run; the caller is continued later.
func Gosched()

//go:linkname gopark gh_park
func gopark(reason int)

//go:linkname goready gh_ready
func goready(gp *g)

//go:linkname rustResume gh_resume_handler
func rustResume(frame *deferFrame)

//go:linkname semacquireRust gh_semacquire
func semacquireRust(addr *uint32, flags int, reason int)

//go:linkname semreleaseRust gh_semrelease
func semreleaseRust(addr *uint32, handoff bool)

//go:linkname procPin gh_proc_pin
func procPin() int

//go:linkname procUnpin gh_proc_unpin
func procUnpin()

// ---- channels -------------------------------------------------------------------------------------------------------

//go:linkname rustMakechan gh_makechan
func rustMakechan(typ *abi.Type, n int) unsafe.Pointer

//go:linkname rustChansend gh_chansend
func rustChansend(c, elem unsafe.Pointer, block bool) int

//go:linkname rustChanrecv gh_chanrecv
func rustChanrecv(c, elem unsafe.Pointer, block bool) int

//go:linkname rustClosechan gh_closechan
func rustClosechan(c unsafe.Pointer) int

//go:linkname rustChanlen gh_chanlen
func rustChanlen(c unsafe.Pointer) int

//go:linkname rustChancap gh_chancap
func rustChancap(c unsafe.Pointer) int

//go:linkname rustSelectgo gh_selectgo
func rustSelectgo(cases *selectCase, order *uint16, nsends, nrecvs int, block bool) (int, int)

// ---- printing and the end -------------------------------------------------------------------------------------------

//go:linkname printlock gh_print_lock
func printlock()

//go:linkname printunlock gh_print_unlock
func printunlock()

//go:linkname printstring gh_print_string
func printstring(s string)

//go:linkname printint gh_print_int
func printint(v int64)

//go:linkname printuint gh_print_uint
func printuint(v uint64)

//go:linkname printhex gh_print_hex
func printhex(v uint64)

//go:linkname rustThrow gh_throw
func rustThrow(p *byte, n int)

//go:linkname rustFatal gh_fatal
func rustFatal(p *byte, n int)

//go:linkname rustFatalPanic gh_fatal_panic
func rustFatalPanic()

//go:linkname rustStartPanic gh_start_panic
func rustStartPanic() bool

//go:linkname exit gh_exit
func exit(code int)

//go:linkname nanotime gh_nanotime
func nanotime() int64

//go:linkname rand gh_rand
func rand() uint64
