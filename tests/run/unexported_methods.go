// Unexported methods: found through pointers, in interfaces of other names, and also where nobody calls them.
package main

type Shape interface {
	area() int
}

type Sided interface {
	Shape
	sides() int
}

type Square struct{ n int }

func (s *Square) area() int  { return s.n * s.n }
func (s *Square) sides() int { return 4 }

type Again interface {
	area() int
}

func main() {
	var x any = &Square{3}
	println("area", x.(Shape).area())
	// Nobody calls sides, but it is there.
	_, ok := x.(Sided)
	println("sided", ok)
	_, ok = x.(interface{ volume() int })
	println("solid", ok)

	// Two interface types with the same methods: values compare as if converted.
	a, b := Shape(&Square{1}), Again(nil)
	b = a
	println("same", a == b, Again(a) == x.(Again), a == Shape(b))
	var none Shape
	println("nil", Again(none) == nil)
}
