// Interfaces: method tables found at run time, assertions, and boxing of values.

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"unsafe"
)

type eface struct {
	_type *abi.Type
	data  unsafe.Pointer
}

type iface struct {
	tab  *abi.ITab
	data unsafe.Pointer
}

// itabTable caches method tables by (interface, concrete type): open addressing, at most three quarters full. Readers
// take no lock; a full table is replaced by a larger copy.
type itabTable struct {
	size    uintptr // a power of two
	count   uintptr
	entries []*abi.ITab
}

var (
	itabs    unsafe.Pointer // *itabTable, replaced under itabLock
	itabLock mutex
)

const itabInitSize = 512

func itabHash(inter *abi.InterfaceType, typ *abi.Type) uintptr {
	return uintptr(inter.Type.Hash ^ typ.Hash)
}

// find returns the cached table for (inter, typ), or nil.
func (t *itabTable) find(inter *abi.InterfaceType, typ *abi.Type) *abi.ITab {
	mask := t.size - 1
	h := itabHash(inter, typ) & mask
	for step := uintptr(1); ; step++ {
		m := (*abi.ITab)(atomic.Loadp(unsafe.Pointer(&t.entries[h])))
		if m == nil {
			return nil
		}
		if m.Inter == inter && m.Type == typ {
			return m
		}
		h = (h + step) & mask
	}
}

// add stores m; the caller holds itabLock.
func (t *itabTable) add(m *abi.ITab) {
	mask := t.size - 1
	h := itabHash(m.Inter, m.Type) & mask
	for step := uintptr(1); t.entries[h] != nil; step++ {
		if t.entries[h] == m {
			return
		}
		h = (h + step) & mask
	}
	atomicstorep(unsafe.Pointer(&t.entries[h]), unsafe.Pointer(m))
	t.count++
}

// itabAdd stores m in the cache, growing it when needed; the caller holds itabLock.
func itabAdd(m *abi.ITab) {
	t := (*itabTable)(itabs)
	if t == nil || 4*(t.count+1) > 3*t.size {
		size := uintptr(itabInitSize)
		if t != nil {
			size = t.size * 2
		}
		bigger := &itabTable{size: size, entries: make([]*abi.ITab, size)}
		if t != nil {
			for _, e := range t.entries {
				if e != nil {
					bigger.add(e)
				}
			}
		}
		atomicstorep(unsafe.Pointer(&itabs), unsafe.Pointer(bigger))
		t = bigger
	}
	t.add(m)
}

// initItabs enters the tables that the linker made, so that there is one table for a pair of types: interface values are
// equal only if their tables are.
func initItabs() {
	made := rustProgramInfo().itabs
	lock(&itabLock)
	for _, m := range unsafe.Slice((**abi.ITab)(made.ptr), made.len) {
		itabAdd(m)
	}
	unlock(&itabLock)
}

// getitab returns the method table of typ for inter. When typ does not implement inter it returns nil if canfail, and
// panics otherwise. A table whose first method is 0 records a failed search.
func getitab(inter *abi.InterfaceType, typ *abi.Type, canfail bool) *abi.ITab {
	if len(inter.Methods) == 0 {
		throw("getitab: interface without methods")
	}
	if typ.TFlag&abi.TFlagUncommon == 0 {
		if canfail {
			return nil
		}
		name := toRType(&inter.Type).nameOff(inter.Methods[0].Name)
		panic(&TypeAssertionError{nil, typ, &inter.Type, name.Name()})
	}
	var m *abi.ITab
	if t := (*itabTable)(atomic.Loadp(unsafe.Pointer(&itabs))); t != nil {
		m = t.find(inter, typ)
	}
	if m == nil {
		m = newItab(inter, typ)
	}
	if m.Fun[0] != 0 {
		return m
	}
	if canfail {
		return nil
	}
	panic(&TypeAssertionError{concrete: typ, asserted: &inter.Type, missingMethod: itabInit(m, false)})
}

func newItab(inter *abi.InterfaceType, typ *abi.Type) *abi.ITab {
	lock(&itabLock)
	if t := (*itabTable)(itabs); t != nil {
		if m := t.find(inter, typ); m != nil {
			unlock(&itabLock)
			return m
		}
	}
	size := unsafe.Sizeof(abi.ITab{}) + uintptr(len(inter.Methods)-1)*8
	m := (*abi.ITab)(persistentalloc(size))
	m.Inter = inter
	m.Type = typ
	m.Hash = 0 // only tables made by the compiler are used in type switches
	itabInit(m, true)
	itabAdd(m)
	unlock(&itabLock)
	return m
}

