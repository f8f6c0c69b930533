// Of several ready cases, select takes each about equally often.
package main

func main() {
	const rounds = 40000
	channels := [4]chan int{}
	for i := range channels {
		channels[i] = make(chan int)
		close(channels[i])
	}
	var taken [4]int
	for range rounds {
		select {
		case <-channels[0]:
			taken[0]++
		case <-channels[1]:
			taken[1]++
		case <-channels[2]:
			taken[2]++
		case <-channels[3]:
			taken[3]++
		}
	}
	for i, n := range taken {
		// The standard deviation is 87: eight of them are a broken generator, not bad luck.
		if n < rounds/4-700 || n > rounds/4+700 {
			println("case", i, "was taken", n, "times of", rounds)
		}
	}
	println("done")
}
