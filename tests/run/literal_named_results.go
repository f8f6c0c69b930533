// Return statements of function literals assign to named results, which deferred functions see.
package main

import "slices"

func main() {
	literal := func(x int) (found bool) {
		defer func() { println("deferred", found) }()
		for y := range slices.Values([]int{1, 2, 3}) {
			if y == x {
				return true
			}
		}
		return
	}
	println(literal(3))
	lit2 := func(x int) (found bool) {
		defer func() { println("deferred", found) }()
		return true
	}
	println(lit2(3))
}
