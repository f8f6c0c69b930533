// What two goroutines print depends on the schedule; under GROUNDHOG_SEED, on nothing but the seed.
// env: GROUNDHOG_SEED=7
package main

func main() {
	events := make(chan int, 64)
	done := make(chan bool)
	for id := range 6 {
		go func() {
			for i := range 8 {
				events <- id*10 + i
			}
			done <- true
		}()
	}
	running := 6
	for running > 0 {
		select {
		case event := <-events:
			print(event, " ")
		case <-done:
			running--
		}
	}
	println()
}
