// Appending the zeros of a slice that is never made; lengths that no slice can have.
package main

import "fmt"

func grown[T any](s []T, n int) []T { return append(s, make([]T, n)...) }

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

//go:noinline
func count() int {
	fmt.Print("counted ")
	return 3
}

func main() {
	s := append(make([]int, 2, 8), 1)
	t := append(s[:1], make([]int, 4)...)
	fmt.Println(s, t, len(t), cap(t))
	p := []*int{&s[0]}
	p = append(p[:0:1], make([]*int, 2)...)
	fmt.Println(p)
	fmt.Println(append([]byte("ab"), make([]byte, count())...), append([]string(nil), make([]string, 0)...) == nil)
	fmt.Println(len(grown(make([]struct{}, 1), 1<<40)), len(grown([]int8{1}, 70000)))
	n := -1
	try(func() { grown(s, n) })
	try(func() { grown(s, 1<<60) })
	try(func() { grown([]struct{}{{}}, int(^uint(0)>>1)) })
	fmt.Println(append(s, make([]int, 1, 5)...))
}
