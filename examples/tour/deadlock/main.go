// Deadlock: when no goroutine can ever run again, the runtime says so, and what each one waits for.
// exit: 2
// env: GOMAXPROCS=1
package main

func main() {
	answer := make(chan int)
	go func() {
		var never chan bool
		<-never
		answer <- 42
	}()
	println(<-answer)
}
