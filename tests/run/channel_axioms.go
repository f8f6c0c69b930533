// The four axioms of channels: a closed channel gives zero values and panics on sends; a nil one blocks for ever.
package main

func mustPanic(name string, f func()) {
	defer func() {
		println(name, "panics:", recover().(error).Error())
	}()
	f()
}

func main() {
	c := make(chan int, 2)
	c <- 7
	close(c)
	v, ok := <-c
	println("buffered before close:", v, ok)
	v, ok = <-c
	println("closed:", v, ok)

	mustPanic("send on closed", func() { c <- 1 })
	mustPanic("close of closed", func() { close(c) })
	var null chan int
	mustPanic("close of nil", func() { close(null) })

	select {
	case null <- 1:
		println("wrong: sent to nil")
	case <-null:
		println("wrong: received from nil")
	default:
		println("nil is never ready")
	}
}
