// Calls through Value.Call, MakeFunc and method values, in Groundhog's calling convention.
//
// A function gets its closure or receiver word, then the addresses of memory for the results that are memory values, then
// the scalars of its parameters (a memory value is one scalar: its address). The first six scalars that are not floats are
// in registers, and the first eight floats; the others are on the stack in order. The first eight results of either class
// are in registers, the others in the goroutine's result buffer. So a function of six pointers and eight floats, with as
// many pointers behind them as there are words on the stack, has the convention of every function: register by register
// and word by word. See crates/lower/src/shape.rs for what a scalar is and crates/codegen/src/signature.rs for its place.

package reflect

import (
	"internal/abi"
	"unsafe"
)

// Places that the calling convention has.
const (
	nIntRegs    = 6
	nFloatRegs  = 8
	nResultRegs = 8 // of either class
	nStackWords = 16
	nAreaWords  = 64
	maxScalars  = 8 // a value with more is a memory value
)

// callWords is what a call passes: registers and stack words, there and back.
type callWords struct {
	ints, floats, stack int // how many are in use
	int                 [nIntRegs]unsafe.Pointer
	float               [nFloatRegs]float64
	word                [nStackWords]unsafe.Pointer
	intResults          int
	floatResults        int
	bufferResults       int
	intResult           [nResultRegs]unsafe.Pointer
	floatResult         [nResultRegs]float64
	buffer              [nStackWords]unsafe.Pointer
}

// scalar is one machine word of a value.
type scalar struct {
	offset  uintptr
	size    uintptr
	isFloat bool
}

// scalars are the words that a value is passed in, if it is not a memory value.
type scalars struct {
	n    int
	list [maxScalars]scalar
}

func (s *scalars) add(offset, size uintptr, isFloat bool) bool {
	if s.n == maxScalars {
		return false
	}
	s.list[s.n] = scalar{offset, size, isFloat}
	s.n++
	return true
}

// addType adds the scalars of a value of type t at an offset. It reports whether the whole still has scalars.
func (s *scalars) addType(t *abi.Type, offset uintptr) bool {
	switch t.Kind() {
	case abi.Float32, abi.Float64:
		return s.add(offset, t.Size(), true)
	case abi.Complex64, abi.Complex128:
		return s.add(offset, t.Size()/2, true) && s.add(offset+t.Size()/2, t.Size()/2, true)
	case abi.String, abi.Interface:
		return s.add(offset, 8, false) && s.add(offset+8, 8, false)
	case abi.Slice:
		return s.add(offset, 8, false) && s.add(offset+8, 8, false) && s.add(offset+16, 8, false)
	case abi.Array:
		return t.Size() == 0
	case abi.Struct:
		return s.addFields((*structType)(unsafe.Pointer(t)), offset)
	}
	return s.add(offset, t.Size(), false)
}

func (s *scalars) addFields(t *structType, offset uintptr) bool {
	for i := range t.Fields {
		if !s.addType(t.Fields[i].Typ, offset+t.Fields[i].Offset) {
			return false
		}
	}
	return true
}

// isMemory reports whether values of the type are passed by address.
func scalarsOf(t *abi.Type) (s scalars, isMemory bool) {
	isMemory = !s.addType(t, 0)
	return s, isMemory
}

// ---- arguments ---------------------------------------------------------------------------------------------------

func (w *callWords) putInt(p unsafe.Pointer) {
	if w.ints < nIntRegs {
		w.int[w.ints] = p
		w.ints++
		return
	}
	w.putStack(p)
}

func (w *callWords) putFloat(bits uint64) {
	if w.floats < nFloatRegs {
		*(*uint64)(unsafe.Pointer(&w.float[w.floats])) = bits
		w.floats++
		return
	}
	w.putStack(wordOf(uintptr(bits)))
}

func (w *callWords) putStack(p unsafe.Pointer) {
	if w.stack == nStackWords {
		panic("reflect: call of a function with too many argument words")
	}
	w.word[w.stack] = p
	w.stack++
}

// wordOf is a number where a pointer may be: what is in a register has no type.
func wordOf(x uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&x)) }

