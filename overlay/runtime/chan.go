// Channels: the operations of compiled code and of reflect, over the runtime's.

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"internal/runtime/math"
	"unsafe"
)

// What a send or receive answers; abi::ChanStatus.
const (
	chanDone = iota
	chanWouldBlock
	chanClosed
)

// What a select answers besides the case; abi::SelectStatus.
const (
	selectNotReceived = iota
	selectReceived
	selectSendOnClosed
)

// selectCase is one communication of a select; abi::SelectCase is its twin.
type selectCase struct {
	c    unsafe.Pointer
	elem unsafe.Pointer
}

// hchan is the beginning of a channel; abi::Chan is its twin.
type hchan struct {
	count     uintptr
	cap       uintptr
	buf       unsafe.Pointer
	elemType  *abi.Type
	elemSize  uint32
	closed    uint32
	sendIdx   uintptr
	recvIdx   uintptr
	recvQueue [2]uintptr
	sendQueue [2]uintptr
	timer     uintptr
}

// wouldBlock reports, without the lock, whether a communication certainly cannot proceed at some moment during the
// call. It reads one word of the channel's state, and then whether the channel is closed: a channel does not reopen.
func wouldBlock(c *hchan, send bool) bool {
	if c == nil {
		return true
	}
	if c.timer != 0 {
		return false
	}
	var blocks bool
	switch {
	case send && c.cap == 0:
		blocks = c.recvQueue[0] == 0
	case send:
		blocks = c.count == c.cap
	case c.cap == 0:
		blocks = c.sendQueue[0] == 0
	default:
		blocks = c.count == 0
	}
	return blocks && atomic.Load(&c.closed) == 0
}

func makechan(t *abi.ChanType, size int) unsafe.Pointer {
	mem, overflow := math.MulUintptr(t.Elem.Size_, uintptr(size))
	if overflow || mem > maxAlloc || size < 0 {
		panicmakechan()
	}
	return rustMakechan(&t.Type, size)
}

func chansend1(c, elem unsafe.Pointer) {
	if rustChansend(c, elem, true) == chanClosed {
		panic(plainError("send on closed channel"))
	}
}

func chanrecv2(c, elem unsafe.Pointer) bool { return rustChanrecv(c, elem, true) == chanDone }

func closechan(c unsafe.Pointer) {
	if c == nil {
		panic(plainError("close of nil channel"))
	}
	if rustClosechan(c) != 0 {
		panic(plainError("close of closed channel"))
	}
}

// selectgo makes one communication. It returns its number (-1 for none) and whether an element was received.
func selectgo(cases *selectCase, order *uint16, nsends, nrecvs int, block bool) (int, bool) {
	if !block && nsends+nrecvs == 1 && wouldBlock((*hchan)(cases.c), nsends == 1) {
		return -1, false
	}
	i, status := rustSelectgo(cases, order, nsends, nrecvs, block)
	if status == selectSendOnClosed {
		panic(plainError("send on closed channel"))
	}
	return i, status == selectReceived
}

// block is a select without cases.
func block() { gopark(waitReasonSelectNoCases) }

//go:linkname reflect_makechan reflect.makechan
func reflect_makechan(t *abi.ChanType, size int) unsafe.Pointer { return makechan(t, size) }

//go:linkname reflect_chansend reflect.chansend0
func reflect_chansend(c, elem unsafe.Pointer, nb bool) bool {
	switch rustChansend(c, elem, !nb) {
	case chanClosed:
		panic(plainError("send on closed channel"))
	case chanWouldBlock:
		return false
	}
	return true
}

//go:linkname reflect_chanrecv reflect.chanrecv
func reflect_chanrecv(c unsafe.Pointer, nb bool, elem unsafe.Pointer) (selected, received bool) {
	status := rustChanrecv(c, elem, !nb)
	return status != chanWouldBlock, status == chanDone
}

//go:linkname reflect_chanlen reflect.chanlen
func reflect_chanlen(c unsafe.Pointer) int { return rustChanlen(c) }

//go:linkname reflectlite_chanlen internal/reflectlite.chanlen
func reflectlite_chanlen(c unsafe.Pointer) int { return rustChanlen(c) }

//go:linkname reflect_chancap reflect.chancap
func reflect_chancap(c unsafe.Pointer) int { return rustChancap(c) }

//go:linkname reflect_chanclose reflect.chanclose
func reflect_chanclose(c unsafe.Pointer) { closechan(c) }

// runtimeSelect is reflect's description of a case.
type runtimeSelect struct {
	dir  int // 1 send, 2 receive, 3 default
	typ  unsafe.Pointer
	c    unsafe.Pointer
	elem unsafe.Pointer
}

//go:linkname reflect_rselect reflect.rselect
func reflect_rselect(cases []runtimeSelect) (int, bool) {
	if len(cases) == 0 {
		block()
	}
	list := make([]selectCase, len(cases))
	origin := make([]int, len(cases))
	nsends, nrecvs, defaultCase := 0, 0, -1
	for i, c := range cases {
		if c.dir == 1 {
			list[nsends] = selectCase{c.c, c.elem}
			origin[nsends] = i
			nsends++
		}
	}
	for i, c := range cases {
		switch c.dir {
		case 2:
			list[nsends+nrecvs] = selectCase{c.c, c.elem}
			origin[nsends+nrecvs] = i
			nrecvs++
		case 3:
			defaultCase = i
		}
	}
	if nsends+nrecvs == 0 {
		return defaultCase, false
	}
	order := make([]uint16, 2*len(list))
	chosen, received := selectgo(&list[0], &order[0], nsends, nrecvs, defaultCase < 0)
	if chosen < 0 {
		return defaultCase, false
	}
	return origin[chosen], received
}
