// Named results that only return statements in bodies of range-over-func loops set.
package main

import "slices"

func find(s []int, x int) (found bool) {
	for y := range slices.Values(s) {
		if y == x {
			return true
		}
	}
	return
}

func place(s []int, x int) (at int, name string, found bool) {
	at = -1
	for i, y := range slices.All(s) {
		for range slices.Values(s) {
			if y == x {
				return i, "here", true
			}
		}
	}
	return
}

func main() {
	s := []int{1, 2, 3}
	literal := func(x int) (found bool) {
		defer func() { println("deferred", found) }()
		for y := range slices.Values(s) {
			if y == x {
				return true
			}
		}
		return
	}
	println(find(s, 2), find(s, 7), literal(3), literal(9))
	for _, x := range []int{3, 4} {
		at, name, found := place(s, x)
		println(at, name, found)
	}
}
