// The program's description of itself, as the linker wrote it: functions, lines and inlined calls.

package runtime

import "unsafe"

// table is the address and the length of one table; abi::Slice.
type table struct {
	ptr unsafe.Pointer
	len int
}

func (t table) string() string { return unsafe.String((*byte)(t.ptr), t.len) }

// programInfo is abi::ProgramInfo.
type programInfo struct {
	magic     uint64
	main      uintptr
	sigpanic  uintptr
	text      table
	funcs     table
	strings   table
	tables    table
	files     table
	types     table
	typelinks table
	itabs     table
	kinds     table
	roots     table
	data      table

	memProfileRate uintptr

	godebug   table
	buildInfo table
	version   table
	goroot    table
}

// funcEntry is abi::FuncEntry: one function of the program.
type funcEntry struct {
	entry   uint32
	size    uint32
	name    uint32
	frame   uint32
	lines   uint32
	inlines uint32
	file    uint32
	line    uint32
	flags   uint32
	frames  uint32
}

// inlineNode is abi::InlineNode: one inlined call.
type inlineNode struct {
	parent    int32
	name      uint32
	callFile  uint32
	callLine  uint32
	startLine uint32
	flags     uint32
}

// Bits of funcEntry.flags and inlineNode.flags; abi::FuncFlags.
const (
	funcWrapper      = 1
	funcDeferWrapper = 2
	funcHidden       = funcWrapper | funcDeferWrapper
)

// position is one level of a code address: the function and the line in it.
type position struct {
	name      string
	file      string
	line      int
	startLine int
	flags     uint32
	inlined   bool // the next position is its caller
}

// findfunc returns the function around pc, or nil.
func findfunc(pc uintptr) *funcEntry {
	info := rustProgramInfo()
	offset := pc - uintptr(info.text.ptr)
	if offset >= uintptr(info.text.len) {
		return nil
	}
	funcs := unsafe.Slice((*funcEntry)(info.funcs.ptr), info.funcs.len)
	lo, hi := 0, len(funcs)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if uintptr(funcs[mid].entry) <= offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 || offset-uintptr(funcs[lo-1].entry) >= uintptr(funcs[lo-1].size) {
		return nil
	}
	return &funcs[lo-1]
}

// start returns the address of the function's code.
func (f *funcEntry) start() uintptr { return uintptr(rustProgramInfo().text.ptr) + uintptr(f.entry) }

// programString returns the string at an offset.
func programString(off uint32) string {
	r := varints{add(rustProgramInfo().strings.ptr, uintptr(off))}
	n := int(r.next())
	return unsafe.String((*byte)(r.p), n)
}

func programFile(file uint32) string {
	files := rustProgramInfo().files
	if int(file) >= files.len {
		return "?"
	}
	return programString(unsafe.Slice((*uint32)(files.ptr), files.len)[file])
}

// positions returns the levels of the code address pc in f, innermost inlined call first.
func (f *funcEntry) positions(pc uintptr) []position {
	file, line, inline := f.lookup(uint32(pc - f.start()))
	var list []position
	for {
		node := f.inlineNode(inline)
		if node == nil {
			return append(list, position{programString(f.name), programFile(file), int(line), int(f.line), f.flags, false})
		}
		list = append(list, position{programString(node.name), programFile(file), int(line), int(node.startLine), node.flags, true})
		file, line, inline = node.callFile, node.callLine, node.parent
	}
}

func (f *funcEntry) inlineNode(i int32) *inlineNode {
	if i < 0 || f.inlines == 0 {
		return nil
	}
	nodes := add(rustProgramInfo().tables.ptr, uintptr(f.inlines))
	return (*inlineNode)(add(nodes, uintptr(i)*unsafe.Sizeof(inlineNode{})))
}

// lookup finds the row of the line table that covers an offset; abi::pctab describes the format.
func (f *funcEntry) lookup(offset uint32) (file, line uint32, inline int32) {
	file, line, inline = f.file, f.line, -1
	if f.lines == 0 {
		return
	}
	const hasFile, hasInline = 2, 1
	r := varints{add(rustProgramInfo().tables.ptr, uintptr(f.lines))}
	var pc, rowFile, rowLine uint32
	rowInline := int32(-1)
	for first := true; ; first = false {
		head := r.next()
		if head&hasFile != 0 {
			rowFile += uint32(r.signed())
		}
		if head&hasInline != 0 {
			rowInline += int32(r.signed())
		}
		delta := r.signed()
		if head == 0 && delta == 0 && !first {
			return
		}
		pc += uint32(head >> 2)
		rowLine += uint32(delta)
		if pc > offset {
			return
		}
		file, line, inline = rowFile, rowLine, rowInline
	}
}

// varints reads variable-length numbers.
type varints struct{ p unsafe.Pointer }

func (r *varints) next() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		b := *(*byte)(r.p)
		r.p = add(r.p, 1)
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

// signed reads a number in zigzag form.
func (r *varints) signed() int64 {
	v := r.next()
	return int64(v>>1) ^ -int64(v&1)
}
