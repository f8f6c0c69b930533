// Finalizers, cleanups, weak pointers and pinning.

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"unsafe"
)

// What rustSetFinalizer answers besides 0.
const (
	finalizerExists   = 1
	finalizerNoObject = 2
)

// funcPointer returns the closure object of a func value.
func funcPointer(fn func()) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&fn)) }

// SetFinalizer makes finalizer(obj) run, in a goroutine of the runtime, when nothing refers to obj any more; nil removes
// the finalizer.
func SetFinalizer(obj any, finalizer any) {
	e := efaceOf(&obj)
	if e._type == nil {
		throw("runtime.SetFinalizer: first argument is nil")
	}
	if e._type.Kind() != abi.Pointer {
		throw("runtime.SetFinalizer: first argument is " + toRType(e._type).string() + ", not pointer")
	}
	if e.data == nil {
		throw("nil elem type!")
	}
	f := efaceOf(&finalizer)
	if f._type == nil {
		rustSetFinalizer(e.data, nil, 0)
		return
	}
	fn := finalizerCall(e._type, f)
	base, _, _ := rustFindObject(e.data)
	if base == nil {
		return // a variable of the program lives for ever
	}
	if base != e.data {
		throw("runtime.SetFinalizer: pointer not at beginning of allocated block")
	}
	startFinalizers()
	switch rustSetFinalizer(e.data, *(*unsafe.Pointer)(unsafe.Pointer(&fn)), 0) {
	case finalizerExists:
		throw("runtime.SetFinalizer: finalizer already set")
	case finalizerNoObject:
		throw("runtime.SetFinalizer: pointer not in heap")
	}
}

// finalizerCall returns a function that calls the finalizer f with a pointer of type obj, or throws when it cannot be.
func finalizerCall(obj *abi.Type, f *eface) func(unsafe.Pointer) {
	if f._type.Kind() != abi.Func {
		throw("runtime.SetFinalizer: second argument is " + toRType(f._type).string() + ", not a function")
	}
	ft := (*abi.FuncType)(unsafe.Pointer(f._type))
	mismatch := "runtime.SetFinalizer: cannot pass " + toRType(obj).string() + " to finalizer " + toRType(f._type).string()
	if ft.IsVariadic() {
		throw(mismatch + " because dotdotdot")
	}
	if ft.InCount != 1 {
		throw(mismatch)
	}
	in := ft.In(0)
	code := f.data
	switch {
	case in == obj, in.Kind() == abi.Pointer && samePointer(in, obj):
		if areas := resultAreas(ft); len(areas) != 0 {
			return finalizerWithResults(code, areas)
		}
		return *(*func(unsafe.Pointer))(unsafe.Pointer(&code))
	case in.Kind() == abi.Interface:
		word := unsafe.Pointer(obj)
		if inter := (*abi.InterfaceType)(unsafe.Pointer(in)); len(inter.Methods) != 0 {
			tab := getitab(inter, obj, true)
			if tab == nil {
				throw(mismatch)
			}
			word = unsafe.Pointer(tab)
		}
		if len(resultAreas(ft)) != 0 {
			throw("runtime.SetFinalizer: finalizer " + toRType(f._type).string() + " returns a large value")
		}
		// Both kinds of interfaces are two words; which the first one is, the finalizer knows.
		call := *(*func(any))(unsafe.Pointer(&code))
		return func(p unsafe.Pointer) {
			e := eface{(*abi.Type)(word), p}
			call(*(*any)(unsafe.Pointer(&e)))
		}
	}
	throw(mismatch)
	return nil
}

// resultAreas are the result types of a function that it returns in memory of its caller.
func resultAreas(ft *abi.FuncType) (areas []*abi.Type) {
	for _, out := range ft.OutSlice() {
		if countScalars(out) > maxScalars {
			areas = append(areas, out)
		}
	}
	return areas
}

// maxScalars is the number of machine words that a value is passed in at most.
const maxScalars = 8

