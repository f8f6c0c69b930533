// Interface values: two words, the method table that they share, and how a method is found in it.
package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

type speaker interface {
	Name() string
	Speak() string
}

type dog struct{ name string }

func (d *dog) Name() string  { return d.name }
func (d *dog) Speak() string { return "woof" }

type cat struct{ name string }

func (c *cat) Name() string  { return c.name }
func (c *cat) Speak() string { return "meow" }

// An interface value is two words: what it holds, and where.
type words struct{ first, data unsafe.Pointer }

// The first word of a non-empty interface is a method table, made by the linker for each pair of types.
type itab struct {
	inter, concrete unsafe.Pointer
	hash            uint32
	methods         [2]uintptr
}

func wordsOf(p unsafe.Pointer) *words { return (*words)(p) }

func method(pc uintptr) string { return runtime.FuncForPC(pc).Name() }

func main() {
	rex, tom := &dog{"Rex"}, &cat{"Tom"}
	var a, b, c speaker = rex, &dog{"Fido"}, tom
	for _, s := range []speaker{a, b, c} {
		fmt.Println(s.Name(), "says", s.Speak())
	}
	fmt.Println("an interface value takes", unsafe.Sizeof(a), "bytes")

	table := (*itab)(wordsOf(unsafe.Pointer(&a)).first)
	fmt.Println("two dogs share a table:", wordsOf(unsafe.Pointer(&a)).first == wordsOf(unsafe.Pointer(&b)).first)
	fmt.Println("a dog and a cat do:", wordsOf(unsafe.Pointer(&a)).first == wordsOf(unsafe.Pointer(&c)).first)
	fmt.Println("the data word is the pointer itself:", wordsOf(unsafe.Pointer(&a)).data == unsafe.Pointer(rex))
	fmt.Println("method 0:", method(table.methods[0]))
	fmt.Println("method 1:", method(table.methods[1]))

	// An empty interface has the type in the first word: the one that the table names, with the same hash.
	var held any = a
	empty := wordsOf(unsafe.Pointer(&held))
	fmt.Println("any holds the table's concrete type:", empty.first == table.concrete)
	fmt.Println("with the table's hash:", *(*uint32)(unsafe.Add(empty.first, 16)) == table.hash)

	// What is not a pointer is boxed; a zero-size value costs nothing.
	n := 1 << 20
	var boxed any = n
	fmt.Println("a boxed int has its own copy:", wordsOf(unsafe.Pointer(&boxed)).data != unsafe.Pointer(&n))

	// A table for a pair that the compiler could not know is made when an assertion asks for it, once.
	type namer interface{ Name() string }
	first, second := held.(namer), held.(namer)
	fmt.Println("asserted:", first.Name(), "- the table is cached:", wordsOf(unsafe.Pointer(&first)).first == wordsOf(unsafe.Pointer(&second)).first)
	_, isStringer := held.(fmt.Stringer)
	fmt.Println("a dog is a fmt.Stringer:", isStringer)

	var none speaker
	var nilDog *dog
	var holdsNil speaker = nilDog
	fmt.Println("nil interface:", none == nil, "- interface that holds a nil pointer:", holdsNil == nil)
}
