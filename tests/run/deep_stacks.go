// Stacks grow to a depth of a million frames, keep every argument register, and side stack frames stay where they are.
package main

//go:noinline
func depth(n int) int {
	if n == 0 {
		return 0
	}
	return depth(n-1) + 1
}

//go:noinline
func registers(n, b, c, d, e, f, g, h, i int, x, y float64) (int, float64) {
	if n == 0 {
		return b + c + d + e + f + g + h + i, x + y
	}
	sum, float := registers(n-1, b+1, c+1, d+1, e+1, f+1, g+1, h+1, i+1, x+1, y+1)
	return sum + n, float + float64(n)
}

type block struct{ words [64]int }

//go:noinline
func touch(b *block, i int) { b.words[i&63] = i }

//go:noinline
func frames(n int) int {
	var b block
	if n == 0 {
		return 0
	}
	touch(&b, n)
	below := frames(n - 1)
	if b.words[n&63] != n {
		panic("a frame was overwritten")
	}
	return below + 1
}

func main() {
	println(depth(1_000_000))
	sum, float := registers(10_000, 1, 2, 3, 4, 5, 6, 7, 8, 1.5, 2.5)
	println(sum, int(float))
	println(frames(100_000))
	total := make(chan int)
	for i := range 50 {
		go func() { total <- frames(1000+i) + depth(5000) }()
	}
	n := 0
	for range 50 {
		n += <-total
	}
	println(n)
}
