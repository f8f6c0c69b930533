// Type descriptors: names, and the offsets in them, which are addresses below 2 GB.

package runtime

import (
	"internal/abi"
	"unsafe"
)

// rtype is a type descriptor with the runtime's methods.
type rtype struct {
	*abi.Type
}

func toRType(t *abi.Type) rtype { return rtype{t} }

// string returns the type as reflect prints it.
func (t rtype) string() string {
	s := t.nameOff(t.Str).Name()
	if t.TFlag&abi.TFlagExtraStar != 0 {
		return s[1:]
	}
	return s
}

func (t rtype) nameOff(off abi.NameOff) abi.Name { return resolveNameOff(off) }

func (t rtype) typeOff(off abi.TypeOff) *abi.Type { return resolveTypeOff(off) }

func (t rtype) textOff(off abi.TextOff) unsafe.Pointer { return offsetAddress(int32(off)) }

func (t rtype) pkgpath() string {
	if u := t.Uncommon(); u != nil {
		return t.nameOff(u.PkgPath).Name()
	}
	switch t.Kind() {
	case abi.Struct:
		return (*abi.StructType)(unsafe.Pointer(t.Type)).PkgPath.Name()
	case abi.Interface:
		return (*abi.InterfaceType)(unsafe.Pointer(t.Type)).PkgPath.Name()
	}
	return ""
}

// offsetAddress is the address that an offset stands for. Offsets from 1 up are addresses; negative ones were handed out by
// addReflectOff.
func offsetAddress(off int32) unsafe.Pointer {
	if off >= 0 {
		return unsafe.Pointer(uintptr(off))
	}
	lock(&reflectOffs.lock)
	p := reflectOffs.byOffset[-off-1]
	unlock(&reflectOffs.lock)
	return p
}

func resolveNameOff(off abi.NameOff) abi.Name {
	if off == 0 {
		return abi.Name{}
	}
	return abi.Name{Bytes: (*byte)(offsetAddress(int32(off)))}
}

func resolveTypeOff(off abi.TypeOff) *abi.Type { return (*abi.Type)(offsetAddress(int32(off))) }

// pkgPath returns the package path stored behind a name, or "".
func pkgPath(n abi.Name) string {
	if n.Bytes == nil || *n.Data(0)&(1<<2) == 0 {
		return ""
	}
	i, l := n.ReadVarint(1)
	off := 1 + i + l
	if *n.Data(0)&(1<<1) != 0 {
		i2, l2 := n.ReadVarint(off)
		off += i2 + l2
	}
	var nameOff abi.NameOff
	copy((*[4]byte)(unsafe.Pointer(&nameOff))[:], (*[4]byte)(unsafe.Pointer(n.Data(off)))[:])
	return resolveNameOff(nameOff).Name()
}

// reflectOffs are the addresses that reflect made itself and that got a negative offset.
var reflectOffs struct {
	lock      mutex
	byOffset  []unsafe.Pointer
	byAddress map[unsafe.Pointer]int32
}

//go:linkname reflect_addReflectOff reflect.addReflectOff
func reflect_addReflectOff(p unsafe.Pointer) int32 {
	lock(&reflectOffs.lock)
	defer unlock(&reflectOffs.lock)
	off, ok := reflectOffs.byAddress[p]
	if !ok {
		if reflectOffs.byAddress == nil {
			reflectOffs.byAddress = make(map[unsafe.Pointer]int32)
		}
		reflectOffs.byOffset = append(reflectOffs.byOffset, p)
		off = -int32(len(reflectOffs.byOffset))
		reflectOffs.byAddress[p] = off
	}
	return off
}

//go:linkname reflect_resolveNameOff reflect.resolveNameOff
func reflect_resolveNameOff(_ unsafe.Pointer, off int32) unsafe.Pointer {
	return unsafe.Pointer(resolveNameOff(abi.NameOff(off)).Bytes)
}

//go:linkname reflect_resolveTypeOff reflect.resolveTypeOff
func reflect_resolveTypeOff(_ unsafe.Pointer, off int32) unsafe.Pointer { return offsetAddress(off) }

//go:linkname reflect_resolveTextOff reflect.resolveTextOff
func reflect_resolveTextOff(_ unsafe.Pointer, off int32) unsafe.Pointer { return offsetAddress(off) }

//go:linkname reflectlite_resolveNameOff internal/reflectlite.resolveNameOff
func reflectlite_resolveNameOff(_ unsafe.Pointer, off int32) unsafe.Pointer {
	return unsafe.Pointer(resolveNameOff(abi.NameOff(off)).Bytes)
}

//go:linkname reflectlite_resolveTypeOff internal/reflectlite.resolveTypeOff
func reflectlite_resolveTypeOff(_ unsafe.Pointer, off int32) unsafe.Pointer {
	return offsetAddress(off)
}
