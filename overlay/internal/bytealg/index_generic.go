// Searching for a short text, by the runtime's vector routine.

package bytealg

import "unsafe"

// MaxBruteForce is the length of the longest text that is searched by Index at once, whatever is searched for.
const MaxBruteForce = 64

func init() {
	MaxLen = 63
}

//go:linkname index gh_index
//go:noescape
func index(p *byte, n int, q *byte, m int) int

// Index is the index of the first b in a, or -1, for 2 <= len(b) <= MaxLen.
func Index(a, b []byte) int {
	return index(unsafe.SliceData(a), len(a), unsafe.SliceData(b), len(b))
}

// IndexString is the index of the first b in a, or -1, for 2 <= len(b) <= MaxLen.
func IndexString(a, b string) int {
	return index(unsafe.StringData(a), len(a), unsafe.StringData(b), len(b))
}

// Cutover is how many false hits for the first byte may come among the first n bytes before Index takes over.
func Cutover(n int) int {
	return n/8 + 2
}
