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

// ---- the collector --------------------------------------------------------------------------------------------------

//go:linkname rustGC gh_gc
func rustGC(hasEmptiedPools bool)

//go:linkname rustSetGCPercent gh_set_gc_percent
func rustSetGCPercent(percent int) int

//go:linkname rustSetMemoryLimit gh_set_memory_limit
func rustSetMemoryLimit(limit int64) int64

//go:linkname rustFreeOSMemory gh_free_os_memory
func rustFreeOSMemory(hasEmptiedPools bool)

//go:linkname rustReadMemStats gh_read_memstats
func rustReadMemStats(out *heapSnapshot)

//go:linkname rustReadGCStats gh_read_gc_stats
func rustReadGCStats(out *int64, n int) int

//go:linkname rustGCCycles gh_gc_cycles
func rustGCCycles() int

//go:linkname rustSetFinalizer gh_set_finalizer
func rustSetFinalizer(obj, closure unsafe.Pointer, kind int) int

//go:linkname rustAddCleanup gh_add_cleanup
func rustAddCleanup(obj, closure unsafe.Pointer) int

//go:linkname rustStopCleanup gh_stop_cleanup
func rustStopCleanup(obj unsafe.Pointer, id int)

//go:linkname rustFinalizersPending gh_finalizers_pending
func rustFinalizersPending() int

//go:linkname rustNextFinalizer gh_next_finalizer
func rustNextFinalizer() (closure, arg unsafe.Pointer)

//go:linkname rustFindObject gh_find_object
func rustFindObject(p unsafe.Pointer) (base unsafe.Pointer, size, noscan int)

//go:linkname rustMayHoldPointer gh_may_hold_pointer
func rustMayHoldPointer(p unsafe.Pointer) int

//go:linkname rustWeakRegister gh_weak_register
func rustWeakRegister(p unsafe.Pointer) unsafe.Pointer

//go:linkname rustWeakStrong gh_weak_strong
func rustWeakStrong(handle unsafe.Pointer) unsafe.Pointer

//go:linkname rustRegisterPoolCleanup gh_register_pool_cleanup
func rustRegisterPoolCleanup(closure unsafe.Pointer)

//go:linkname rustStopWorld gh_stop_world
func rustStopWorld()

//go:linkname rustStartWorld gh_start_world
func rustStartWorld()

// ---- processors and threads -----------------------------------------------------------------------------------------

//go:linkname rustGomaxprocs gh_gomaxprocs
func rustGomaxprocs(n int) int

//go:linkname rustSchedCounts gh_sched_counts
//go:noescape
func rustSchedCounts(out *[5]uint64)

//go:linkname rustNumGoroutine gh_num_goroutine
func rustNumGoroutine() int

//go:linkname rustNumCPU gh_num_cpu
func rustNumCPU() int

//go:linkname rustNumThreads gh_num_threads
func rustNumThreads() int

//go:linkname rustLockOSThread gh_lock_os_thread
func rustLockOSThread()

//go:linkname rustUnlockOSThread gh_unlock_os_thread
func rustUnlockOSThread()

//go:linkname rustCanSpin gh_can_spin
func rustCanSpin(i int) bool

//go:linkname rustDoSpin gh_do_spin
func rustDoSpin()

//go:linkname rustSetSystemGoroutine gh_set_system_goroutine
func rustSetSystemGoroutine()

//go:linkname rustSetMaxStack gh_set_max_stack
func rustSetMaxStack(n int) int

//go:linkname rustSetMaxThreads gh_set_max_threads
func rustSetMaxThreads(n int) int

// ---- system calls ---------------------------------------------------------------------------------------------------

//go:linkname entersyscall gh_entersyscall
func entersyscall()

//go:linkname exitsyscall gh_exitsyscall
func exitsyscall()

//go:linkname rustSyscall6 gh_syscall6
func rustSyscall6(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr)

//go:linkname rustBeforeFork gh_before_fork
func rustBeforeFork()

//go:linkname rustAfterFork gh_after_fork
func rustAfterFork()

//go:linkname rustAfterForkInChild gh_after_fork_in_child
func rustAfterForkInChild()

//go:linkname rustBeforeExec gh_before_exec
func rustBeforeExec()

//go:linkname rustAfterExec gh_after_exec
func rustAfterExec()

//go:linkname rustAllThreadsSyscall gh_all_threads_syscall
func rustAllThreadsSyscall(args *[7]uintptr) (r1, r2, errno uintptr)

//go:linkname rustArgs gh_args
func rustArgs() (argc int, argv **byte)

//go:linkname rustEnviron gh_environ
func rustEnviron() **byte

//go:linkname rustAuxv gh_auxv
func rustAuxv() *[2]uintptr

//go:linkname rustPageSize gh_page_size
func rustPageSize() int

//go:linkname rustWrite gh_write
func rustWrite(fd uintptr, p unsafe.Pointer, n int) int

// ---- notify lists ---------------------------------------------------------------------------------------------------

//go:linkname rustNotifyAdd gh_notify_add
func rustNotifyAdd(l *notifyList) uint32

//go:linkname rustNotifyWait gh_notify_wait
func rustNotifyWait(l *notifyList, ticket uint32)

//go:linkname rustNotifyOne gh_notify_one
func rustNotifyOne(l *notifyList)

//go:linkname rustNotifyAll gh_notify_all
func rustNotifyAll(l *notifyList)

// ---- time -----------------------------------------------------------------------------------------------------------

//go:linkname rustTimeNow gh_time_now
func rustTimeNow() (sec, nsec, mono int64)

//go:linkname rustSleep gh_sleep
func rustSleep(ns int64)

