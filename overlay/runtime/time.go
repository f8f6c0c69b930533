// Clocks, sleeping and timers.

package runtime

import "unsafe"

// rustTimer is the runtime's part of a timer, which it alone reads and writes.
type rustTimer [10]uintptr

// What a timer does when it is due; abi::TimerKind.
const (
	timerSpawn = 0
	timerSend  = 1
)

// haveHighResSleep says that sleeps end within a millisecond; the tests of package time ask.
var haveHighResSleep = true

// timeTimer begins like time.Timer and time.Ticker.
type timeTimer struct {
	c    unsafe.Pointer // the channel
	init bool
	arg  unsafe.Pointer // the closure or the channel, for the collector
	rust rustTimer
}

// time_newTimer makes and arms a timer: one that sends on the channel cp, or, when that is nil, one that calls f(arg).
//
//go:linkname time_newTimer time.newTimer
func time_newTimer(when, period int64, f func(any, uintptr, int64), arg any, cp unsafe.Pointer) *timeTimer {
	t := &timeTimer{init: true, arg: cp}
	if cp != nil {
		rustTimerInit(&t.rust, timerSend, cp, when, period)
		return t
	}
	// AfterFunc's f starts a goroutine for arg, which is what the runtime does anyway.
	call, ok := arg.(func())
	if !ok {
		call = func() { f(arg, 0, 0) }
	}
	t.arg = funcPointer(call)
	rustTimerInit(&t.rust, timerSpawn, t.arg, when, period)
	return t
}

//go:linkname time_stopTimer time.stopTimer
func time_stopTimer(t *timeTimer) bool { return rustTimerStop(&t.rust) }

//go:linkname time_resetTimer time.resetTimer
func time_resetTimer(t *timeTimer, when, period int64) bool {
	return rustTimerReset(&t.rust, when, period)
}

//go:linkname time_Sleep time.Sleep
func time_Sleep(ns int64) { rustSleep(ns) }

//go:linkname time_now time.now
func time_now() (sec int64, nsec int32, mono int64) {
	s, ns, m := rustTimeNow()
	return s, int32(ns), m
}

//go:linkname time_runtimeNow time.runtimeNow
func time_runtimeNow() (sec int64, nsec int32, mono int64) { return time_now() }

//go:linkname time_runtimeNano time.runtimeNano
func time_runtimeNano() int64 { return nanotime() }

//go:linkname time_runtimeIsBubbled time.runtimeIsBubbled
func time_runtimeIsBubbled() bool { return rustBubbleCurrent() != nil }

// time_setTimerOrigin is told what the times that timers send need.
//
//go:linkname time_setTimerOrigin time.setTimerOrigin
func time_setTimerOrigin(location unsafe.Pointer, start int64) { rustTimerSetOrigin(location, start) }

//go:linkname fips_monoTime crypto/internal/fips140deps/time.monoTime
func fips_monoTime() int64 { return nanotime() }
