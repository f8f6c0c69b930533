// What is not used again is not held: not by dead variables, registers, closures that have started, or results.
package main

import (
	"runtime"
	"time"
	"weak"
)

type object struct {
	next *object
	data [64]byte
}

var sink int

//go:noinline
func use(o *object) { sink += int(o.data[0]) }

//go:noinline
func pass(a, b, c, d, e, f, g, h *object) weak.Pointer[object] {
	use(h)
	use(a)
	return weak.Make(g)
}

func freed(name string, w weak.Pointer[object]) {
	runtime.GC()
	if w.Value() == nil {
		println(name, "freed")
	} else {
		println(name, "held")
	}
}

func local() {
	o := &object{}
	w := weak.Make(o)
	use(o)
	freed("local", w)
}

func kept() {
	o := &object{}
	w := weak.Make(o)
	runtime.GC()
	println("kept", w.Value() == o)
	runtime.KeepAlive(o)
	freed("kept no longer", w)
}

//go:noinline
func six(a, b, c, d, e, f *object) {
	use(a)
	use(f)
}

func manyLocals() {
	a, b, c, d, e, f := &object{}, &object{}, &object{}, &object{}, &object{}, &object{}
	wa, wb, wf := weak.Make(a), weak.Make(b), weak.Make(f)
	use(a)
	runtime.GC()
	println("needed later", wa.Value() != nil, wb.Value() == b, wf.Value() == f)
	six(a, b, c, d, e, f)
	freed("first of many", wa)
	freed("second of many", wb)
	freed("last of many", wf)
}

func arguments() {
	o := &object{}
	w := pass(o, o, o, o, o, o, &object{}, o)
	freed("argument", w)
	use(o)
}

//go:noinline
func list(n int) *object {
	var o *object
	for range n {
		o = &object{next: o}
	}
	return o
}

func chain() {
	first := list(3)
	w := weak.Make(first.next.next)
	for o := first; o != nil; o = o.next {
		use(o)
	}
	freed("chain", w)
}

func started() {
	o := &object{}
	w := weak.Make(o)
	done := make(chan bool)
	go func() {
		use(o)
		freed("captured", w)
		done <- true
	}()
	<-done
}

func deferred() {
	o := &object{}
	w := weak.Make(o)
	defer func() {
		println("deferred", w.Value() == o)
	}()
	runtime.GC()
}

//go:noinline
func fail(o *object) {
	defer func() { recover() }()
	use(o)
	panic("gone")
}

func recovered() {
	o := &object{}
	w := weak.Make(o)
	fail(o)
	freed("recovered", w)
}

func finalized() {
	done := make(chan bool, 1)
	func() {
		o := &object{}
		runtime.SetFinalizer(o, func(*object) { done <- true })
	}()
	runtime.GC()
	select {
	case <-done:
		println("finalized")
	case <-time.After(5 * time.Second):
		println("not finalized")
	}
}

func cleaned() {
	done := make(chan int, 1)
	o := &object{}
	runtime.AddCleanup(o, func(n int) { done <- n }, 7)
	use(o)
	runtime.GC()
	select {
	case n := <-done:
		println("cleaned", n)
	case <-time.After(5 * time.Second):
		println("not cleaned")
	}
}

func main() {
	local()
	kept()
	manyLocals()
	arguments()
	chain()
	started()
	deferred()
	recovered()
	finalized()
	cleaned()
}
