// A literal with more words than the optimiser splits, made of a value that it does split, keeps all of them.
package main

type part struct {
	words []int
	tail  struct {
		class, tag  int
		isCompound  bool
		bytes, text []byte
	}
}

type whole struct {
	version int
	part    part
	rest    [60]int
}

//go:noinline
func makePart() (n int, p part, err error) {
	p.words = []int{1, 2, 3}
	p.tail.text = []byte{6, 7}
	return 5, p, nil
}

var global whole

//go:noinline
func show(x any) {
	w := x.(whole)
	println(w.version, len(w.part.words), len(w.part.tail.text), w.rest[0])
}

func main() {
	_, p, _ := makePart()
	w := whole{version: 2, part: p}
	show(w)
	global = w
	println(len(global.part.words), len(global.part.tail.text))
}
