// Small strings and byte slices that do not outlive a function are in its frame; what does outlive it is not.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

var kept []string

//go:noinline
func joined(a, b string) string { return a + "/" + b }

//go:noinline
func shout(s string) (n int) {
	b := []byte(s)
	for i := range b {
		b[i] -= 32
	}
	if string(b) == "ABC" {
		n++
	}
	for _, r := range []rune(string(b) + "ä") {
		n += len(string(r))
	}
	return n
}

//go:noinline
func last(words []string) string {
	found := ""
	for _, w := range words {
		b := []byte(w)
		b[0] = '!'
		found = string(b)
	}
	return found
}

func keep(s string) {
	b := []byte(s)
	kept = append(kept, string(b[1:]))
}

func grow(n int) string {
	if n == 0 {
		return strings.ToUpper("x")
	}
	s := string(append([]byte(nil), byte('a'+n%26)))
	return s + grow(n-1)[:1]
}

func main() {
	fmt.Println(shout("abc"), last([]string{"ab", "cd"}), joined("x", "y"))
	for i := range 3 {
		keep(fmt.Sprint("word", i))
	}
	runtime.GC()
	fmt.Println(kept, grow(1000))
	fmt.Println(testing.AllocsPerRun(10, func() { shout("abc") }))
	var b strings.Builder
	fmt.Println(testing.AllocsPerRun(10, func() {
		var b strings.Builder
		b.Grow(16)
		b.WriteString("once")
	}), b.Len())
}
