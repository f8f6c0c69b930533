// Functions that are compiled to instructions can be values, and be called later.
package main

import (
	"math/bits"
	"sync/atomic"
)

func later(p *uint32) {
	defer atomic.StoreUint32(p, 7)
	atomic.AddUint32(p, 1)
}

func main() {
	var n uint32
	later(&n)
	println(n)
	add := atomic.AddUint32
	println(add(&n, 3))
	var width func(uint64) int = bits.Len64
	println(width(255))
	go atomic.StoreUint32(&n, 9)
	for atomic.LoadUint32(&n) != 9 {
	}
	println(n)
}
