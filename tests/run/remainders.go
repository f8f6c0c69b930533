// Remainders of the smallest integers by -1 are 0, and quotients wrap around: both without a fault, at every width.
package main

import "math"

//go:noinline
func both[T int8 | int16 | int32 | int64 | int](x, y T) (T, T) { return x / y, x % y }

func main() {
	println(both[int8](math.MinInt8, -1))
	println(both[int16](math.MinInt16, -1))
	println(both[int32](math.MinInt32, -1))
	println(both[int64](math.MinInt64, -1))
	println(both[int](math.MinInt, -1))
	println(both(-7, 2))
	println(both(7, -2))
	println(both(-7, -1))
	defer func() { println(recover().(error).Error()) }()
	println(both(1, 0))
}
