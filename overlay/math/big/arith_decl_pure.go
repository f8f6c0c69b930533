// The inner loops, by the runtime's assembly. Lengths are checked here, as the portable versions do.

package big

import "unsafe"

//go:linkname addWords gh_add_vv
//go:noescape
func addWords(z, x, y *Word, n int) Word

//go:linkname subWords gh_sub_vv
//go:noescape
func subWords(z, x, y *Word, n int) Word

//go:linkname shlWords gh_shl_vu
//go:noescape
func shlWords(z, x *Word, n int, s uint) Word

//go:linkname shrWords gh_shr_vu
//go:noescape
func shrWords(z, x *Word, n int, s uint) Word

//go:linkname mulAddWords gh_mul_add_vww
//go:noescape
func mulAddWords(z, x *Word, n int, m, a Word) Word

//go:linkname addMulWords gh_add_mul_vvww
//go:noescape
func addMulWords(z, x, y *Word, n int, m, a Word) Word

func data(x []Word) *Word { return unsafe.SliceData(x) }

func addVV(z, x, y []Word) (c Word) {
	if len(x) != len(z) || len(y) != len(z) {
		panic("addVV len")
	}
	return addWords(data(z), data(x), data(y), len(z))
}

func subVV(z, x, y []Word) (c Word) {
	if len(x) != len(z) || len(y) != len(z) {
		panic("subVV len")
	}
	return subWords(data(z), data(x), data(y), len(z))
}

func lshVU(z, x []Word, s uint) (c Word) {
	if len(x) != len(z) {
		panic("lshVU len")
	}
	if s == 0 {
		copy(z, x)
		return 0
	}
	if len(z) == 0 {
		return 0
	}
	return shlWords(data(z), data(x), len(z), s)
}

func rshVU(z, x []Word, s uint) (c Word) {
	if len(x) != len(z) {
		panic("rshVU len")
	}
	if s == 0 {
		copy(z, x)
		return 0
	}
	if len(z) == 0 {
		return 0
	}
	return shrWords(data(z), data(x), len(z), s)
}

func mulAddVWW(z, x []Word, m, a Word) (c Word) {
	if len(x) != len(z) {
		panic("mulAddVWW len")
	}
	return mulAddWords(data(z), data(x), len(z), m, a)
}

func addMulVVWW(z, x, y []Word, m, a Word) (c Word) {
	if len(x) != len(z) || len(y) != len(z) {
		panic("addMulVVWW len")
	}
	return addMulWords(data(z), data(x), data(y), len(z), m, a)
}
