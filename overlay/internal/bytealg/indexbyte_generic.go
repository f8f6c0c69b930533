// Searching for one byte, by the runtime's vector routine.

package bytealg

import "unsafe"

//go:linkname indexByte gh_index_byte
//go:noescape
func indexByte(p *byte, n int, c byte) int

// IndexByte is the index of the first c in b, or -1.
func IndexByte(b []byte, c byte) int {
	return indexByte(unsafe.SliceData(b), len(b), c)
}

// IndexByteString is the index of the first c in s, or -1.
func IndexByteString(s string, c byte) int {
	return indexByte(unsafe.StringData(s), len(s), c)
}
