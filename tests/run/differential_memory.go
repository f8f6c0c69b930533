// Maps, slices, strings and structs of every layout of pointers hold what a model says they hold, while collections are
// forced again and again. The model is made of numbers alone; what a value must be follows from the number.
// DIFFERENTIAL_ROUNDS and DIFFERENTIAL_SEED make it longer and different.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// text is the string that stands for n; pointer is the pointer, and so on.
func text(n uint64) string { return strings.Repeat(strconv.FormatUint(n, 36), int(n%5)+1) }

func pointer(n uint64) *uint64 { return &n }

func list(n uint64) []string {
	l := make([]string, n%7, n%7+n%3)
	for i := range l {
		l[i] = text(n + uint64(i))
	}
	return l
}

// shapes are struct types of up to five words: each combination of words with and without pointers.
var shapes []reflect.Type

func init() {
	kinds := []reflect.Type{reflect.TypeFor[uint64](), reflect.TypeFor[*uint64]()}
	for n := 1; n <= 5; n++ {
		for mask := range 1 << n {
			fields := make([]reflect.StructField, n)
			for i := range fields {
				fields[i] = reflect.StructField{Name: "F" + strconv.Itoa(i), Type: kinds[mask>>i&1]}
			}
			shapes = append(shapes, reflect.StructOf(fields))
		}
	}
	for _, t := range []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[[]string](), reflect.TypeFor[any](), reflect.TypeFor[map[string]uint64](),
		reflect.TypeFor[[3]string](), reflect.TypeFor[struct {
			a uint8
			B string
			c bool
			D *uint64
		}](),
	} {
		shapes = append(shapes, t)
	}
}

// fill makes v stand for n.
func fill(v reflect.Value, n uint64) {
	switch v.Kind() {
	case reflect.Uint64:
		v.SetUint(n)
	case reflect.Pointer:
		v.Set(reflect.ValueOf(pointer(n)))
	case reflect.String:
		v.SetString(text(n))
	case reflect.Slice:
		v.Set(reflect.ValueOf(list(n)))
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{text(n), pointer(n), n, list(n)}[n%4]))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]uint64{text(n): n, "": n + 1}))
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n+uint64(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), n+uint64(i))
			}
		}
	}
}

// stands reports whether v stands for n.
func stands(v reflect.Value, n uint64) bool {
	switch v.Kind() {
	case reflect.Uint64:
		return v.Uint() == n
	case reflect.Pointer:
		return v.Elem().Uint() == n
	case reflect.String:
		return v.String() == text(n)
	case reflect.Slice:
		return reflect.DeepEqual(v.Interface(), any(list(n)))
	case reflect.Interface:
		return stands(v.Elem(), n)
	case reflect.Map:
		return reflect.DeepEqual(v.Interface(), any(map[string]uint64{text(n): n, "": n + 1}))
	}
	ok := true
	switch v.Kind() {
	case reflect.Array:
		for i := range v.Len() {
			ok = ok && stands(v.Index(i), n+uint64(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			ok = ok && (!v.Field(i).CanSet() || stands(v.Field(i), n+uint64(i)))
		}
	}
	return ok
}

// subject is a map, a slice and single objects of one type, each beside its model.
type subject struct {
	shape   reflect.Type
	table   reflect.Value // map[string]shape
	tableOf map[uint64]uint64
	row     reflect.Value // []shape
	rowOf   []uint64
	single  reflect.Value // *shape
	of      uint64
	inside  unsafe.Pointer // an interior pointer that alone keeps an old object
	insider uint64
}

func newSubject(shape reflect.Type) *subject {
	s := &subject{shape: shape, tableOf: map[uint64]uint64{}}
	s.table = reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), shape))
	s.row = reflect.New(reflect.SliceOf(shape)).Elem()
	s.single = reflect.New(shape)
	fill(s.single.Elem(), 0)
	return s
}

func (s *subject) value(n uint64) reflect.Value {
	v := reflect.New(s.shape).Elem()
	fill(v, n)
	return v
}

// step changes one thing.
func (s *subject) step(r *rand.Rand) {
	n, key := r.Uint64N(1e6), r.Uint64N(40)
	switch r.IntN(9) {
	case 0, 1:
		s.table.SetMapIndex(reflect.ValueOf(text(key)), s.value(n))
		s.tableOf[key] = n
	case 2:
		s.table.SetMapIndex(reflect.ValueOf(text(key)), reflect.Value{})
		delete(s.tableOf, key)
	case 3, 4:
		s.row.Set(reflect.Append(s.row, s.value(n)))
		s.rowOf = append(s.rowOf, n)
	case 5:
		if len(s.rowOf) > 0 {
			from := r.IntN(len(s.rowOf))
			s.row.Set(s.row.Slice(from, s.row.Len()))
			s.rowOf = s.rowOf[from:]
		}
	case 6:
		if len(s.rowOf) > 1 {
			reflect.Copy(s.row.Slice(1, s.row.Len()), s.row)
			copy(s.rowOf[1:], s.rowOf)
		}
	case 7:
		s.single = reflect.New(s.shape)
		fill(s.single.Elem(), n)
		s.of = n
	case 8:
		words := &[8]*uint64{5: pointer(n)}
		s.inside, s.insider = unsafe.Pointer(&words[5]), n
	}
}

func (s *subject) check() {
	ok := s.table.Len() == len(s.tableOf) && s.row.Len() == len(s.rowOf) && stands(s.single.Elem(), s.of)
	for key, n := range s.tableOf {
		v := s.table.MapIndex(reflect.ValueOf(text(key)))
		settable := reflect.New(s.shape).Elem()
		ok = ok && v.IsValid()
		if ok {
			settable.Set(v)
			ok = stands(settable, n)
		}
	}
	for i, n := range s.rowOf {
		ok = ok && stands(s.row.Index(i), n)
	}
	if s.inside != nil {
		ok = ok && **(**uint64)(s.inside) == s.insider
	}
	if !ok {
		fmt.Println("differs:", s.shape)
		os.Exit(1)
	}
}

func main() {
	rounds, seed := number("DIFFERENTIAL_ROUNDS", 20), number("DIFFERENTIAL_SEED", 1)
	quit, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(100 * time.Microsecond):
				runtime.GC()
			}
		}
	}()
	finished := make(chan bool)
	const workers = 3
	for w := range workers {
		go func() {
			r := rand.New(rand.NewPCG(uint64(seed), uint64(w)))
			subjects := make([]*subject, len(shapes))
			for i, shape := range shapes {
				subjects[i] = newSubject(shape)
			}
			for range rounds {
				for _, s := range subjects {
					for range 20 {
						s.step(r)
					}
					s.check()
				}
			}
			finished <- true
		}()
	}
	for range workers {
		<-finished
	}
	close(quit)
	<-done
	fmt.Println(len(shapes), "layouts")
}

func number(name string, byDefault int) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return byDefault
	}
	return n
}
