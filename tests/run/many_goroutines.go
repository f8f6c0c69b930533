// A chain of a hundred thousand goroutines, each waiting for the next.
package main

func main() {
	const n = 100_000
	first := make(chan int)
	in := first
	for range n {
		from, to := in, make(chan int)
		go func() { to <- 1 + <-from }()
		in = to
	}
	first <- 0
	println(<-in)
}
