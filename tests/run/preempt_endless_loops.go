// Goroutines that never call anything must not keep others from running.
package main

func main() {
	for range 8 {
		go func() {
			for {
			}
		}()
	}
	done := make(chan int)
	go func() {
		n := 0
		for i := range 1000 {
			n += i
		}
		done <- n
	}()
	println(<-done)
}
