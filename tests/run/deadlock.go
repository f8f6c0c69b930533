// A deadlock is reported with the state and creator of every goroutine.
// exit: 2
// env: GOMAXPROCS=1
package main

func receive(c chan int) { <-c }

func main() {
	c := make(chan int)
	go receive(c)
	go func() {
		var null chan int
		null <- 1
	}()
	select {}
}