//go:linkname rustTimerInit gh_timer_init
func rustTimerInit(t *rustTimer, kind int, arg unsafe.Pointer, when, period int64)

//go:linkname rustTimerStop gh_timer_stop
func rustTimerStop(t *rustTimer) bool

//go:linkname rustTimerReset gh_timer_reset
func rustTimerReset(t *rustTimer, when, period int64) bool

//go:linkname rustTimerSetOrigin gh_timer_set_origin
func rustTimerSetOrigin(location unsafe.Pointer, start int64)

// ---- the poller -----------------------------------------------------------------------------------------------------

//go:linkname rustPollOpen gh_poll_open
func rustPollOpen(fd uintptr) (uintptr, int)

//go:linkname rustPollClose gh_poll_close
func rustPollClose(pd uintptr)

//go:linkname rustPollReset gh_poll_reset
func rustPollReset(pd uintptr, mode int) int

//go:linkname rustPollWait gh_poll_wait
func rustPollWait(pd uintptr, mode int) int

//go:linkname rustPollWaitCanceled gh_poll_wait_canceled
func rustPollWaitCanceled(pd uintptr, mode int)

//go:linkname rustPollSetDeadline gh_poll_set_deadline
func rustPollSetDeadline(pd uintptr, d int64, mode int)

//go:linkname rustPollUnblock gh_poll_unblock
func rustPollUnblock(pd uintptr)

//go:linkname rustPollIsDescriptor gh_poll_is_descriptor
func rustPollIsDescriptor(fd uintptr) bool

// ---- coroutines and bubbles -----------------------------------------------------------------------------------------

//go:linkname rustCoroNew gh_coro_new
func rustCoroNew(closure unsafe.Pointer, pc uintptr) *coro

//go:linkname rustCoroSwitch gh_coro_switch
func rustCoroSwitch(c *coro) int

//go:linkname rustCoroExit gh_coro_exit
func rustCoroExit(c *coro)

//go:linkname rustBubbleEnter gh_bubble_enter
func rustBubbleEnter() int

//go:linkname rustBubbleRun gh_bubble_run
func rustBubbleRun(returned *bool) int

//go:linkname rustBubbleLeave gh_bubble_leave
func rustBubbleLeave()

//go:linkname rustBubbleWait gh_bubble_wait
func rustBubbleWait() int

//go:linkname rustBubbleCurrent gh_bubble_current
func rustBubbleCurrent() unsafe.Pointer

//go:linkname rustBubbleSet gh_bubble_set
func rustBubbleSet(b unsafe.Pointer) unsafe.Pointer

//go:linkname rustBubbleAssociate gh_bubble_associate
func rustBubbleAssociate(p unsafe.Pointer) int

//go:linkname rustBubbleDisassociate gh_bubble_disassociate
func rustBubbleDisassociate(p unsafe.Pointer)

//go:linkname rustBubbleIsAssociated gh_bubble_is_associated
func rustBubbleIsAssociated(p unsafe.Pointer) bool

//go:linkname rustBubbleAcquire gh_bubble_acquire
func rustBubbleAcquire() unsafe.Pointer

//go:linkname rustBubbleRelease gh_bubble_release
func rustBubbleRelease(b unsafe.Pointer)

// ---- tracebacks -----------------------------------------------------------------------------------------------------

//go:linkname rustProgramInfo gh_program_info
func rustProgramInfo() *programInfo

//go:linkname rustCallers gh_callers
func rustCallers(skip int, out *uintptr, n int) int

//go:linkname rustStackText gh_stack_text
func rustStackText(out *byte, n int, all bool) int

//go:linkname rustGoroutineProfile gh_goroutine_profile
func rustGoroutineProfile(out *[32]uintptr, n int, labels *unsafe.Pointer) int

//go:linkname rustProfileRead gh_profile_read
func rustProfileRead(kind int, out *profileLine, n int) int

//go:linkname rustProfileRate gh_profile_rate
func rustProfileRate(kind int, rate int) int

//go:linkname rustMetricsTimes gh_metrics_times
func rustMetricsTimes(what int, out *[numTimeBuckets]uint64)

//go:linkname rustMetricsMeasure gh_metrics_measure
func rustMetricsMeasure() int64

//go:linkname rustCPUProfile gh_cpu_profile
func rustCPUProfile(hz int, ring *cpuSample, n int, systemPC uintptr) int

//go:linkname rustBreakpoint gh_breakpoint
func rustBreakpoint()

//go:linkname rustSetTraceback gh_set_traceback
func rustSetTraceback(p *byte, n int)

//go:linkname rustSetCrashFD gh_set_crash_fd
func rustSetCrashFD(fd uintptr) uintptr

//go:linkname rustTraceUser gh_trace_user
func rustTraceUser(kind int, id, arg uint64)

// ---- signals --------------------------------------------------------------------------------------------------------

//go:linkname rustSignalRecv gh_signal_recv
func rustSignalRecv() uint32

//go:linkname rustSignalEnable gh_signal_enable
func rustSignalEnable(sig uint32)

//go:linkname rustSignalDisable gh_signal_disable
func rustSignalDisable(sig uint32)

//go:linkname rustSignalIgnore gh_signal_ignore
func rustSignalIgnore(sig uint32)

//go:linkname rustSignalIgnored gh_signal_ignored
func rustSignalIgnored(sig uint32) bool

//go:linkname rustSignalWaitIdle gh_signal_wait_idle
func rustSignalWaitIdle() bool

//go:linkname rustSigpipe gh_sigpipe
func rustSigpipe()

//go:linkname rustIgnoreSigsys gh_ignore_sigsys
func rustIgnoreSigsys(ignore bool)
