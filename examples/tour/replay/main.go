// Any schedule again: what three goroutines do depends on the seed of the run, and on nothing else.
// env: GROUNDHOG_SEED=2
package main

import "fmt"

func main() {
	words := make(chan string)
	for _, word := range []string{"ready", "steady", "go"} {
		go func() { words <- word }()
	}
	fmt.Println(<-words, <-words, <-words)
}