// loadScalar reads one scalar of the value at p.
func loadScalar(p unsafe.Pointer, s scalar) uint64 {
	p = add(p, s.offset, "a scalar is inside of its value")
	switch s.size {
	case 1:
		return uint64(*(*uint8)(p))
	case 2:
		return uint64(*(*uint16)(p))
	case 4:
		return uint64(*(*uint32)(p))
	}
	return *(*uint64)(p)
}

// storeScalar writes one scalar of a value that is on its way.
func storeScalar(p unsafe.Pointer, s scalar, bits uint64) {
	p = add(p, s.offset, "a scalar is inside of its value")
	switch s.size {
	case 1:
		*(*uint8)(p) = uint8(bits)
	case 2:
		*(*uint16)(p) = uint16(bits)
	case 4:
		*(*uint32)(p) = uint32(bits)
	default:
		*(*uint64)(p) = bits
	}
}

// putValue passes v, which is of type t.
func (w *callWords) putValue(v Value, t *abi.Type) {
	if t.Size() == 0 {
		return
	}
	s, isMemory := scalarsOf(t)
	if v.flag&flagIndir == 0 {
		if isMemory {
			// An array of one pointer.
			c := unsafe_New(t)
			*(*unsafe.Pointer)(c) = v.ptr
			w.putInt(c)
			return
		}
		w.putInt(v.ptr)
		return
	}
	if isMemory {
		// The callee may write it.
		c := unsafe_New(t)
		typedmemmove(t, c, v.ptr)
		w.putInt(c)
		return
	}
	for _, one := range s.list[:s.n] {
		bits := loadScalar(v.ptr, one)
		if one.isFloat {
			w.putFloat(bits)
		} else {
			w.putInt(wordOf(uintptr(bits)))
		}
	}
}

// ---- results -----------------------------------------------------------------------------------------------------

// countResults finds out how many results of a type are in the result buffer.
func (w *callWords) countResults(s *scalars) {
	for _, one := range s.list[:s.n] {
		w.takeResult(one.isFloat)
	}
}

// takeResult is the next result word of a class.
func (w *callWords) takeResult(isFloat bool) *uint64 {
	if isFloat && w.floatResults < nResultRegs {
		w.floatResults++
		return (*uint64)(unsafe.Pointer(&w.floatResult[w.floatResults-1]))
	}
	if !isFloat && w.intResults < nResultRegs {
		w.intResults++
		return (*uint64)(unsafe.Pointer(&w.intResult[w.intResults-1]))
	}
	if w.bufferResults == nStackWords {
		panic("reflect: call of a function with too many result words")
	}
	w.bufferResults++
	return (*uint64)(unsafe.Pointer(&w.buffer[w.bufferResults-1]))
}

// takeValue is the result of type t that was returned in registers and the buffer.
func (w *callWords) takeValue(t *abi.Type, s *scalars) Value {
	var value [maxScalars + 2]unsafe.Pointer
	at := unsafe.Pointer(&value)
	for _, one := range s.list[:s.n] {
		storeScalar(at, one, *w.takeResult(one.isFloat))
	}
	return keptValue(t, at)
}

// keptValue is a copy of the value at p.
func keptValue(t *abi.Type, p unsafe.Pointer) Value {
	if t.IsDirectIface() {
		return Value{t, *(*unsafe.Pointer)(p), flag(t.Kind())}
	}
	c := unsafe_New(t)
	typedmemmove(t, c, p)
	return Value{t, c, flagIndir | flag(t.Kind())}
}

// retbuf is the goroutine's result buffer.
func retbuf() unsafe.Pointer

// bufferWords are the words of the buffer that may be in use. They are copied at once: after the next call somebody else
// may use the buffer.
func bufferWords() *[nStackWords]uintptr { return (*[nStackWords]uintptr)(retbuf()) }

// ---- Value.Call --------------------------------------------------------------------------------------------------

