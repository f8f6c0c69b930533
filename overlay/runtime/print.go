// The predeclared functions print and println.

package runtime

import (
	"internal/abi"
	"internal/strconv"
	"unsafe"
)

func printsp() { printstring(" ") }
func printnl() { printstring("\n") }

func printbool(v bool) {
	if v {
		printstring("true")
	} else {
		printstring("false")
	}
}

func printfloat64(v float64) { printfloat(v, 64) }
func printfloat32(v float32) { printfloat(float64(v), 32) }

func printfloat(v float64, bits int) {
	var buf [32]byte
	b := strconv.AppendFloat(buf[:0], v, 'g', -1, bits)
	printstring(unsafe.String(&b[0], len(b)))
}

func printcomplex128(c complex128) { printcomplex(real(c), imag(c), 64) }
func printcomplex64(c complex64)   { printcomplex(float64(real(c)), float64(imag(c)), 32) }

func printcomplex(re, im float64, bits int) {
	printstring("(")
	printfloat(re, bits)
	if im >= 0 || im != im {
		printstring("+")
	}
	printfloat(im, bits)
	printstring("i)")
}

func printpointer(p unsafe.Pointer) { printhex(uint64(uintptr(p))) }

func printuintptr(p uintptr) { printuint(uint64(p)) }

func printslice(array unsafe.Pointer, len, cap int) {
	print("[", len, "/", cap, "]")
	printpointer(array)
}

func printeface(t *abi.Type, data unsafe.Pointer) {
	print("(", unsafe.Pointer(t), ",", data, ")")
}

func printiface(tab *abi.ITab, data unsafe.Pointer) {
	print("(", unsafe.Pointer(tab), ",", data, ")")
}

// printanycustomtype prints a value of a named basic type with its type's name; other values as their two words.
func printanycustomtype(v any) {
	e := efaceOf(&v)
	name := toRType(e._type).string()
	switch e._type.Kind() {
	case abi.Bool:
		print(name, "(", *(*bool)(e.data), ")")
	case abi.Int:
		print(name, "(", *(*int)(e.data), ")")
	case abi.Int8:
		print(name, "(", *(*int8)(e.data), ")")
	case abi.Int16:
		print(name, "(", *(*int16)(e.data), ")")
	case abi.Int32:
		print(name, "(", *(*int32)(e.data), ")")
	case abi.Int64:
		print(name, "(", *(*int64)(e.data), ")")
	case abi.Uint:
		print(name, "(", *(*uint)(e.data), ")")
	case abi.Uint8:
		print(name, "(", *(*uint8)(e.data), ")")
	case abi.Uint16:
		print(name, "(", *(*uint16)(e.data), ")")
	case abi.Uint32:
		print(name, "(", *(*uint32)(e.data), ")")
	case abi.Uint64:
		print(name, "(", *(*uint64)(e.data), ")")
	case abi.Uintptr:
		print(name, "(", *(*uintptr)(e.data), ")")
	case abi.Float32:
		print(name, "(", *(*float32)(e.data), ")")
	case abi.Float64:
		print(name, "(", *(*float64)(e.data), ")")
	case abi.Complex64:
		print(name, *(*complex64)(e.data))
	case abi.Complex128:
		print(name, *(*complex128)(e.data))
	case abi.String:
		print(name, `("`)
		printindented(*(*string)(e.data))
		print(`")`)
	default:
		print("(", name, ") ", e.data)
	}
}
