// Coroutines (package iter) and bubbles (package testing/synctest).

package runtime

import "unsafe"

// coro is a coroutine; the runtime knows what is in it.
type coro struct {
	other uintptr
}

// newcoro makes a coroutine that will run f; the first switch starts it.
func newcoro(f func(*coro)) *coro {
	start := func() { corostart(f) }
	return rustCoroNew(funcPointer(start), getcallerpc())
}

// corostart is the coroutine's goroutine. Leaving it, in whatever way, hands over to the other side for good.
func corostart(f func(*coro)) {
	c := (*coro)(getg().coro)
	defer rustCoroExit(c)
	f(c)
}

// coroswitch continues the other side of c.
func coroswitch(c *coro) {
	if rustCoroSwitch(c) != 0 {
		throw("coroswitch on exited coro")
	}
}

// ---- bubbles -----------------------------------------------------------------------------------------------------

// What rustBubbleRun answers.
const (
	bubbleDone = iota
	bubbleDeadlock
	bubbleAgain
)

// bubbleRef is a bubble as a value of its own type.
type bubbleRef struct {
	p unsafe.Pointer
}

// synctestDeadlock is what synctest.Run panics with when no goroutine of the bubble can go on.
type synctestDeadlock string

func (synctestDeadlock) RuntimeError() {}

func (e synctestDeadlock) Error() string { return string(e) }

//go:linkname synctest_Run internal/synctest.Run
func synctest_Run(f func()) {
	if rustBubbleEnter() != 0 {
		panic("synctest.Run called from within a synctest bubble")
	}
	returned := new(bool)
	go func() {
		defer func() { *returned = true }()
		f()
	}()
	for {
		switch rustBubbleRun(returned) {
		case bubbleDone:
			rustBubbleLeave()
			return
		case bubbleDeadlock:
			rustBubbleSet(nil) // the blocked goroutines still belong to it
			if *returned {
				panic(synctestDeadlock("deadlock: main bubble goroutine has exited but blocked goroutines remain"))
			}
			panic(synctestDeadlock("deadlock: all goroutines in bubble are blocked"))
		}
	}
}

//go:linkname synctest_Wait internal/synctest.Wait
func synctest_Wait() {
	switch rustBubbleWait() {
	case 1:
		panic("goroutine is not in a bubble")
	case 2:
		panic("wait already in progress")
	}
}

//go:linkname synctest_IsInBubble internal/synctest.IsInBubble
func synctest_IsInBubble() bool { return getg().bubble != nil }

//go:linkname synctest_acquire internal/synctest.acquire
func synctest_acquire() any {
	if b := rustBubbleAcquire(); b != nil {
		return bubbleRef{b}
	}
	return nil
}

//go:linkname synctest_release internal/synctest.release
func synctest_release(b any) { rustBubbleRelease(b.(bubbleRef).p) }

//go:linkname synctest_inBubble internal/synctest.inBubble
func synctest_inBubble(b any, f func()) {
	if getg().bubble != nil {
		panic("goroutine is already bubbled")
	}
	rustBubbleSet(b.(bubbleRef).p)
	defer rustBubbleSet(nil)
	f()
}

//go:linkname synctest_associate internal/synctest.associate
func synctest_associate(p unsafe.Pointer) int { return rustBubbleAssociate(p) }

//go:linkname synctest_disassociate internal/synctest.disassociate
func synctest_disassociate(p unsafe.Pointer) { rustBubbleDisassociate(p) }

//go:linkname synctest_isAssociated internal/synctest.isAssociated
func synctest_isAssociated(p unsafe.Pointer) bool { return rustBubbleIsAssociated(p) }
