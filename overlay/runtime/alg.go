// Equality and hashing of values whose type is known only at run time.

package runtime

import (
	"internal/abi"
	"unsafe"
)

// efaceeq compares the values of two interfaces of the same dynamic type t.
func efaceeq(t *abi.Type, x, y unsafe.Pointer) bool {
	if t == nil {
		return true
	}
	eq := t.Equal
	if eq == nil {
		panic(errorString("comparing uncomparable type " + toRType(t).string()))
	}
	if t.IsDirectIface() {
		return x == y
	}
	return eq(x, y)
}

// ifaceeq is efaceeq for interfaces with methods.
func ifaceeq(tab *abi.ITab, x, y unsafe.Pointer) bool {
	if tab == nil {
		return true
	}
	return efaceeq(tab.Type, x, y)
}

func memequal(p, q unsafe.Pointer, size uintptr) bool { return memequalBytes(p, q, size) }

func strmin(x, y string) string {
	if y < x {
		return y
	}
	return x
}

func strmax(x, y string) string {
	if y > x {
		return y
	}
	return x
}

// hashkey makes hashes of different runs differ.
var hashkey [4]uintptr

func initHash() {
	for i := range hashkey {
		hashkey[i] = uintptr(rand()) | 1
	}
}

const (
	hashM5 = 0x1d8e4e27c47d124f
)

func mix(a, b uintptr) uintptr {
	hi, lo := mul64(uint64(a), uint64(b))
	return uintptr(hi ^ lo)
}

func readUnaligned32(p unsafe.Pointer) uint32 { return *(*uint32)(p) }

func readUnaligned64(p unsafe.Pointer) uint64 { return *(*uint64)(p) }

// memhash hashes n bytes by multiplying and folding, eight bytes at a time. As wyhash.
func memhash(p unsafe.Pointer, seed, n uintptr) uintptr {
	seed ^= hashkey[0]
	var a, b uintptr
	switch {
	case n == 0:
		return seed
	case n < 4:
		a = uintptr(*(*byte)(p)) | uintptr(*(*byte)(add(p, n>>1)))<<8 | uintptr(*(*byte)(add(p, n-1)))<<16
	case n == 4:
		a = uintptr(readUnaligned32(p))
		b = a
	case n < 8:
		a = uintptr(readUnaligned32(p))
		b = uintptr(readUnaligned32(add(p, n-4)))
	case n == 8:
		a = uintptr(readUnaligned64(p))
		b = a
	case n <= 16:
		a = uintptr(readUnaligned64(p))
		b = uintptr(readUnaligned64(add(p, n-8)))
	default:
		left := n
		for ; left > 16; left -= 16 {
			seed = mix(uintptr(readUnaligned64(p))^hashkey[1], uintptr(readUnaligned64(add(p, 8)))^seed)
			p = add(p, 16)
		}
		a = uintptr(readUnaligned64(add(p, left-16)))
		b = uintptr(readUnaligned64(add(p, left-8)))
	}
	return mix(hashM5^n, mix(a^hashkey[2], b^seed))
}

func strhash(p unsafe.Pointer, h uintptr) uintptr {
	s := (*stringStruct)(p)
	return memhash(s.str, h, uintptr(s.len))
}

// f64hash: equal numbers have equal hashes, +0 and -0 too; every NaN is different from all others.
func f64hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float64)(p)
	switch {
	case f == 0:
		return mix(h^hashkey[1], hashM5)
	case f != f:
		return mix(h^uintptr(rand()), hashM5)
	}
	return memhash(p, h, 8)
}

func f32hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float32)(p)
	switch {
	case f == 0:
		return mix(h^hashkey[1], hashM5)
	case f != f:
		return mix(h^uintptr(rand()), hashM5)
	}
	return memhash(p, h, 4)
}

func c64hash(p unsafe.Pointer, h uintptr) uintptr { return f32hash(add(p, 4), f32hash(p, h)) }

func c128hash(p unsafe.Pointer, h uintptr) uintptr { return f64hash(add(p, 8), f64hash(p, h)) }

func interhash(p unsafe.Pointer, h uintptr) uintptr {
	i := (*iface)(p)
	if i.tab == nil {
		return h
	}
	return dynamicHash(i.tab.Type, i.data, h)
}

func nilinterhash(p unsafe.Pointer, h uintptr) uintptr {
	e := (*eface)(p)
	if e._type == nil {
		return h
	}
	return dynamicHash(e._type, e.data, h)
}

// dynamicHash hashes the value of an interface.
func dynamicHash(t *abi.Type, data unsafe.Pointer, h uintptr) uintptr {
	if t.Equal == nil {
		panic(errorString("hash of unhashable type " + toRType(t).string()))
	}
	if t.IsDirectIface() {
		return mix(typehash(t, unsafe.Pointer(&data), h), hashM5)
	}
	return mix(typehash(t, data, h), hashM5)
}

// typehash hashes a value of type t.
func typehash(t *abi.Type, p unsafe.Pointer, h uintptr) uintptr {
	if t.TFlag&abi.TFlagRegularMemory != 0 {
		return memhash(p, h, t.Size_)
	}
	switch t.Kind() {
	case abi.Float32:
		return f32hash(p, h)
	case abi.Float64:
		return f64hash(p, h)
	case abi.Complex64:
		return c64hash(p, h)
	case abi.Complex128:
		return c128hash(p, h)
	case abi.String:
		return strhash(p, h)
	case abi.Interface:
		if len((*abi.InterfaceType)(unsafe.Pointer(t)).Methods) == 0 {
			return nilinterhash(p, h)
		}
		return interhash(p, h)
	case abi.Array:
		a := (*abi.ArrayType)(unsafe.Pointer(t))
		for i := uintptr(0); i < a.Len; i++ {
			h = typehash(a.Elem, add(p, i*a.Elem.Size_), h)
		}
		return h
	case abi.Struct:
		s := (*abi.StructType)(unsafe.Pointer(t))
		for _, f := range s.Fields {
			if !f.Name.IsBlank() {
				h = typehash(f.Typ, add(p, f.Offset), h)
			}
		}
		return h
	}
	panic(errorString("hash of unhashable type " + toRType(t).string()))
}

//go:linkname reflect_typehash reflect.typehash
func reflect_typehash(t *abi.Type, p unsafe.Pointer, h uintptr) uintptr { return typehash(t, p, h) }

func mul64(x, y uint64) (hi, lo uint64) {
	const mask = 1<<32 - 1
	x0, x1 := x&mask, x>>32
	y0, y1 := y&mask, y>>32
	w0 := x0 * y0
	t := x1*y0 + w0>>32
	w1 := t&mask + x0*y1
	return x1*y1 + t>>32 + w1>>32, x * y
}

func float64bits(f float64) uint64 { return *(*uint64)(unsafe.Pointer(&f)) }

func float64frombits(b uint64) float64 { return *(*float64)(unsafe.Pointer(&b)) }
