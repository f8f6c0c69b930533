// What reflect says of channels of channels, of structs without fields, and of pointers to exported types.
package main

import (
	"fmt"
	"reflect"
	"runtime/debug"
)

type (
	Empty  struct{}
	Shown  struct{ hidden int }
	small  struct{ Seen int }
	Ticker func() (<-chan <-chan int, chan (<-chan int), chan<- <-chan int)
)

func main() {
	fmt.Println(reflect.TypeFor[Ticker]().Out(0), reflect.TypeFor[Ticker]().Out(1), reflect.TypeFor[Ticker]().Out(2))
	fmt.Println(reflect.TypeFor[Empty]().ConvertibleTo(reflect.TypeFor[struct{}]()))
	fmt.Println(reflect.TypeFor[struct{}]().AssignableTo(reflect.TypeFor[Empty]()))
	fmt.Println(reflect.TypeFor[struct{ hidden int }]().AssignableTo(reflect.TypeFor[Shown]()))
	fmt.Println(reflect.TypeFor[struct{ Seen int }]().AssignableTo(reflect.TypeFor[small]()))
	// The index of a field is not for writing.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { fmt.Println(recover() != nil, reflect.TypeFor[Shown]().Field(0).Index) }()
	reflect.TypeFor[Shown]().Field(0).Index[0] = 1
}
