// A loop that only counts is preempted and stopped for a collection, whichever way it counts and wherever it starts.
package main

import (
	"fmt"
	"math"
	"runtime"
)

var sink int

//go:noinline
func up(n int) (sum int) {
	for i := 0; i < n; i++ {
		sum += i ^ sum
	}
	return sum
}

//go:noinline
func down(n int) (sum int) {
	for i := n; i >= 0; i -= 3 {
		sum ^= i
	}
	return sum
}

//go:noinline
func unsigned(from, to uint32) (n int) {
	for i := from; i <= to; i += 2 {
		n++
	}
	return n
}

// ends counts to the end of the type's range, where the next count would wrap.
//
//go:noinline
func ends(from int) (n int) {
	for i := from; i < math.MaxInt; i++ {
		n++
	}
	return n
}

func main() {
	runtime.GOMAXPROCS(1)
	done := make(chan bool)
	go func() {
		sink = up(1<<40) + down(1<<40)
		done <- true
	}()
	for range 3 {
		runtime.Gosched()
		runtime.GC()
	}
	select {
	case <-done:
		fmt.Println("the loops ended already")
	default:
	}
	fmt.Println(up(5000), down(5000), up(0), down(-1))
	fmt.Println(unsigned(5, 4), unsigned(4, 4), unsigned(0, 100001), unsigned(math.MaxUint32-5001, math.MaxUint32-2))
	fmt.Println(ends(math.MaxInt-5000), ends(math.MaxInt), ends(math.MaxInt-1))
}
