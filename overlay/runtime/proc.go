// The start of a program, goroutines, and fatal errors.

package runtime

import (
	"internal/runtime/exithook"
	"internal/runtime/maps"
	"unsafe"
)

//go:linkname main_main main.main
func main_main()

//go:linkname main_inits go:main.inits
func main_inits()

// main is the first goroutine: it initialises all packages and runs the user's main.
func main() {
	maps.AlgInit() // before the first map
	initItabs()
	exithook.Gosched = Gosched
	exithook.Goid = func() uint64 { return getg().goid }
	exithook.Throw = throw
	// As in every Go program, initialisers run on the first thread.
	rustLockOSThread()
	main_inits()
	rustUnlockOSThread()
	main_main()
	awaitPanics()
	runExitHooks(0)
	exit(0)
}

// newproc starts a goroutine.
//
//go:noinline
func newproc(fn func()) {
	if fn == nil {
		fatal("go of nil func value")
	}
	rustNewproc(fn, getcallerpc())
}

// throw ends the program because of a bug in the runtime.
func throw(s string) { rustThrow(unsafe.StringData(s), len(s)) }

// fatal ends the program because of a misuse that cannot be recovered from.
func fatal(s string) {
	if p := getg().panics; p != nil {
		printlock()
		printpanics(p)
		print("\t")
		printunlock()
	}
	rustFatal(unsafe.StringData(s), len(s))
}

// Reasons for waiting that the overlay names itself; abi::WaitReason.
const (
	waitReasonNone          = 0
	waitReasonSelectNoCases = 11
)

func runExitHooks(code int) { exithook.Run(code) }