// countScalars returns the number of machine words that a value is passed in, or more than maxScalars if it is passed in
// memory.
func countScalars(t *abi.Type) int {
	switch t.Kind() {
	case abi.Complex64, abi.Complex128, abi.String, abi.Interface:
		return 2
	case abi.Slice:
		return 3
	case abi.Array:
		if t.Size_ == 0 {
			return 0
		}
		return maxScalars + 1
	case abi.Struct:
		n := 0
		for _, field := range (*abi.StructType)(unsafe.Pointer(t)).Fields {
			n += countScalars(field.Typ)
		}
		return n
	}
	return 1
}

// finalizerWithResults calls a finalizer that gets memory for its results, which nobody looks at.
func finalizerWithResults(code unsafe.Pointer, areas []*abi.Type) func(unsafe.Pointer) {
	memory := make([]unsafe.Pointer, len(areas))
	for i, t := range areas {
		memory[i] = mallocgc(t.Size_, t, true)
	}
	switch len(areas) {
	case 1:
		call := *(*func(a, p unsafe.Pointer))(unsafe.Pointer(&code))
		return func(p unsafe.Pointer) { call(memory[0], p) }
	case 2:
		call := *(*func(a, b, p unsafe.Pointer))(unsafe.Pointer(&code))
		return func(p unsafe.Pointer) { call(memory[0], memory[1], p) }
	}
	throw("runtime.SetFinalizer: finalizer returns too many large values")
	return nil
}

// samePointer reports whether two pointer types have identical elements and one of them is unnamed.
func samePointer(a, b *abi.Type) bool {
	named := func(t *abi.Type) bool { return t.Uncommon() != nil && t.TFlag&abi.TFlagNamed != 0 }
	return (!named(a) || !named(b)) && (*abi.PtrType)(unsafe.Pointer(a)).Elem == (*abi.PtrType)(unsafe.Pointer(b)).Elem
}

// Cleanup is a handle of a cleanup that was added.
type Cleanup struct {
	id  int
	ptr uintptr
}

// AddCleanup makes cleanup(arg) run some time after nothing refers to what ptr points to.
func AddCleanup[T, S any](ptr *T, cleanup func(S), arg S) Cleanup {
	ptr = abi.Escape(ptr)
	if ptr == nil {
		panic(plainError("runtime.AddCleanup: ptr is nil"))
	}
	argument := any(arg)
	checkCleanupArg(unsafe.Pointer(ptr), efaceOf(&argument))
	return addCleanup(unsafe.Pointer(ptr), func() { cleanup(arg) })
}

// checkCleanupArg refuses an argument that keeps its own object alive.
func checkCleanupArg(ptr unsafe.Pointer, arg *eface) {
	if arg._type == nil {
		return
	}
	if kind := arg._type.Kind(); (kind == abi.Pointer || kind == abi.UnsafePointer) && arg.data == ptr {
		panic(plainError("runtime.AddCleanup: ptr is equal to arg, cleanup will never run"))
	}
}

func addCleanup(ptr unsafe.Pointer, fn func()) Cleanup {
	base, _, _ := rustFindObject(ptr)
	if base == nil {
		return Cleanup{} // a variable of the program lives for ever
	}
	startFinalizers()
	return Cleanup{rustAddCleanup(base, funcPointer(fn)), uintptr(base)}
}

// Stop cancels the cleanup, unless its object is known to be dead already.
func (c Cleanup) Stop() {
	if c.id != 0 {
		rustStopCleanup(unsafe.Pointer(c.ptr), c.id)
	}
}

// finalizersStarted says whether there is a goroutine for finalizers.
var finalizersStarted atomic.Uint32

// cleanupsExecuted and finalizersExecuted count what has run.
var cleanupsExecuted, finalizersExecuted atomic.Uint64

func startFinalizers() {
	if finalizersStarted.Load() != 0 || !finalizersStarted.CompareAndSwap(0, 1) {
		return
	}
	bubble := rustBubbleSet(nil) // it belongs to nobody's bubble
	go runFinalizers()
	rustBubbleSet(bubble)
}

