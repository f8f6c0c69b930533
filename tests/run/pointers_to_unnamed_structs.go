// A struct without a name has the methods of what it embeds, and so have pointers to it that only reflect makes.
package main

import (
	"fmt"
	"reflect"
)

type greeter struct{ name string }

func (g *greeter) String() string { return "I am " + g.name }

func main() {
	value := reflect.New(reflect.TypeOf(struct{ fmt.Stringer }{}))
	value.Elem().Field(0).Set(reflect.ValueOf(&greeter{"Phil"}))
	stringer, ok := reflect.TypeAssert[fmt.Stringer](value)
	fmt.Println(ok, stringer)
	fmt.Println(value.Type().NumMethod(), value.Elem().Type().NumMethod())
}
