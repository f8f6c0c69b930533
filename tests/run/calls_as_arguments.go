// One call with several results as all arguments of a predeclared function, also of a deferred one.
package main

func parts() ([]byte, string)        { return make([]byte, 2), "abc" }
func entry() (map[int]bool, int)     { return table, 1 }
func numbers() (float64, float64)    { return 1, 2 }
func several() (int16, bool, string) { return -42, true, "x" }
func list() ([]int, int, int)        { return []int{1}, 2, 3 }

var table = map[int]bool{1: true}

func main() {
	defer println(several())
	println(copy(parts()))
	delete(entry())
	println(len(table))
	println(real(complex(numbers())))
	println(len(append(list())))
	print(several())
	println()

	// Arrays without elements or size, and lengths that need a call.
	var empty [2]struct{}
	for i := range empty {
		empty[i] = struct{}{}
	}
	println(len(*array()), len([0]int{}))
	type point struct{ x, y int }
	println(len([]*point{{1, 2}, {3, 4}}))

	// A bool in an interface as the case of a switch without tag.
	switch i := any(true); {
	case i:
		println("true")
	default:
		println("wrong")
	}
	squelched()
}

func array() *[3]int { return new([3]int) }

func squelched() {
	defer func() { println("recovered earlier:", recover() == nil) }()
	defer func() {
		defer recover()
	}()
	panic("squelched")
}
