// Maps: a Swiss table that grows, splits into tables, and iterates in random order.
package main

import (
	"fmt"
	"maps"
	"slices"
	"unsafe"
)

// header is what a map value points to: internal/runtime/maps.Map.
type header struct {
	used      uint64         // entries
	seed      uintptr        // of the hash function, different for each map
	directory unsafe.Pointer // one group of 8 slots, or a directory of tables
	length    int            // of the directory; 0 for a lone group
	depth     uint8          // bits of the hash that choose a table
}

func headerOf(m map[int]int) *header { return *(**header)(unsafe.Pointer(&m)) }

func main() {
	var null map[int]int
	fmt.Println("read of a nil map:", null[1], "- len:", len(null))
	func() {
		defer func() { fmt.Println("write to a nil map:", recover()) }()
		null[1] = 1
	}()

	m := map[int]int{}
	last := header{length: -1}
	for i := range 10_000 {
		m[i] = i
		h := *headerOf(m)
		switch {
		case h.length == last.length:
			continue
		case h.length == 0:
			fmt.Println("with the first entry: one group of 8 slots")
		case h.length == 1:
			fmt.Println("with entry", h.used, "it becomes a table, which doubles until it has 1024 slots")
		default:
			fmt.Println("a table split: the directory has", h.length, "entries,", h.depth, "bits of the hash choose one")
		}
		last = h
	}

	other := map[int]int{}
	other[1] = 1
	fmt.Println("two maps have different seeds:", headerOf(other).seed != headerOf(m).seed)

	orders := map[string]bool{}
	small := map[int]int{1: 1, 2: 2, 3: 3, 4: 4}
	for range 100 {
		orders[fmt.Sprint(slices.Collect(maps.Keys(small)))] = true
	}
	fmt.Println("iteration took more than one order:", len(orders) > 1)

	// An entry that is deleted before the iteration reaches it is not seen; each other one is seen once.
	seen := 0
	for k := range m {
		seen++
		delete(m, k)
		delete(m, k+1)
		delete(m, k-1)
	}
	fmt.Println("seen while deleting neighbours:", seen > 3000 && seen < 10_000, "- left:", len(m))

	clear(small)
	fmt.Println("after clear:", len(small))
}