// call is what Value.Call and Value.CallSlice do.
func (v Value) call(op string, in []Value) []Value {
	t := (*funcType)(unsafe.Pointer(v.typ()))
	var code uintptr
	var first unsafe.Pointer
	if v.flag&flagMethod != 0 {
		_, method, fn := methodReceiver(op, v, int(v.flag)>>flagMethodShift)
		t, code = method, *(*uintptr)(fn)
		storeRcvr(v, unsafe.Pointer(&first))
	} else {
		first = v.pointer()
		if first == nil {
			panic("reflect.Value.Call: call of nil function")
		}
		code = *(*uintptr)(first)
	}
	in = spreadArguments(op, t, in)
	var w callWords
	w.putInt(first)
	var area [nAreaWords]unsafe.Pointer
	memory := w.putAreas(t.OutSlice(), &area)
	for i, arg := range in {
		arg.mustBeExported()
		param := toRType(t.In(i))
		w.putValue(arg.assignTo("reflect.Value.Call", &param.t, nil), &param.t)
	}
	w.invoke(code)
	return w.takeValues(t.OutSlice(), memory)
}

// spreadArguments checks the arguments and packs those of a variadic parameter.
func spreadArguments(op string, t *funcType, in []Value) []Value {
	isSlice := op == "CallSlice"
	n := t.NumIn()
	switch {
	case isSlice && !t.IsVariadic():
		panic("reflect: CallSlice of non-variadic function")
	case !isSlice && t.IsVariadic():
		n--
	}
	if len(in) < n {
		panic("reflect: " + op + " with too few input arguments")
	}
	if len(in) > n && (isSlice || !t.IsVariadic()) {
		panic("reflect: " + op + " with too many input arguments")
	}
	for _, x := range in {
		if x.Kind() == Invalid {
			panic("reflect: " + op + " using zero Value argument")
		}
	}
	for i := range n {
		if have, want := in[i].Type(), t.In(i); !have.AssignableTo(toRType(want)) {
			panic("reflect: " + op + " using " + have.String() + " as type " + stringFor(want))
		}
	}
	if isSlice || !t.IsVariadic() {
		return in
	}
	rest := MakeSlice(toRType(t.In(n)), len(in)-n, len(in)-n)
	elem := toRType(t.In(n)).Elem()
	for i, x := range in[n:] {
		if have := x.Type(); !have.AssignableTo(elem) {
			panic("reflect: cannot use " + have.String() + " as type " + elem.String() + " in " + op)
		}
		rest.Index(i).Set(x)
	}
	return append(append(make([]Value, 0, n+1), in[:n]...), rest)
}

// putAreas passes the addresses of memory for the results that are memory values, and answers them.
func (w *callWords) putAreas(results []*abi.Type, area *[nAreaWords]unsafe.Pointer) []unsafe.Pointer {
	var memory []unsafe.Pointer
	used := uintptr(0)
	for _, t := range results {
		s, isMemory := scalarsOf(t)
		if !isMemory {
			w.countResults(&s)
			continue
		}
		n := (t.Size() + 15) / 16 * 2
		var p unsafe.Pointer
		if used+n <= nAreaWords {
			p = unsafe.Pointer(&area[used])
			used += n
		} else {
			p = unsafe_New(t)
		}
		memory = append(memory, p)
		w.putInt(p)
	}
	return memory
}

func (w *callWords) takeValues(results []*abi.Type, memory []unsafe.Pointer) []Value {
	if len(results) == 0 {
		return nil
	}
	values := make([]Value, len(results))
	w.intResults, w.floatResults, w.bufferResults = 0, 0, 0
	for i, t := range results {
		s, isMemory := scalarsOf(t)
		switch {
		case t.Size() == 0:
			values[i] = Zero(toRType(t))
		case isMemory:
			values[i] = keptValue(t, memory[0])
			memory = memory[1:]
		default:
			values[i] = w.takeValue(t, &s)
		}
	}
	return values
}

// ---- MakeFunc ----------------------------------------------------------------------------------------------------

// madeFunc is the closure object of a function that MakeFunc made.
type madeFunc struct {
	code uintptr
	typ  *funcType
	fn   func([]Value) []Value
}

