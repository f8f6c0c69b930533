// Maps that do not outlive a function have their first entries in its frame: they grow, shrink and are cleared like others.
package main

import (
	"fmt"
	"maps"
	"runtime"
)

type key struct {
	name string
	n    int
}

var outer map[key]*int

//go:noinline
func local(n int) (sum int) {
	m := make(map[int]int)
	for i := range n {
		m[i*7] += i
	}
	delete(m, 7)
	if v, ok := m[14]; ok {
		sum += v
	}
	clear(m)
	m[3] = 4
	return sum*1000 + len(m)*100 + m[3]
}

//go:noinline
func pointers(n int) (sum int) {
	m := map[key]*int{{"a", 1}: new(int)}
	for i := range n {
		m[key{fmt.Sprint("k", i), i}] = new(i)
		if i%16 == 0 {
			runtime.GC()
		}
	}
	for i := range n {
		sum += *m[key{fmt.Sprint("k", i), i}]
	}
	return sum + len(m)
}

//go:noinline
func escaping() map[key]*int {
	m := make(map[key]*int, 4)
	m[key{"x", 1}] = new(5)
	outer = maps.Clone(m)
	return m
}

func perIteration() (n int) {
	var last map[string]int
	for i := range 4 {
		m := map[string]int{"i": i}
		if i == 2 {
			last = m
		}
		m["j"] = len(m)
		n += m["i"] + m["j"]
	}
	return n*100 + last["i"]
}

func main() {
	for _, n := range []int{0, 3, 8, 9, 100} {
		fmt.Println(n, local(n), pointers(n))
	}
	m := escaping()
	runtime.GC()
	fmt.Println(len(m), *m[key{"x", 1}], len(outer), perIteration())
}
