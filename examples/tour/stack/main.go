// Stacks: the prologue's check, growth by copying, the side stack that does not move, and shrinking.
// env: GOMAXPROCS=1
package main

import (
	"fmt"
	"groundhog/inspect"
	"runtime"
)

type block struct{ words [8]int }

//go:noinline
func touch(b *block) { b.words[0]++ }

// descend calls itself until the stack has n bytes. Each call's prologue compares the stack pointer with the guard, and has
// the stack grown when the frame does not fit any more.
//
//go:noinline
func descend(n int) int {
	if inspect.Self().StackSize >= n {
		return 0
	}
	return descend(n) + 1
}

// holding has a local whose address is taken: it lives on the side stack, and stays where it is when the stack moves.
//
//go:noinline
func holding(n int) int {
	var b block
	touch(&b)
	if n == 0 {
		return inspect.Self().SideSize
	}
	return holding(n-1) + b.words[0] - 1
}

func main() {
	done := make(chan bool)
	resume := make(chan bool)
	var id uint64
	inspect.Record(true)
	go func() {
		id = inspect.Self().ID
		fmt.Println("a new goroutine has a stack of", inspect.Self().StackSize, "bytes")
		frames := descend(1 << 20)
		fmt.Println("more than 5000 frames later:", inspect.Self().StackSize, frames > 5000)
		before := inspect.Self().SideSize
		fmt.Println("side stack of 100 frames with a block each:", (holding(99)-before)/100 >= 64)
		fmt.Println("and after them:", inspect.Self().SideSize == before)
		done <- true
		<-resume // parked here: a collection finds the stack mostly unused
		done <- true
	}()
	<-done
	inspect.Record(false)
	var sizes []uint64
	for _, event := range inspect.Events() {
		if event.Kind == inspect.StackGrow && event.G == id {
			sizes = append(sizes, event.Arg)
		}
	}
	fmt.Println("it grew to", sizes)

	for range 6 {
		g, _ := inspect.Find(id)
		fmt.Println("parked in", g.State, "with", g.StackSize, "bytes")
		runtime.GC()
	}
	resume <- true
	<-done
}