// MakeFunc returns a function of the given type that calls fn with its arguments and returns what fn returns.
func MakeFunc(typ Type, fn func(args []Value) (results []Value)) Value {
	t := typ.common()
	if t.Kind() != abi.Func {
		panic("reflect: call of MakeFunc with non-Func type")
	}
	ftyp := (*funcType)(unsafe.Pointer(t))
	made := &madeFunc{madeCode(stackWordsOf(ftyp)), ftyp, fn}
	return Value{t, unsafe.Pointer(made), flag(Func)}
}

// makeMethodValue returns the method value v as a function.
func makeMethodValue(op string, v Value) Value {
	if v.flag&flagMethod == 0 {
		panic("reflect: internal error: invalid use of makeMethodValue")
	}
	receiver := Value{v.typ(), v.ptr, v.flag&(flagRO|flagAddr|flagIndir) | flag(v.typ().Kind())}
	// A method that cannot be called is reported here, not by the call.
	methodReceiver(op, receiver, int(v.flag)>>flagMethodShift)
	typ := v.Type()
	how := "Call"
	if typ.IsVariadic() {
		how = "CallSlice"
	}
	bound := v
	bound.flag &^= flagRO
	f := MakeFunc(typ, func(in []Value) []Value { return bound.call(how, in) })
	f.flag |= v.flag & flagRO
	return f
}

// stackWordsOf is the number of words that a call of a function of this type has on the stack.
func stackWordsOf(t *funcType) int {
	ints, floats := 1, 0
	count := func(typ *abi.Type, isResult bool) {
		s, isMemory := scalarsOf(typ)
		switch {
		case isMemory:
			ints++
		case !isResult:
			for _, one := range s.list[:s.n] {
				if one.isFloat {
					floats++
				} else {
					ints++
				}
			}
		}
	}
	for _, typ := range t.OutSlice() {
		count(typ, true)
	}
	for _, typ := range t.InSlice() {
		count(typ, false)
	}
	return max(ints-nIntRegs, 0) + max(floats-nFloatRegs, 0)
}

// takeArgument is the next argument word of a class.
func (w *callWords) takeArgument(isFloat bool) *uint64 {
	if isFloat && w.floats < nFloatRegs {
		w.floats++
		return (*uint64)(unsafe.Pointer(&w.float[w.floats-1]))
	}
	if !isFloat && w.ints < nIntRegs {
		w.ints++
		return (*uint64)(unsafe.Pointer(&w.int[w.ints-1]))
	}
	w.stack++
	return (*uint64)(unsafe.Pointer(&w.word[w.stack-1]))
}

// answer runs the function that MakeFunc made, called with these words, and sets the result words.
func (w *callWords) answer() {
	made := (*madeFunc)(w.int[0])
	w.ints = 1
	var memory []unsafe.Pointer
	for _, t := range made.typ.OutSlice() {
		if _, isMemory := scalarsOf(t); isMemory {
			memory = append(memory, *(*unsafe.Pointer)(unsafe.Pointer(w.takeArgument(false))))
		}
	}
	in := make([]Value, 0, made.typ.NumIn())
	for _, t := range made.typ.InSlice() {
		in = append(in, w.argument(t))
	}
	out := made.fn(in)
	if len(out) != made.typ.NumOut() {
		panic("reflect: wrong return count from function created by MakeFunc")
	}
	for i, t := range made.typ.OutSlice() {
		memory = w.setResult(out[i], t, made, memory)
	}
	if w.bufferResults > 0 {
		*bufferWords() = *(*[nStackWords]uintptr)(unsafe.Pointer(&w.buffer))
	}
}

// argument is the next argument, of type t.
func (w *callWords) argument(t *abi.Type) Value {
	if t.Size() == 0 {
		return Zero(toRType(t))
	}
	s, isMemory := scalarsOf(t)
	if isMemory {
		return keptValue(t, *(*unsafe.Pointer)(unsafe.Pointer(w.takeArgument(false))))
	}
	var value [maxScalars + 2]unsafe.Pointer
	at := unsafe.Pointer(&value)
	for _, one := range s.list[:s.n] {
		storeScalar(at, one, *w.takeArgument(one.isFloat))
	}
	return keptValue(t, at)
}

