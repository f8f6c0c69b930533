// Each address that runtime.Callers returns stands for one call, inlined or not, down to runtime.goexit.
package main

import (
	"fmt"
	"reflect"
	"runtime"
)

type T struct{ n int }

func (T) value()    {}
func (*T) pointer() {}

//go:noinline
func capture(skip int) []uintptr {
	pcs := make([]uintptr, 20)
	return pcs[:runtime.Callers(skip, pcs)]
}

func inner(skip int) []uintptr  { return capture(skip) }
func middle(skip int) []uintptr { return inner(skip) }
func outer(skip int) []uintptr  { return middle(skip) }

func show(pcs []uintptr) {
	frames := runtime.CallersFrames(pcs)
	for _, pc := range pcs {
		frame, _ := frames.Next()
		f := runtime.FuncForPC(pc - 1)
		file, line := f.FileLine(pc - 1)
		isSame := f.Name() == frame.Function && file == frame.File && line == frame.Line
		fmt.Print(frame.Function, " ", isSame, " ")
	}
	fmt.Println()
}

func self() string {
	pc, _, _, _ := runtime.Caller(1)
	return runtime.FuncForPC(pc).Name()
}

func who() string { return self() }

func main() {
	for skip := range 9 {
		show(outer(skip))
	}
	fmt.Println(who(), func() string { return who() }())
	for _, f := range []any{(*T).value, T.value, T{}.value, (*T).pointer, (&T{}).pointer} {
		fmt.Println(runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name())
	}
	done := make(chan bool)
	go func() {
		defer func() {
			show(outer(2))
			recover()
			done <- true
		}()
		var p *T
		fmt.Println(p.n)
	}()
	<-done
}
