// Functions: scopes, function values as pointers to closures, methods as functions, and what a call of each kind reads.
package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

type counter struct{ n int }

func (c counter) get() int { return c.n }
func (c *counter) inc()    { c.n++ }

func double(n int) int { return 2 * n }

// A function value points to a closure: the address of the code, then what it captured.
type closure struct {
	code     uintptr
	captured [2]uintptr
}

func closureOf[F any](f *F) *closure { return *(**closure)(unsafe.Pointer(f)) }

func nameOf[F any](f *F) string { return runtime.FuncForPC(closureOf(f).code).Name() }

//go:noinline
func adder(by int) func(int) int {
	return func(n int) int { return n + by }
}

//go:noinline
func counterFunc() (func() int, *int) {
	n := 0
	return func() int { n++; return n }, &n
}

func apply(f func(int) int, n int) int { return f(n) }

func main() {
	x := 1
	{
		x := "inner" // another variable: scopes are gone after compilation
		_ = x
	}
	fmt.Println("the outer x is", x)

	top := double
	fmt.Println("top-level:", nameOf(&top), apply(top, 21))

	literal := func(n int) int { return n + 1 }
	fmt.Println("literal:", nameOf(&literal), apply(literal, 41))

	add5, add7 := adder(5), adder(7)
	fmt.Println("closures share code:", closureOf(&add5).code == closureOf(&add7).code)
	fmt.Println("and capture", closureOf(&add5).captured[0], "and", closureOf(&add7).captured[0])
	fmt.Println("calls:", add5(1), add7(1))

	// A variable that is assigned after it was captured is captured by reference.
	next, n := counterFunc()
	next()
	next()
	fmt.Println("captured by reference:", closureOf(&next).captured[0] == uintptr(unsafe.Pointer(n)), *n)

	c := counter{10}
	value := c.get   // copies the receiver now
	pointer := c.inc // keeps the receiver's address
	pointer()
	pointer()
	fmt.Println("method value of a value receiver:", value(), "- c.n is", c.n)
	fmt.Println("method expressions:", counter.get(c), (*counter).get(&c))

	// Each iteration has its own loop variable.
	var all []func() int
	for i := range 3 {
		all = append(all, func() int { return i })
	}
	fmt.Println("loop variables:", all[0](), all[1](), all[2]())

	// Deferred calls run last in, first out; their arguments are evaluated at the defer statement.
	func() {
		for i := range 3 {
			defer fmt.Print("deferred ", i, "\n")
		}
	}()
	fmt.Println("results can be named and changed:", named())
}

func named() (n int) {
	defer func() { n *= 2 }()
	return 21
}
