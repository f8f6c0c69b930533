// The errors that the language itself raises, with Go's texts.

package runtime

import (
	"internal/abi"
	"internal/bytealg"
)

// Error identifies a run-time error, as opposed to an ordinary one.
type Error interface {
	error
	RuntimeError()
}

// A TypeAssertionError explains a failed type assertion.
type TypeAssertionError struct {
	iface         *abi.Type // static type of the operand; nil for an unnamed empty interface
	concrete      *abi.Type // dynamic type of the operand; nil for a nil interface
	asserted      *abi.Type
	missingMethod string // the method that concrete lacks, if asserted is an interface
}

// RuntimeError marks the type as a run-time error.
func (*TypeAssertionError) RuntimeError() {}

func (e *TypeAssertionError) Error() string {
	inter := "interface"
	if e.iface != nil {
		inter = toRType(e.iface).string()
	}
	as := toRType(e.asserted).string()
	if e.concrete == nil {
		return "interface conversion: " + inter + " is nil, not " + as
	}
	cs := toRType(e.concrete).string()
	if e.missingMethod != "" {
		return "interface conversion: " + cs + " is not " + as + ": missing method " + e.missingMethod
	}
	msg := "interface conversion: " + inter + " is " + cs + ", not " + as
	if cs != as {
		return msg
	}
	if toRType(e.concrete).pkgpath() != toRType(e.asserted).pkgpath() {
		return msg + " (types from different packages)"
	}
	return msg + " (types from different scopes)"
}

// errorString is a run-time error whose text gets the usual prefix.
type errorString string

func (errorString) RuntimeError() {}

func (e errorString) Error() string { return "runtime error: " + string(e) }

// plainError is a run-time error printed without prefix.
type plainError string

func (plainError) RuntimeError() {}

func (e plainError) Error() string { return string(e) }

// errorAddressString is a memory fault at a known address.
type errorAddressString struct {
	msg  string
	addr uintptr
}

func (errorAddressString) RuntimeError() {}

func (e errorAddressString) Error() string { return "runtime error: " + e.msg }

// Addr returns the address of the memory access that faulted.
func (e errorAddressString) Addr() uintptr { return e.addr }

// A PanicNilError is what recover returns after panic(nil).
type PanicNilError struct {
	_ [0]func() // not comparable, so that values are compared by type only
}

func (*PanicNilError) Error() string {
	return "runtime error: panic called with nil argument"
}

// RuntimeError marks the type as a run-time error.
func (*PanicNilError) RuntimeError() {}

var (
	divideError   = error(errorString("integer divide by zero"))
	overflowError = error(errorString("integer overflow"))
	shiftError    = error(errorString("negative shift amount"))
	memoryError   = error(errorString("invalid memory address or nil pointer dereference"))
	errNilAssign  = error(plainError("assignment to entry in nil map"))
)

// boundsKind says which check failed; the order is that of abi::BoundsKind.
type boundsKind uint8

const (
	boundsIndex boundsKind = iota
	boundsSliceLen
	boundsSliceCap
	boundsSliceLow
	boundsSlice3Len
	boundsSlice3Lowap
	boundsSlice3High
	boundsSlice3Low
	boundsConvert
)

// boundsFormats holds the texts: %x is the index, %y the length, capacity or other bound. A conversion checks that the
// length of the array does not pass that of the slice.
var boundsFormats = [...]string{
	boundsIndex:       "index out of range [%x] with length %y",
	boundsSliceLen:    "slice bounds out of range [:%x] with length %y",
	boundsSliceCap:    "slice bounds out of range [:%x] with capacity %y",
	boundsSliceLow:    "slice bounds out of range [%x:%y]",
	boundsSlice3Len:   "slice bounds out of range [::%x] with length %y",
	boundsSlice3Lowap: "slice bounds out of range [::%x] with capacity %y",
	boundsSlice3High:  "slice bounds out of range [:%x:%y]",
	boundsSlice3Low:   "slice bounds out of range [%x:%y:]",
	boundsConvert:     "cannot convert slice with length %y to array or pointer to array with length %x",
}

// boundsNegFormats holds the texts for a negative index.
var boundsNegFormats = [...]string{
	boundsIndex:       "index out of range [%x]",
	boundsSliceLen:    "slice bounds out of range [:%x]",
	boundsSliceCap:    "slice bounds out of range [:%x]",
	boundsSliceLow:    "slice bounds out of range [%x:]",
	boundsSlice3Len:   "slice bounds out of range [::%x]",
	boundsSlice3Lowap: "slice bounds out of range [::%x]",
	boundsSlice3High:  "slice bounds out of range [:%x:]",
	boundsSlice3Low:   "slice bounds out of range [%x::]",
	boundsConvert:     "",
}

// A boundsError is a failed index or slice expression.
type boundsError struct {
	x      int64
	y      int
	signed bool // x is a signed value
	kind   boundsKind
}

func (boundsError) RuntimeError() {}

func (e boundsError) Error() string {
	format := boundsFormats[e.kind]
	if e.signed && e.x < 0 {
		format = boundsNegFormats[e.kind]
	}
	b := append(make([]byte, 0, 100), "runtime error: "...)
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b = append(b, format[i])
			continue
		}
		i++
		if format[i] == 'x' {
			b = appendInt(b, e.x, e.signed)
		} else {
			b = appendInt(b, int64(e.y), true)
		}
	}
	return string(b)
}

func appendInt(b []byte, v int64, signed bool) []byte {
	if signed && v < 0 {
		b = append(b, '-')
		v = -v
	}
	var digits [20]byte
	i := len(digits)
	for u := uint64(v); ; u /= 10 {
		i--
		digits[i] = byte('0' + u%10)
		if u < 10 {
			break
		}
	}
	return append(b, digits[i:]...)
}

// printpanicval prints the argument of a panic as it appears after "panic: ".
func printpanicval(v any) {
	switch v := v.(type) {
	case nil:
		print("nil")
	case bool:
		print(v)
	case int:
		print(v)
	case int8:
		print(v)
	case int16:
		print(v)
	case int32:
		print(v)
	case int64:
		print(v)
	case uint:
		print(v)
	case uint8:
		print(v)
	case uint16:
		print(v)
	case uint32:
		print(v)
	case uint64:
		print(v)
	case uintptr:
		print(v)
	case float32:
		print(v)
	case float64:
		print(v)
	case complex64:
		print(v)
	case complex128:
		print(v)
	case string:
		printindented(v)
	default:
		printanycustomtype(v)
	}
}

// printindented prints s with every line after the first one indented, so that a multi-line
// message cannot pass for a goroutine header.
func printindented(s string) {
	for {
		i := bytealg.IndexByteString(s, '\n')
		if i < 0 {
			break
		}
		i++
		print(s[:i], "\t")
		s = s[i:]
	}
	print(s)
}
