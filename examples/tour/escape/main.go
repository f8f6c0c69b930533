// Escape analysis: which variables go to the heap, which stay with the function, found out by asking the heap.
package main

import (
	"fmt"
	"groundhog/inspect"
	"unsafe"
)

type point struct{ x, y int }

// onHeap must not be what makes its argument escape: the pointer is only looked at.
func onHeap[T any](p *T) bool {
	_, found := inspect.ObjectAt(unsafe.Pointer(p))
	return found
}

var global *point

//go:noinline
func stays() bool {
	p := point{1, 2}
	q := &p // an address that is not kept
	q.x++
	return onHeap(q)
}

//go:noinline
func returned() *point {
	p := point{1, 2}
	return &p
}

//go:noinline
func stored() bool {
	p := point{1, 2}
	global = &p
	return onHeap(&p)
}

//go:noinline
func captured() (func() int, bool) {
	n := 0
	return func() int { n++; return n }, onHeap(&n)
}

//go:noinline
func capturedButCalledHere() bool {
	n := 0
	add := func(by int) { n += by }
	add(1)
	return onHeap(&n)
}

//go:noinline
func sent(c chan *point) bool {
	p := point{3, 4}
	c <- &p
	return onHeap(&p)
}

//go:noinline
func knownSize() bool {
	s := make([]int, 16)
	s[3] = 1
	return onHeap(&s[0])
}

//go:noinline
func unknownSize(n int) bool {
	s := make([]int, n)
	return onHeap(&s[0])
}

//go:noinline
func tooLarge() bool {
	var a [16 << 20]byte
	return onHeap(&a[1])
}

func main() {
	_, closure := captured()
	fmt.Println("address taken, not kept:       ", stays())
	fmt.Println("address returned:              ", onHeap(returned()))
	fmt.Println("address stored in a global:    ", stored())
	fmt.Println("captured by a returned closure:", closure)
	fmt.Println("captured, called here only:    ", capturedButCalledHere())
	fmt.Println("address sent to a channel:     ", sent(make(chan *point, 1)))
	fmt.Println("slice of a constant size:      ", knownSize())
	fmt.Println("slice of unknown size:         ", unknownSize(16))
	fmt.Println("too large for a frame:         ", tooLarge())
}
