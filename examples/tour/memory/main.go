// Memory: the size class, span, page and arena of objects, and what large objects get.
package main

import (
	"fmt"
	"groundhog/inspect"
	"unsafe"
)

type node struct {
	next  *node
	value [5]int
}

var keep []any

//go:noinline
func show(what string, p unsafe.Pointer) inspect.Object {
	o, ok := inspect.ObjectAt(p)
	if !ok {
		fmt.Printf("%-14s not in the heap\n", what)
		return o
	}
	pointers := "pointers"
	if o.NoScan {
		pointers = "no pointers"
	}
	fmt.Printf("%-14s slot of %6d bytes, class %2d, span of %4d objects on %2d pages, %s\n", what, o.Size, o.Class, o.Slots, o.Pages, pointers)
	return o
}

func bytes(n int) unsafe.Pointer {
	b := make([]byte, n)
	keep = append(keep, b)
	return unsafe.Pointer(unsafe.SliceData(b))
}

func main() {
	for _, n := range []int{1, 17, 48, 100, 1000, 5000, 32 << 10, 32<<10 + 1, 1 << 20} {
		show(fmt.Sprint(n, " bytes"), bytes(n))
	}

	list := &node{next: &node{}}
	keep = append(keep, list)
	first := show("a node", unsafe.Pointer(list))
	inside, _ := inspect.ObjectAt(unsafe.Pointer(&list.value[3]))
	fmt.Println("an inner pointer finds its object:", inside == first)

	// Objects of one size share a span, unless one has pointers and the other has not.
	second := show("another", unsafe.Pointer(list.next))
	fmt.Println("the same span:", first.Span == second.Span)
	plain, _ := inspect.ObjectAt(bytes(48))
	fmt.Println("as 48 bytes without pointers:", first.Span == plain.Span, "- the class is the same:", first.Class == plain.Class)
	fmt.Println("a span starts at a page:", first.Span%8192 == 0, "- its objects follow:", (first.Address-first.Span)%uintptr(first.Size) == 0)

	// Arenas of 64 MB are taken one after the other.
	large, _ := inspect.ObjectAt(bytes(100 << 20))
	fmt.Println("100 MB: class", large.Class, "on", large.Pages, "pages from page", large.Page, "of an arena")
	local := 0
	show("a local", unsafe.Pointer(&local))
	show("a global", unsafe.Pointer(&keep))
}