// runFinalizers calls what has become due, one after the other.
func runFinalizers() {
	rustSetSystemGoroutine()
	for {
		closure, arg := rustNextFinalizer()
		if closure == nil {
			continue
		}
		if arg == nil {
			(*(*func())(unsafe.Pointer(&closure)))()
			cleanupsExecuted.Add(1)
		} else {
			(*(*func(unsafe.Pointer))(unsafe.Pointer(&closure)))(arg)
			finalizersExecuted.Add(1)
		}
	}
}

// blockUntilEmptyCleanupQueue waits until everything that was due has run; false means that the time was too short.
func blockUntilEmptyCleanupQueue(timeout int64) bool {
	start := nanotime()
	for finalizersStarted.Load() != 0 && rustFinalizersPending() != 0 {
		if nanotime()-start >= timeout {
			return false
		}
		Gosched()
	}
	return true
}

// The tests of package sync wait for cleanups.
//
//go:linkname sync_blockUntilEmptyCleanupQueue sync_test.runtime_blockUntilEmptyCleanupQueue
func sync_blockUntilEmptyCleanupQueue(timeout int64) bool { return blockUntilEmptyCleanupQueue(timeout) }

// And so do those of package unique.
//
//go:linkname unique_blockUntilEmptyCleanupQueue unique.runtime_blockUntilEmptyCleanupQueue
func unique_blockUntilEmptyCleanupQueue(timeout int64) bool { return blockUntilEmptyCleanupQueue(timeout) }

// ---- weak pointers -----------------------------------------------------------------------------------------------

// immortal holds the weak handles of what is not in the heap.
var immortal struct {
	lock     mutex
	byObject map[unsafe.Pointer]*unsafe.Pointer
	objects  map[unsafe.Pointer]unsafe.Pointer // by handle
}

//go:linkname weak_registerWeakPointer weak.runtime_registerWeakPointer
func weak_registerWeakPointer(p unsafe.Pointer) unsafe.Pointer {
	if handle := rustWeakRegister(p); handle != nil {
		return handle
	}
	lock(&immortal.lock)
	handle, ok := immortal.byObject[p]
	if !ok {
		if immortal.byObject == nil {
			immortal.byObject = make(map[unsafe.Pointer]*unsafe.Pointer)
			immortal.objects = make(map[unsafe.Pointer]unsafe.Pointer)
		}
		handle = new(unsafe.Pointer)
		immortal.byObject[p] = handle
		immortal.objects[unsafe.Pointer(handle)] = p
	}
	unlock(&immortal.lock)
	return unsafe.Pointer(handle)
}

//go:linkname weak_makeStrongFromWeak weak.runtime_makeStrongFromWeak
func weak_makeStrongFromWeak(handle unsafe.Pointer) unsafe.Pointer {
	if handle == nil {
		return nil
	}
	if p := rustWeakStrong(handle); p != nil {
		return p
	}
	lock(&immortal.lock)
	p := immortal.objects[handle]
	unlock(&immortal.lock)
	return p
}

// ---- pinning -----------------------------------------------------------------------------------------------------

// A Pinner keeps objects alive and in place. Nothing moves in this heap, so it only has to refer to them.
type Pinner struct {
	*pinned
}

type pinned struct {
	refs []unsafe.Pointer
}

// Pin pins what pointer points to until Unpin.
func (p *Pinner) Pin(pointer any) {
	e := efaceOf(&pointer)
	if e._type == nil {
		panic(errorString("runtime.Pinner: argument is nil"))
	}
	if kind := e._type.Kind(); kind != abi.Pointer && kind != abi.UnsafePointer {
		panic(errorString("runtime.Pinner: argument is not a pointer: " + toRType(e._type).string()))
	}
	if p.pinned == nil {
		p.pinned = new(pinned)
		SetFinalizer(p.pinned, func(forgotten *pinned) {
			if len(forgotten.refs) != 0 {
				panic(errorString("runtime.Pinner: found leaking pinned pointer; forgot to call Unpin?"))
			}
		})
	}
	p.refs = append(p.refs, e.data)
}

// Unpin unpins everything.
func (p *Pinner) Unpin() {
	if p.pinned != nil {
		clear(p.refs)
		p.refs = p.refs[:0]
	}
}