// setResult returns v as a result of type t, and the memory for the results behind it.
func (w *callWords) setResult(v Value, t *abi.Type, made *madeFunc, memory []unsafe.Pointer) []unsafe.Pointer {
	if v.typ() == nil {
		panic("reflect: function created by MakeFunc using " + funcName(made.fn) + " returned zero Value")
	}
	if v.flag&flagRO != 0 {
		panic("reflect: function created by MakeFunc using " + funcName(made.fn) +
			" returned value obtained from unexported field")
	}
	if t.Size() == 0 {
		return memory
	}
	v = v.assignTo("reflect.MakeFunc", t, nil)
	from := v.ptr
	if v.flag&flagIndir == 0 {
		from = unsafe.Pointer(&v.ptr)
	}
	s, isMemory := scalarsOf(t)
	if isMemory {
		typedmemmove(t, memory[0], from)
		return memory[1:]
	}
	for _, one := range s.list[:s.n] {
		*w.takeResult(one.isFloat) = loadScalar(from, one)
	}
	return memory
}

// ---- register by register ----------------------------------------------------------------------------------------

// codeTable is a method table whose only method is some code.
type codeTable struct {
	inter, typ *abi.Type
	hash       uint32
	code       uintptr
}

// callee is an interface value: its method is the code, its data word the closure or receiver.
type callee struct {
	table *codeTable
	first unsafe.Pointer
}

type (
	code0 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code2 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code4 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code6 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code8 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code10 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code12 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code14 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
	code16 interface {
		reflectCall(a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64)
	}
)

// invoke calls the code with the argument words, and sets the result words.
func (w *callWords) invoke(code uintptr) {
	table := &codeTable{code: code}
	c := unsafe.Pointer(&callee{table, w.int[0]})
	i, f, s := &w.int, &w.float, &w.word
	r, q := &w.intResult, &w.floatResult
	switch (w.stack + 1) / 2 * 2 {
	case 0:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code0)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7])
	case 2:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code2)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1])
	case 4:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code4)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1], s[2], s[3])
	case 6:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code6)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1], s[2], s[3], s[4], s[5])
	case 8:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code8)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])
	case 10:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code10)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9])
	case 12:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code12)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11])
	case 14:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code14)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13])
	case 16:
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], q[0], q[1], q[2], q[3], q[4], q[5], q[6], q[7] =
			(*(*code16)(c)).reflectCall(i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15])
	}
	if w.bufferResults > 0 {
		*(*[nStackWords]uintptr)(unsafe.Pointer(&w.buffer)) = *bufferWords()
	}
}

// madeCode is the code of functions that MakeFunc makes, by the number of words on the stack.
func madeCode(words int) uintptr {
	switch (words + 1) / 2 * 2 {
	case 0:
		return abi.FuncPCABIInternal(made0)
	case 2:
		return abi.FuncPCABIInternal(made2)
	case 4:
		return abi.FuncPCABIInternal(made4)
	case 6:
		return abi.FuncPCABIInternal(made6)
	case 8:
		return abi.FuncPCABIInternal(made8)
	case 10:
		return abi.FuncPCABIInternal(made10)
	case 12:
		return abi.FuncPCABIInternal(made12)
	case 14:
		return abi.FuncPCABIInternal(made14)
	case 16:
		return abi.FuncPCABIInternal(made16)
	}
	panic("reflect: MakeFunc of a function with too many argument words")
}

func made0(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made2(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made4(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1, s2, s3}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made6(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1, s2, s3, s4, s5}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made8(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1, s2, s3, s4, s5, s6, s7}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made10(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made12(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made14(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}

func made16(a0, a1, a2, a3, a4, a5 unsafe.Pointer, f0, f1, f2, f3, f4, f5, f6, f7 float64, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15 unsafe.Pointer) (r0, r1, r2, r3, r4, r5, r6, r7 unsafe.Pointer, q0, q1, q2, q3, q4, q5, q6, q7 float64) {
	var w callWords
	w.int = [nIntRegs]unsafe.Pointer{a0, a1, a2, a3, a4, a5}
	w.float = [nFloatRegs]float64{f0, f1, f2, f3, f4, f5, f6, f7}
	w.word = [nStackWords]unsafe.Pointer{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15}
	w.answer()
	i, f := &w.intResult, &w.floatResult
	return i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
}
