// Comparing bytes, by the runtime's vector routine.

package bytealg

import "unsafe"

//go:linkname compareBytes gh_cmpstring
//go:noescape
func compareBytes(p *byte, pLen int, q *byte, qLen int) int

// Compare is -1, 0 or +1 as a is below, equal to or above b.
func Compare(a, b []byte) int {
	return compareBytes(unsafe.SliceData(a), len(a), unsafe.SliceData(b), len(b))
}

// CompareString is Compare for strings.
func CompareString(a, b string) int {
	return compareBytes(unsafe.StringData(a), len(a), unsafe.StringData(b), len(b))
}