// itabInit fills the method table (first is false when only the name of a missing method is wanted). Both method lists
// are sorted by name, so one pass over each is enough.
func itabInit(m *abi.ITab, first bool) string {
	inter, typ := m.Inter, m.Type
	x := typ.Uncommon()
	ni, nt := len(inter.Methods), int(x.Mcount)
	have := unsafe.Slice((*abi.Method)(add(unsafe.Pointer(x), uintptr(x.Moff))), nt)
	funs := unsafe.Slice((*uintptr)(unsafe.Pointer(&m.Fun[0])), ni)
	var fun0 uintptr
	j := 0
	for k := range ni {
		im := &inter.Methods[k]
		itype := toRType(&inter.Type).typeOff(im.Typ)
		iname := toRType(&inter.Type).nameOff(im.Name)
		ipkg := pkgPathOf(iname, inter.PkgPath)
		found := false
		for ; j < nt && !found; j++ {
			found = methodMatches(typ, x, &have[j], itype, iname, ipkg)
			if found && first {
				fn := uintptr(toRType(typ).textOff(have[j].Ifn))
				if k == 0 {
					fun0 = fn // stored last: it says that the table is complete
				} else {
					funs[k] = fn
				}
			}
		}
		if !found {
			return iname.Name()
		}
	}
	if first {
		m.Fun[0] = fun0
	}
	return ""
}

func methodMatches(typ *abi.Type, x *abi.UncommonType, tm *abi.Method, itype *abi.Type, iname abi.Name, ipkg string) bool {
	rtyp := toRType(typ)
	tname := rtyp.nameOff(tm.Name)
	if rtyp.typeOff(tm.Mtyp) != itype || tname.Name() != iname.Name() {
		return false
	}
	if tname.IsExported() {
		return true
	}
	pkg := pkgPath(tname)
	if pkg == "" {
		pkg = rtyp.nameOff(x.PkgPath).Name()
	}
	return pkg == ipkg
}

func pkgPathOf(n abi.Name, fallback abi.Name) string {
	if p := pkgPath(n); p != "" {
		return p
	}
	return fallback.Name()
}

// unreachableMethod stands in method tables for methods that no call can reach.
func unreachableMethod() {
	throw("unreachable method called. linker bug?")
}

// ---- assertions ------------------------------------------------------------------------------------------------

// typeAssert returns the table for x.(inter) where x has type t, or nil when t does not implement it and canfail.
// inter has methods.
func typeAssert(inter *abi.InterfaceType, t *abi.Type, canfail bool) *abi.ITab {
	if t == nil {
		if canfail {
			return nil
		}
		panic(&TypeAssertionError{nil, nil, &inter.Type, ""})
	}
	return getitab(inter, t, canfail)
}

func assertE2I(inter *abi.InterfaceType, t *abi.Type) *abi.ITab  { return typeAssert(inter, t, false) }
func assertE2I2(inter *abi.InterfaceType, t *abi.Type) *abi.ITab { return typeAssert(inter, t, true) }

// panicdottypeE reports a failed assertion to a concrete type: have is the dynamic type, or nil.
func panicdottypeE(have, want, iface *abi.Type) {
	panic(&TypeAssertionError{iface, have, want, ""})
}

// panicnildottype reports an assertion of a nil interface to an interface type.
func panicnildottype(want *abi.Type) {
	panic(&TypeAssertionError{nil, nil, want, ""})
}

//go:linkname reflect_ifaceE2I reflect.ifaceE2I
func reflect_ifaceE2I(inter *abi.InterfaceType, e eface, dst *iface) {
	if e._type == nil {
		panic(&TypeAssertionError{nil, nil, &inter.Type, ""})
	}
	*dst = iface{getitab(inter, e._type, false), e.data}
}

//go:linkname reflectlite_ifaceE2I internal/reflectlite.ifaceE2I
func reflectlite_ifaceE2I(inter *abi.InterfaceType, e eface, dst *iface) {
	reflect_ifaceE2I(inter, e, dst)
}

// ---- boxing ----------------------------------------------------------------------------------------------------

//go:linkname reflect_getStaticuint64s runtime.getStaticuint64s
func reflect_getStaticuint64s() *[256]uint64 { return &staticuint64s }

// atomicstorep stores a pointer so that a reader without lock sees what it points to.
func atomicstorep(slot, value unsafe.Pointer) { atomic.StorepNoWB(slot, value) }
