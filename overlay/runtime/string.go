// Strings: concatenation, conversions and iteration, called by compiled code.

package runtime

import (
	"unsafe"
)

type stringStruct struct {
	str unsafe.Pointer
	len int
}

// A tmpBuf is memory of the caller that holds a result which does not outlive it.
const tmpStringBufSize = 32

type tmpBuf [tmpStringBufSize]byte

func concatstring2(buf *tmpBuf, a0, a1 string) string {
	if len(a1) == 0 {
		return keepOrCopy(buf, a0)
	}
	if len(a0) == 0 {
		return keepOrCopy(buf, a1)
	}
	n := len(a0) + len(a1)
	if n < 0 {
		throw("string concatenation too long")
	}
	s, b := rawstringtmp(buf, n)
	copy(b, a0)
	copy(b[len(a0):], a1)
	return s
}

func concatstring3(buf *tmpBuf, a0, a1, a2 string) string {
	return concatstrings(buf, []string{a0, a1, a2})
}

func concatstring4(buf *tmpBuf, a0, a1, a2, a3 string) string {
	return concatstrings(buf, []string{a0, a1, a2, a3})
}

func concatstring5(buf *tmpBuf, a0, a1, a2, a3, a4 string) string {
	return concatstrings(buf, []string{a0, a1, a2, a3, a4})
}

// concatstrings joins a. When a single operand is not empty, that one is the result.
func concatstrings(buf *tmpBuf, a []string) string {
	last, total, count := 0, 0, 0
	for i, x := range a {
		n := len(x)
		if n == 0 {
			continue
		}
		if total+n < total {
			throw("string concatenation too long")
		}
		total += n
		count++
		last = i
	}
	if count == 0 {
		return ""
	}
	if count == 1 {
		return keepOrCopy(buf, a[last])
	}
	s, b := rawstringtmp(buf, total)
	for _, x := range a {
		n := copy(b, x)
		b = b[n:]
	}
	return s
}

// keepOrCopy returns s itself unless the result must live in buf because s may be a view of the caller's frame.
func keepOrCopy(buf *tmpBuf, s string) string {
	return s
}

// rawstringtmp returns a string of n bytes and a slice over the same memory, which is buf's when it is large enough.
func rawstringtmp(buf *tmpBuf, n int) (string, []byte) {
	if buf != nil && n <= len(buf) {
		b := buf[:n]
		return unsafe.String(&b[0], n), b
	}
	return rawstring(n)
}

// rawstring allocates a string of n bytes, and a slice to fill it once.
func rawstring(n int) (string, []byte) {
	p := mallocbytes(uintptr(n), false)
	return unsafe.String((*byte)(p), n), unsafe.Slice((*byte)(p), n)
}

// rawbyteslice allocates n bytes without clearing them; the capacity is what the size class holds.
func rawbyteslice(n int) []byte {
	capacity := roundupsize(uintptr(n), true)
	p := mallocbytes(capacity, false)
	if capacity > uintptr(n) {
		memclrNoHeapPointers(add(p, uintptr(n)), capacity-uintptr(n))
	}
	return unsafe.Slice((*byte)(p), int(capacity))[:n]
}

func rawruneslice(n int) []rune {
	if uintptr(n) > maxAlloc/4 {
		throw("out of memory")
	}
	mem := roundupsize(uintptr(n)*4, true)
	p := mallocbytes(mem, false)
	memclrNoHeapPointers(add(p, uintptr(n)*4), mem-uintptr(n)*4)
	return unsafe.Slice((*rune)(p), int(mem/4))[:n]
}

// slicebytetostring converts the n bytes at ptr; buf may hold the result.
func slicebytetostring(buf *tmpBuf, ptr *byte, n int) string {
	if n == 0 {
		return ""
	}
	if n == 1 {
		return unsafe.String((*byte)(singleByte(*ptr)), 1)
	}
	var p unsafe.Pointer
	if buf != nil && n <= len(buf) {
		p = unsafe.Pointer(buf)
	} else {
		p = mallocbytes(uintptr(n), false)
	}
	memmove(p, unsafe.Pointer(ptr), uintptr(n))
	return unsafe.String((*byte)(p), n)
}

// singleByte returns the address of a byte of value b that never changes.
func singleByte(b byte) unsafe.Pointer {
	return unsafe.Pointer(&staticuint64s[b])
}

func stringtoslicebyte(buf *tmpBuf, s string) []byte {
	var b []byte
	if buf != nil && len(s) <= len(buf) {
		*buf = tmpBuf{}
		b = buf[:len(s)]
	} else {
		b = rawbyteslice(len(s))
	}
	copy(b, s)
	return b
}

func stringtoslicerune(buf *[tmpStringBufSize]rune, s string) []rune {
	n := countrunes(s)
	var a []rune
	if buf != nil && n <= len(buf) {
		*buf = [tmpStringBufSize]rune{}
		a = buf[:n]
	} else {
		a = rawruneslice(n)
	}
	i := 0
	for _, r := range s {
		a[i] = r
		i++
	}
	return a
}

