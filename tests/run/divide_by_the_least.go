// Division by the constant that is a power of two only without its sign; shortened slices store nothing but the length.
package main

import "math"

type box struct{ s []int }

//go:noinline
func quotients(x int64, y int32) (int64, int64, int32, int32) {
	return x / math.MinInt64, x % math.MinInt64, y / math.MinInt32, y % math.MinInt32
}

//go:noinline
func unsigned(x uint64) (uint64, uint64) { return x / (1 << 63), x % (1 << 63) }

//go:noinline
func shorten(b *box, n int) {
	b.s = b.s[:n]
	b.s = b.s[0:8]
}

func main() {
	println(quotients(math.MinInt64, math.MinInt32))
	println(quotients(math.MaxInt64, -7))
	println(unsigned(math.MaxUint64))
	b := &box{s: make([]int, 10, 20)}
	shorten(b, 3)
	println(len(b.s), cap(b.s))
}
