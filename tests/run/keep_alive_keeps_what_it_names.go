// An object whose last use is KeepAlive stays whole until then, although nobody reads it: so do the objects it refers to.
package main

import "runtime"

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func main() {
	const depth = 12
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	root := tree(depth)
	runtime.GC()
	runtime.ReadMemStats(&after)
	println(after.HeapObjects-before.HeapObjects >= 1<<depth)
	runtime.KeepAlive(root)
}
