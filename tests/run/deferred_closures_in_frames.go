// Closures of deferred calls are kept in the frame of the deferring function: what they hold lives until they have run,
// whatever ends the function, and what they give away lives on.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

type node struct {
	value int
	next  *node
}

var kept *node

func list(n int) *node {
	var first *node
	for i := range n {
		first = &node{i, first}
	}
	return first
}

func (n *node) sum() (total int) {
	for ; n != nil; n = n.next {
		total += n.value
	}
	return total
}

// deep moves the stack and fills what was freed.
func deep(n int) int {
	var pad [32]int
	if n == 0 {
		runtime.GC()
		for range 100 {
			list(50)
		}
		return 0
	}
	pad[n%32] = n
	return deep(n-1) + pad[n%32]
}

func captures(n int) (sum int) {
	nodes := list(n)
	local := n
	defer func() { sum += nodes.sum() + local }()
	local *= 2
	return deep(300)
}

func gives() {
	nodes := list(20)
	defer func() { kept = nodes }()
	deep(10)
}

func branches(n int) (text string) {
	if n%2 == 0 {
		defer func() { text += fmt.Sprint(" even ", n) }()
	}
	if n%3 == 0 {
		defer func(m int) { text += fmt.Sprint(" third ", n, m) }(n * 10)
	}
	for i := range n {
		defer func() { text += fmt.Sprint(" ", i) }()
	}
	return "done"
}

func big() (sum int) {
	var words [64]int
	for i := range words {
		words[i] = i
	}
	defer add(&sum, words)
	return deep(5) * 0
}

func add(sum *int, words [64]int) {
	for _, word := range words {
		*sum += word
	}
}

func nested() (text string) {
	defer func() {
		text += fmt.Sprint(" outer ", recover())
	}()
	defer func() {
		defer func() { text += fmt.Sprint("inner ", recover()) }()
		deep(100)
		panic("second")
	}()
	panic("first")
}

func builtins() {
	c := make(chan int, 1)
	m := map[string]int{"a": 1, "b": 2}
	func() {
		defer close(c)
		defer delete(m, "a")
		defer runtime.KeepAlive(m)
		deep(20)
	}()
	_, ok := <-c
	fmt.Println(ok, len(m))
}

func exits() int {
	result := make(chan int)
	go func() {
		nodes := list(30)
		defer func() { result <- nodes.sum() }()
		defer deep(50)
		runtime.Goexit()
	}()
	return <-result
}

func locks() int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	total := 0
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			total++
		}()
	}
	wg.Wait()
	return total
}

func allocations() float64 {
	var mu sync.Mutex
	locked := func() {
		mu.Lock()
		defer mu.Unlock()
	}
	locked()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		locked()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / 1000
}

func main() {
	fmt.Println(captures(10))
	gives()
	deep(10)
	fmt.Println(kept.sum())
	fmt.Println(branches(6))
	fmt.Println(big())
	fmt.Println(nested())
	builtins()
	fmt.Println(exits())
	fmt.Println(locks())
	fmt.Println(allocations() < 0.5)
}
