// A lock for the overlay's own tables: three states on one word, waiting in the runtime's semaphores.

package runtime

import "internal/runtime/atomic"

// mutex is free (0), held (1), or held with somebody waiting (2).
type mutex struct {
	state atomic.Uint32
	sema  uint32
}

func lock(l *mutex) {
	if l.state.CompareAndSwap(0, 1) {
		return
	}
	for l.state.Swap(2) != 0 {
		semacquireRust(&l.sema, 0, waitReasonNone)
	}
}

func unlock(l *mutex) {
	if l.state.Swap(0) == 2 {
		semreleaseRust(&l.sema, false)
	}
}
