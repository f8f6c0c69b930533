// In files of Go 1.21 all iterations share the variables of a loop, also those that closures only read.

//go:build go1.21

package main

func main() {
	var reads []func() int
	for i, x := range []int{1, 2, 3} {
		reads = append(reads, func() int { return i*10 + x })
	}
	for i := 0; i < 2; i++ {
		println(reads[i]())
	}
	for i := 0; i < 3; i++ {
		reads[i] = func() int { return i }
	}
	println(reads[0](), reads[1]())
}
