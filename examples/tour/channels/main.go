// Channels: the four axioms, and what len, cap, close, range and select do.
package main

import (
	"fmt"
	"time"
)

func panicOf(f func()) (err any) {
	defer func() { err = recover() }()
	f()
	return nil
}

// blocks reports whether f is still waiting after a while.
func blocks(f func()) bool {
	done := make(chan bool)
	go func() {
		f()
		done <- true
	}()
	select {
	case <-done:
		return false
	case <-time.After(20 * time.Millisecond):
		return true
	}
}

func main() {
	closed := make(chan int, 2)
	closed <- 7
	close(closed)
	var null chan int

	fmt.Println("1. receive from a closed channel: first what it holds, then zero values")
	for range 3 {
		v, ok := <-closed
		fmt.Println("  ", v, ok)
	}
	fmt.Println("2. send to a closed channel:", panicOf(func() { closed <- 1 }))
	fmt.Println("3. receive from a nil channel blocks:", blocks(func() { <-null }))
	fmt.Println("4. send to a nil channel blocks:", blocks(func() { null <- 1 }))

	fmt.Println("close twice:", panicOf(func() { close(closed) }))
	fmt.Println("close nil:", panicOf(func() { close(null) }))

	c := make(chan string, 3)
	c <- "a"
	c <- "b"
	fmt.Println("len", len(c), "cap", cap(c), "- nil: len", len(null), "cap", cap(null))
	close(c)
	for s := range c {
		fmt.Println("range receives", s)
	}

	select {
	case null <- 1:
		fmt.Println("never")
	default:
		fmt.Println("select takes default when no case is ready")
	}

	// Of several ready cases select takes any: nobody starves.
	var taken [2]int
	ready := make(chan int)
	close(ready)
	for range 1000 {
		select {
		case <-ready:
			taken[0]++
		case <-closed:
			taken[1]++
		}
	}
	fmt.Println("both cases were taken:", taken[0] > 300 && taken[1] > 300)

	// An unbuffered channel hands over directly: the sender waits until the receiver has the value.
	blocked := blocks(func() { make(chan int) <- 1 })
	fmt.Println("send without a receiver blocks:", blocked)
}
