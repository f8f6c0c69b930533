// Decorator: behaviour wrapped around an interface, one layer per concern, in the order of wrapping.
package main

import (
	"fmt"
	"strings"
)

// Store is what is decorated.
type Store interface {
	Get(key string) (string, error)
}

// StoreFunc makes a function a Store.
type StoreFunc func(key string) (string, error)

// Get calls the function.
func (f StoreFunc) Get(key string) (string, error) { return f(key) }

// Decorator adds something to a Store.
type Decorator func(Store) Store

// Decorate wraps from the inside out: the last decorator is called first.
func Decorate(s Store, decorators ...Decorator) Store {
	for _, decorate := range decorators {
		s = decorate(s)
	}
	return s
}

// Logging says what is asked and answered.
func Logging(log *strings.Builder) Decorator {
	return func(next Store) Store {
		return StoreFunc(func(key string) (string, error) {
			value, err := next.Get(key)
			fmt.Fprintf(log, "get %s: %q, %v\n", key, value, err)
			return value, err
		})
	}
}

// Caching remembers answers.
func Caching() Decorator {
	known := map[string]string{}
	return func(next Store) Store {
		return StoreFunc(func(key string) (string, error) {
			if value, ok := known[key]; ok {
				return value, nil
			}
			value, err := next.Get(key)
			if err == nil {
				known[key] = value
			}
			return value, err
		})
	}
}

func main() {
	asked := 0
	origin := StoreFunc(func(key string) (string, error) {
		asked++
		if key == "" {
			return "", fmt.Errorf("empty key")
		}
		return strings.ToUpper(key), nil
	})
	var log strings.Builder
	store := Decorate(origin, Caching(), Logging(&log))
	for _, key := range []string{"go", "go", "", "go"} {
		store.Get(key)
	}
	fmt.Print(log.String())
	fmt.Println("4 questions, the origin was asked", asked, "times")
}
