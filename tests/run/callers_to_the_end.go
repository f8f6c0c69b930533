// What runtime.Callers tells ends where every goroutine ends, and bodies of loops over functions have names of their own.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

func show(what string) {
	pcs := make([]uintptr, 20)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	fmt.Print(what, ":")
	for {
		frame, more := frames.Next()
		fmt.Print(" ", frame.Function)
		if !more {
			break
		}
	}
	fmt.Println()
}

func once(yield func(int) bool) { yield(0) }

func loops() {
	for range once {
		show("body")
		func() { show("literal in body") }()
		for range once {
			show("inner")
			func() { show("literal in inner") }()
		}
	}
	for range once {
		show("second")
	}
	func() {
		for range once {
			func() { show("in literals") }()
		}
	}()
}

func stack() []byte { return debug.Stack() }

func main() {
	loops()
	done := make(chan bool)
	go func() {
		defer close(done)
		show("goroutine")
	}()
	<-done
	for _, line := range strings.Split(string(stack()), "\n") {
		if name, _, ok := strings.Cut(line, "("); ok {
			fmt.Println("stack:", name)
		}
	}
}
