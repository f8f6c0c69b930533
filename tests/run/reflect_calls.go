// Value.Call, MakeFunc and method values: arguments and results in registers, on the stack and in memory.
package main

import (
	"fmt"
	"reflect"
)

type big struct{ a, b, c, d, e, f, g, h, i int }
type point struct{ x, y int32 }

func many(a int8, b string, c float32, d []int, e any, f big, g point, h float64, i [3]int16, j bool) (int, string, float32, big, error, []int, point) {
	return int(a) + len(d) + f.i + int(i[2]), b + "!", c * 2, f, nil, d[1:], point{g.y, g.x}
}

type T struct{ n int }

func (t T) Add(x int, s ...string) string { return fmt.Sprint(t.n+x, s) }
func (t *T) Set(x int)                    { t.n = x }
func (t *T) Wide(x [2]int) (int, [2]int)  { return t.n, [2]int{x[1], x[0]} }

func values(list ...any) (out []reflect.Value) {
	for _, x := range list {
		out = append(out, reflect.ValueOf(x))
	}
	return out
}

func main() {
	args := values(int8(3), "hey", float32(1.5), []int{1, 2, 3}, 7, big{i: 100}, point{1, 2}, 2.5, [3]int16{1, 2, 30}, true)
	v := reflect.ValueOf(many)
	for _, out := range v.Call(args) {
		fmt.Println(out)
	}

	t := &T{5}
	method := reflect.ValueOf(t).MethodByName
	fmt.Println(method("Add").Call(values(2, "a", "b"))[0])
	method("Set").Call(values(9))
	fmt.Println(method("Add").Interface().(func(int, ...string) string)(1, "x", "y"))
	fmt.Println(reflect.TypeOf(t).Method(0).Func.Call(values(t, 20))[0])
	wide := (*T).Wide
	fmt.Println(wide(t, [2]int{1, 2}))

	var swap func(int, string) (string, int)
	made := reflect.MakeFunc(reflect.TypeOf(swap), func(in []reflect.Value) []reflect.Value {
		return []reflect.Value{in[1], in[0]}
	})
	reflect.ValueOf(&swap).Elem().Set(made)
	fmt.Println(swap(1, "one"))

	again := reflect.MakeFunc(v.Type(), v.Call).Interface().(func(int8, string, float32, []int, any, big, point, float64, [3]int16, bool) (int, string, float32, big, error, []int, point))
	fmt.Println(again(3, "hey", 1.5, []int{1, 2, 3}, 7, big{i: 100}, point{1, 2}, 2.5, [3]int16{1, 2, 30}, true))

	defer func() { fmt.Println(recover()) }()
	v.Call(nil)
}
