// A slice does not become an array that is longer than it.
// exit: 2
package main

func main() {
	short := []int{1, 2, 3}
	println(len([3]int(short)), len((*[2]int)(short)))
	_ = [4]int(short)
}
