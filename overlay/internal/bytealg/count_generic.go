// Counting a byte, by the runtime's vector routine.

package bytealg

import "unsafe"

//go:linkname countByte gh_count_byte
//go:noescape
func countByte(p *byte, n int, c byte) int

// Count is how often c is in b.
func Count(b []byte, c byte) int {
	return countByte(unsafe.SliceData(b), len(b), c)
}

// CountString is how often c is in s.
func CountString(s string, c byte) int {
	return countByte(unsafe.StringData(s), len(s), c)
}
