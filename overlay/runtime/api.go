// The small functions of the exported API: what the program runs on, processors, threads, goroutines.

package runtime

import (
	"internal/goarch"
	"internal/goos"
	"unsafe"
)

// Compiler names the tool chain whose language and library this is: programs that ask want Go's answers.
const Compiler = "gc"

// GOOS is the operating system that the program was compiled for.
const GOOS string = goos.GOOS

// GOARCH is the architecture that the program was compiled for.
const GOARCH string = goarch.GOARCH

// Version returns the version of Go that the program was built with.
func Version() string { return rustProgramInfo().version.string() }

// GOROOT returns the root of the Go tree: the environment variable, or where the standard library was at build time.
func GOROOT() string {
	if s := getenv("GOROOT"); s != "" {
		return s
	}
	return rustProgramInfo().goroot.string()
}

// GOMAXPROCS sets how many processors execute Go code, unless n < 1, and returns the setting that was.
func GOMAXPROCS(n int) int { return rustGomaxprocs(max(n, 0)) }

// SetDefaultGOMAXPROCS makes GOMAXPROCS what the machine offers now.
func SetDefaultGOMAXPROCS() { rustGomaxprocs(rustNumCPU()) }

// NumCPU returns the number of processors that the process may use.
func NumCPU() int { return rustNumCPU() }

// NumCgoCall returns the number of cgo calls; there are none.
func NumCgoCall() int64 { return 0 }

// NumGoroutine returns the number of goroutines that exist.
func NumGoroutine() int { return rustNumGoroutine() }

// LockOSThread ties the goroutine to its thread until as many calls of UnlockOSThread.
func LockOSThread() { rustLockOSThread() }

// UnlockOSThread undoes one LockOSThread.
func UnlockOSThread() { rustUnlockOSThread() }

// Breakpoint traps into a debugger.
func Breakpoint() { rustBreakpoint() }

// GC runs a whole collection.
func GC() { rustGC(cleanPools()) }

// Stack writes the traceback of the calling goroutine, or of all, into buf and returns the number of bytes written.
//
//go:noinline
func Stack(buf []byte, all bool) int {
	if len(buf) == 0 {
		return 0
	}
	return rustStackText(&buf[0], len(buf), all)
}

// SetCgoTraceback is for programs with cgo. There are none, so nothing would ever call the functions.
func SetCgoTraceback(version int, traceback, context, symbolizer unsafe.Pointer) {
	if version != 0 {
		panic(plainError("unsupported version"))
	}
}

// noted holds the notes that were printed.
var (
	noted     map[string]bool
	notedLock mutex
)

// noteMissing tells the user, once, that something they asked for does not exist yet.
func noteMissing(what string) {
	lock(&notedLock)
	seen := noted[what]
	if !seen {
		if noted == nil {
			noted = make(map[string]bool)
		}
		noted[what] = true
	}
	unlock(&notedLock)
	if !seen {
		print("groundhog: ", what, "\n")
	}
}