func slicerunetostring(buf *tmpBuf, a []rune) string {
	size := 0
	for _, r := range a {
		size += runelen(r)
	}
	s, b := rawstringtmp(buf, size)
	if size == 0 {
		return ""
	}
	i := 0
	for _, r := range a {
		i += encoderune(b[i:], r)
	}
	return s
}

func intstring(buf *[4]byte, v int64) string {
	if int64(rune(v)) != v {
		v = runeError
	}
	var b [4]byte
	n := encoderune(b[:], rune(v))
	if buf == nil {
		return slicebytetostring(nil, &b[0], n)
	}
	*buf = b
	return unsafe.String(&buf[0], n)
}

// ---- UTF-8 -----------------------------------------------------------------------------------------------------

const (
	runeError = '\uFFFD'
	runeMax   = '\U0010FFFF'
)

func runelen(r rune) int {
	switch {
	case r < 0:
		return 3
	case r < 0x80:
		return 1
	case r < 0x800:
		return 2
	case 0xd800 <= r && r <= 0xdfff:
		return 3
	case r < 0x10000:
		return 3
	case r <= runeMax:
		return 4
	}
	return 3
}

// encoderune writes r, or U+FFFD when r is not a valid code point, and returns the number of bytes.
func encoderune(b []byte, r rune) int {
	if r < 0 || r > runeMax || 0xd800 <= r && r <= 0xdfff {
		r = runeError
	}
	switch {
	case r < 0x80:
		b[0] = byte(r)
		return 1
	case r < 0x800:
		b[1] = 0x80 | byte(r)&0x3f
		b[0] = 0xc0 | byte(r>>6)
		return 2
	case r < 0x10000:
		b[2] = 0x80 | byte(r)&0x3f
		b[1] = 0x80 | byte(r>>6)&0x3f
		b[0] = 0xe0 | byte(r>>12)
		return 3
	}
	b[3] = 0x80 | byte(r)&0x3f
	b[2] = 0x80 | byte(r>>6)&0x3f
	b[1] = 0x80 | byte(r>>12)&0x3f
	b[0] = 0xf0 | byte(r>>18)
	return 4
}

func countrunes(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}

// decoderune decodes the sequence that starts at s[k], whose first byte is not ASCII. It returns the rune and the
// index behind it; an invalid sequence is U+FFFD, one byte long.
func decoderune(s string, k int) (rune, int) {
	s = s[k:]
	c0 := s[0]
	switch {
	case 0xc2 <= c0 && c0 < 0xe0:
		if len(s) > 1 && isCont(s[1]) {
			return rune(c0&0x1f)<<6 | rune(s[1]&0x3f), k + 2
		}
	case 0xe0 <= c0 && c0 < 0xf0:
		if len(s) > 2 && isCont(s[1]) && isCont(s[2]) {
			r := rune(c0&0x0f)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f)
			if r >= 0x800 && (r < 0xd800 || r > 0xdfff) {
				return r, k + 3
			}
		}
	case 0xf0 <= c0 && c0 < 0xf5:
		if len(s) > 3 && isCont(s[1]) && isCont(s[2]) && isCont(s[3]) {
			r := rune(c0&0x07)<<18 | rune(s[1]&0x3f)<<12 | rune(s[2]&0x3f)<<6 | rune(s[3]&0x3f)
			if 0xffff < r && r <= runeMax {
				return r, k + 4
			}
		}
	}
	return runeError, k + 1
}

func isCont(b byte) bool { return b&0xc0 == 0x80 }

// ---- comparison and C strings ----------------------------------------------------------------------------------

// gostring copies the zero-terminated string at p.
func gostring(p *byte) string {
	n := findnull(p)
	if n == 0 {
		return ""
	}
	s, b := rawstring(n)
	memmove(unsafe.Pointer(&b[0]), unsafe.Pointer(p), uintptr(n))
	return s
}

func gostringnocopy(p *byte) string { return unsafe.String(p, findnull(p)) }

func findnull(p *byte) int {
	if p == nil {
		return 0
	}
	n := 0
	for *(*byte)(add(unsafe.Pointer(p), uintptr(n))) != 0 {
		n++
	}
	return n
}

//go:linkname bytealg_MakeNoZero internal/bytealg.MakeNoZero
func bytealg_MakeNoZero(n int) []byte {
	if uintptr(n) > maxAlloc {
		panicmakeslicelen()
	}
	capacity := roundupsize(uintptr(n), true)
	return unsafe.Slice((*byte)(mallocbytes(capacity, false)), int(capacity))[:n]
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// atoi parses a decimal integer that fits an int.
func atoi(s string) (int, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if s == "" || len(s) > 18 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	if neg {
		n = -n
	}
	return n, true
}

func add(p unsafe.Pointer, n uintptr) unsafe.Pointer { return unsafe.Pointer(uintptr(p) + n) }
