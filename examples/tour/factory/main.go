// Factory: constructors in a registry, chosen by a name that is known only at run time.
package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Shape is what the factory makes.
type Shape interface{ Area() float64 }

type square struct{ side float64 }
type circle struct{ radius float64 }

func (s square) Area() float64 { return s.side * s.side }
func (c circle) Area() float64 { return 3 * c.radius * c.radius } // good enough for government work

// Maker makes a shape of a size.
type Maker func(size float64) (Shape, error)

var makers = map[string]Maker{}

var errSize = errors.New("size must be positive")

// Register adds a maker, as packages do in their init functions.
func Register(name string, make Maker) {
	if _, exists := makers[name]; exists {
		panic("factory: " + name + " is registered twice")
	}
	makers[name] = func(size float64) (Shape, error) {
		if size <= 0 {
			return nil, errSize
		}
		return make(size)
	}
}

// New makes a shape by name.
func New(name string, size float64) (Shape, error) {
	make, ok := makers[name]
	if !ok {
		return nil, fmt.Errorf("factory: no shape %q, there are %q", name, slices.Sorted(maps.Keys(makers)))
	}
	return make(size)
}

func init() {
	Register("square", func(size float64) (Shape, error) { return square{size}, nil })
	Register("circle", func(size float64) (Shape, error) { return circle{size}, nil })
}

func main() {
	for _, name := range []string{"square", "circle", "hexagon"} {
		shape, err := New(name, 2)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%T of area %v\n", shape, shape.Area())
	}
	_, err := New("square", -1)
	fmt.Println(err, errors.Is(err, errSize))
	defer func() { fmt.Println("recovered:", recover()) }()
	Register("square", nil)
}
