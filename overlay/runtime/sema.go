// What sync, internal/sync and internal/poll sleep on, and what they ask of the scheduler.

package runtime

import "unsafe"

// Reasons for waiting; abi::WaitReason.
const (
	waitReasonSemacquire        = 14
	waitReasonSyncMutexLock     = 16
	waitReasonSyncRWMutexRLock  = 17
	waitReasonSyncRWMutexLock   = 18
	waitReasonSyncWaitGroupWait = 19
	waitReasonWaitGroupDurable  = 28
)

// semaLIFO queues a waiter in front of the others.
const semaLIFO = 1

func semaFlags(lifo bool) int {
	if lifo {
		return semaLIFO
	}
	return 0
}

//go:linkname sync_Semacquire sync.runtime_Semacquire
func sync_Semacquire(s *uint32) { semacquireRust(s, 0, waitReasonSemacquire) }

//go:linkname poll_Semacquire internal/poll.runtime_Semacquire
func poll_Semacquire(s *uint32) { semacquireRust(s, 0, waitReasonSemacquire) }

//go:linkname sync_SemacquireWaitGroup sync.runtime_SemacquireWaitGroup
func sync_SemacquireWaitGroup(s *uint32, synctestDurable bool) {
	reason := waitReasonSyncWaitGroupWait
	if synctestDurable {
		reason = waitReasonWaitGroupDurable
	}
	semacquireRust(s, 0, reason)
}

//go:linkname sync_SemacquireRWMutexR sync.runtime_SemacquireRWMutexR
func sync_SemacquireRWMutexR(s *uint32, lifo bool, skipframes int) {
	semacquireRust(s, semaFlags(lifo), waitReasonSyncRWMutexRLock)
}

//go:linkname sync_SemacquireRWMutex sync.runtime_SemacquireRWMutex
func sync_SemacquireRWMutex(s *uint32, lifo bool, skipframes int) {
	semacquireRust(s, semaFlags(lifo), waitReasonSyncRWMutexLock)
}

//go:linkname isync_SemacquireMutex internal/sync.runtime_SemacquireMutex
func isync_SemacquireMutex(s *uint32, lifo bool, skipframes int) {
	semacquireRust(s, semaFlags(lifo), waitReasonSyncMutexLock)
}

//go:linkname sync_Semrelease sync.runtime_Semrelease
func sync_Semrelease(s *uint32, handoff bool, skipframes int) { semreleaseRust(s, handoff) }

//go:linkname isync_Semrelease internal/sync.runtime_Semrelease
func isync_Semrelease(s *uint32, handoff bool, skipframes int) { semreleaseRust(s, handoff) }

//go:linkname poll_Semrelease internal/poll.runtime_Semrelease
func poll_Semrelease(s *uint32) { semreleaseRust(s, false) }

// ---- notify lists ------------------------------------------------------------------------------------------------

// notifyList has the size of sync's type of that name; only the runtime knows what is in it.
type notifyList struct {
	wait   uint32
	notify uint32
	lock   uintptr
	head   unsafe.Pointer
	tail   unsafe.Pointer
}

//go:linkname sync_notifyListCheck sync.runtime_notifyListCheck
func sync_notifyListCheck(size uintptr) {
	if size != unsafe.Sizeof(notifyList{}) {
		throw("bad notifyList size")
	}
}

//go:linkname sync_notifyListAdd sync.runtime_notifyListAdd
func sync_notifyListAdd(l *notifyList) uint32 { return rustNotifyAdd(l) }

//go:linkname sync_notifyListWait sync.runtime_notifyListWait
func sync_notifyListWait(l *notifyList, t uint32) { rustNotifyWait(l, t) }

//go:linkname sync_notifyListNotifyOne sync.runtime_notifyListNotifyOne
func sync_notifyListNotifyOne(l *notifyList) { rustNotifyOne(l) }

//go:linkname sync_notifyListNotifyAll sync.runtime_notifyListNotifyAll
func sync_notifyListNotifyAll(l *notifyList) { rustNotifyAll(l) }

// ---- the scheduler -----------------------------------------------------------------------------------------------

//go:linkname sync_procPin sync.runtime_procPin
func sync_procPin() int { return procPin() }

//go:linkname sync_procUnpin sync.runtime_procUnpin
func sync_procUnpin() { procUnpin() }

//go:linkname atomic_procPin sync/atomic.runtime_procPin
func atomic_procPin() int { return procPin() }

//go:linkname atomic_procUnpin sync/atomic.runtime_procUnpin
func atomic_procUnpin() { procUnpin() }

//go:linkname isync_canSpin internal/sync.runtime_canSpin
func isync_canSpin(i int) bool { return rustCanSpin(i) }

//go:linkname isync_doSpin internal/sync.runtime_doSpin
func isync_doSpin() { rustDoSpin() }

//go:linkname isync_nanotime internal/sync.runtime_nanotime
func isync_nanotime() int64 { return nanotime() }

// poolCleanup empties sync.Pools.
var poolCleanup func()

//go:linkname sync_registerPoolCleanup sync.runtime_registerPoolCleanup
func sync_registerPoolCleanup(f func()) {
	poolCleanup = f
	rustRegisterPoolCleanup(funcPointer(func() { cleanPools() }))
}

// cleanPools empties the pools, if there are any, before a collection that the program asks for and after the others. The
// world stands still: who has pinned its processor counts on finding that processor's pool where it was.
func cleanPools() bool {
	if poolCleanup == nil {
		return false
	}
	rustStopWorld()
	poolCleanup()
	rustStartWorld()
	return true
}

// ---- errors that end the program ---------------------------------------------------------------------------------

//go:linkname sync_throw sync.throw
func sync_throw(s string) { throw(s) }

//go:linkname sync_fatal sync.fatal
func sync_fatal(s string) { fatal(s) }

//go:linkname isync_throw internal/sync.throw
func isync_throw(s string) { throw(s) }

//go:linkname isync_fatal internal/sync.fatal
func isync_fatal(s string) { fatal(s) }

//go:linkname rand_fatal crypto/rand.fatal
func rand_fatal(s string) { fatal(s) }

//go:linkname sysrand_fatal crypto/internal/sysrand.fatal
func sysrand_fatal(s string) { fatal(s) }

//go:linkname fips_fatal crypto/internal/fips140.fatal
func fips_fatal(s string) { fatal(s) }

//go:linkname cgroup_throw internal/runtime/cgroup.throw
func cgroup_throw(s string) { throw(s) }
