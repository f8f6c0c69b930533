// Collector: cycles, marking beside the program, the goal, and what happens when something is no longer reachable.
// env: GOMAXPROCS=2
// env: GOGC=100
package main

import (
	"fmt"
	"groundhog/inspect"
	"runtime"
	"runtime/debug"
	"unsafe"
	"weak"
)

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return nil
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

var live *tree

type resource struct{ name string }

//go:noinline
func lose(events chan<- string) (weak.Pointer[resource], uintptr) {
	r := &resource{"file"}
	runtime.AddCleanup(r, func(name string) { events <- "cleanup of " + name }, "file")
	f := &resource{"socket"}
	runtime.SetFinalizer(f, func(f *resource) { events <- "finalizer of " + f.name })
	return weak.Make(r), ^uintptr(unsafe.Pointer(r)) // stacks are scanned conservatively: a number could keep it alive
}

//go:noinline
func clobber() (n int) {
	var frame [512]int
	for i := range frame {
		n += frame[i] + i
	}
	return n
}

func main() {
	before := inspect.Collect()
	runtime.GC()
	fmt.Println("runtime.GC finishes at least one cycle:", inspect.Collect().Cycles > before.Cycles)

	// A program that allocates without end is collected without being asked, while it runs.
	cycles, sawMarking := inspect.Collect().Cycles, false
	live = grow(18)
	for inspect.Collect().Cycles < cycles+3 {
		grow(10)
		sawMarking = sawMarking || inspect.Collect().Marking
	}
	c := inspect.Collect()
	fmt.Println("three more cycles; the program ran while marking went on:", sawMarking)
	fmt.Println("goal above trigger, trigger above half of it:", c.Goal >= c.Trigger && c.Trigger > c.Goal/2)
	o, _ := inspect.ObjectAt(unsafe.Pointer(live))
	fmt.Println("what is reachable stays:", o.Size, "bytes per node of the tree")

	events := make(chan string, 2)
	pointer, address := lose(events)
	fmt.Println("weak pointer before:", pointer.Value() != nil)
	clobber()
	runtime.GC()
	runtime.GC()
	got := map[string]bool{<-events: true, <-events: true}
	fmt.Println("after two collections:", got)
	fmt.Println("weak pointer after:", pointer.Value() != nil)
	_, exists := inspect.ObjectAt(unsafe.Pointer(^address))
	fmt.Println("an object is at the old address:", exists)

	// GOGC=off with a memory limit: only the limit starts cycles.
	debug.SetGCPercent(-1)
	runtime.GC()
	cycles = inspect.Collect().Cycles
	for range 20 {
		grow(14)
	}
	fmt.Println("cycles without GOGC:", inspect.Collect().Cycles-cycles)
}
