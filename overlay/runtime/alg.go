// Equality and hashing of values whose type is known only at run time.

package runtime

import (
	"internal/abi"
	"internal/runtime/maps"
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
	// Comparing keeps nothing.
	return eq(abi.NoEscape(x), abi.NoEscape(y))
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

// memhash hashes n bytes. The functions are the map implementation's own: it hashes the keys of its fast variants itself.
func memhash(p unsafe.Pointer, seed, n uintptr) uintptr { return maps.MemHash(p, seed, n) }

func memhash32(p unsafe.Pointer, seed uintptr) uintptr { return maps.MemHash32(*(*uint32)(p), seed) }

func memhash64(p unsafe.Pointer, seed uintptr) uintptr { return maps.MemHash64(*(*uint64)(p), seed) }

func strhash(p unsafe.Pointer, h uintptr) uintptr { return maps.StrHash(*(*string)(p), h) }

// f64hash: equal numbers have equal hashes, +0 and -0 too; every NaN is different from all others.
func f64hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float64)(p)
	switch {
	case f == 0:
		return maps.MemHash64(0, h)
	case f != f:
		return maps.MemHash64(rand(), h)
	}
	return memhash(p, h, 8)
}

func f32hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float32)(p)
	switch {
	case f == 0:
		return maps.MemHash64(0, h)
	case f != f:
		return maps.MemHash64(rand(), h)
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
		return typehash(t, unsafe.Pointer(&data), h)
	}
	return typehash(t, data, h)
}

// typehash hashes a value of type t.
func typehash(t *abi.Type, p unsafe.Pointer, h uintptr) uintptr {
	if t.TFlag&abi.TFlagRegularMemory != 0 {
		switch t.Size_ {
		case 4:
			return memhash32(p, h)
		case 8:
			return memhash64(p, h)
		}
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

func float64bits(f float64) uint64 { return *(*uint64)(unsafe.Pointer(&f)) }

func float64frombits(b uint64) float64 { return *(*float64)(unsafe.Pointer(&b)) }
