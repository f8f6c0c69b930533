// Deferred calls and what they hold outlive the frame of the function that defers, whatever the earlier ones do.
package main

type I interface{ M() }

type T struct{ x int }

func (T) M() {}

func fill(n int) (sum int) {
	var memory [64]int
	for i := range memory {
		memory[i] = n + i
	}
	for i := range memory {
		sum += memory[i]
	}
	return sum
}

func several() {
	s := "captured"
	defer println("one", "two", s)
	defer println(13.5, fill(2))
	defer func() { println("filled", fill(3), s) }()
	defer println(uintptr(12), 14+15i)
}

// The deferred call itself panics: its receiver is a nil pointer behind a value method.
func panics() (r int) {
	defer func() { println("recovered:", recover() != nil) }()
	var p *T
	var i I = p
	defer i.M()
	r = 1
	return
}

func main() {
	several()
	println(panics())
}
