// The process: arguments, environment, exit, and what os and syscall ask of the runtime.

package runtime

import (
	"internal/goarch"
	"unsafe"
)

// cstrings copies n strings from a C array; n < 0 means up to a null pointer.
func cstrings(array **byte, n int) []string {
	var list []string
	for i := 0; n < 0 || i < n; i++ {
		p := *(**byte)(add(unsafe.Pointer(array), uintptr(i)*goarch.PtrSize))
		if p == nil {
			break
		}
		list = append(list, gostring(p))
	}
	return list
}

//go:linkname os_runtime_args os.runtime_args
func os_runtime_args() []string {
	argc, argv := rustArgs()
	return cstrings(argv, argc)
}

//go:linkname syscall_runtime_envs syscall.runtime_envs
func syscall_runtime_envs() []string { return cstrings(rustEnviron(), -1) }

// getenv returns an environment variable as it was when the program started.
func getenv(name string) string {
	env := rustEnviron()
	for i := uintptr(0); ; i++ {
		p := *(**byte)(add(unsafe.Pointer(env), i*goarch.PtrSize))
		if p == nil {
			return ""
		}
		s := gostringnocopy(p)
		if len(s) > len(name) && s[len(name)] == '=' && s[:len(name)] == name {
			return gostring(p)[len(name)+1:]
		}
	}
}

// getAuxv returns the auxiliary vector, for golang.org/x/sys/cpu.
func getAuxv() []uintptr {
	var list []uintptr
	for p := rustAuxv(); p[0] != 0; p = (*[2]uintptr)(add(unsafe.Pointer(p), unsafe.Sizeof(*p))) {
		list = append(list, p[0], p[1])
	}
	return list
}

//go:linkname os_beforeExit os.runtime_beforeExit
func os_beforeExit(exitCode int) { runExitHooks(exitCode) }

//go:linkname syscall_Exit syscall.Exit
func syscall_Exit(code int) { exit(code) }

//go:linkname syscall_Getpagesize syscall.Getpagesize
func syscall_Getpagesize() int { return rustPageSize() }

//go:linkname os_sigpipe os.sigpipe
func os_sigpipe() { rustSigpipe() }

//go:linkname os_ignoreSIGSYS os.ignoreSIGSYS
func os_ignoreSIGSYS() { rustIgnoreSigsys(true) }

//go:linkname os_restoreSIGSYS os.restoreSIGSYS
func os_restoreSIGSYS() { rustIgnoreSigsys(false) }

// write is the system call, as internal/godebug uses it.
func write(fd uintptr, p unsafe.Pointer, n int32) int32 { return int32(rustWrite(fd, p, int(n))) }

// ---- system calls ------------------------------------------------------------------------------------------------

const (
	sysFcntl        = 72
	sysGettimeofday = 96
	sysClockGettime = 228
)

// fcntl returns the result and 0, or -1 and the error number.
func fcntl(fd, cmd, arg int32) (ret int32, errno int32) {
	r, _, e := rustSyscall6(sysFcntl, uintptr(fd), uintptr(cmd), uintptr(arg), 0, 0, 0)
	if e != 0 {
		return -1, int32(e)
	}
	return int32(r), 0
}

// vgetrandom says that the kernel's shared page is not used for random bytes; the system call is.
func vgetrandom(p []byte, flags uint32) (ret int, supported bool) { return -1, false }

//go:linkname syscall_rawSyscallNoError syscall.rawSyscallNoError
func syscall_rawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr) {
	r1, r2, _ = rustSyscall6(trap, a1, a2, a3, 0, 0, 0)
	return r1, r2
}

//go:linkname syscall_gettimeofday syscall.gettimeofday
func syscall_gettimeofday(tv unsafe.Pointer) uintptr {
	_, _, errno := rustSyscall6(sysGettimeofday, uintptr(tv), 0, 0, 0, 0, 0)
	return errno
}

//go:linkname syscall_runtime_doAllThreadsSyscall syscall.runtime_doAllThreadsSyscall
func syscall_runtime_doAllThreadsSyscall(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	return rustAllThreadsSyscall(&[7]uintptr{trap, a1, a2, a3, a4, a5, a6})
}

//go:linkname syscall_cgocaller syscall.cgocaller
func syscall_cgocaller(fn unsafe.Pointer, args ...uintptr) uintptr {
	throw("a C function was called in a program without cgo")
	return 0
}

//go:linkname syscall_runtime_BeforeFork syscall.runtime_BeforeFork
func syscall_runtime_BeforeFork() { rustBeforeFork() }

//go:linkname syscall_runtime_AfterFork syscall.runtime_AfterFork
func syscall_runtime_AfterFork() { rustAfterFork() }

//go:linkname syscall_runtime_AfterForkInChild syscall.runtime_AfterForkInChild
func syscall_runtime_AfterForkInChild() { rustAfterForkInChild() }

//go:linkname syscall_runtime_BeforeExec syscall.runtime_BeforeExec
func syscall_runtime_BeforeExec() { rustBeforeExec() }

//go:linkname syscall_runtime_AfterExec syscall.runtime_AfterExec
func syscall_runtime_AfterExec() { rustAfterExec() }

// ---- signals -----------------------------------------------------------------------------------------------------

// signal_recv returns the next signal that somebody wants.
//
//go:linkname signal_recv os/signal.signal_recv
func signal_recv() uint32 {
	for {
		if sig := rustSignalRecv(); sig != 0 {
			return sig
		}
	}
}

//go:linkname signal_enable os/signal.signal_enable
func signal_enable(sig uint32) { rustSignalEnable(sig) }

//go:linkname signal_disable os/signal.signal_disable
func signal_disable(sig uint32) { rustSignalDisable(sig) }

//go:linkname signal_ignore os/signal.signal_ignore
func signal_ignore(sig uint32) { rustSignalIgnore(sig) }

//go:linkname signal_ignored os/signal.signal_ignored
func signal_ignored(sig uint32) bool { return rustSignalIgnored(sig) }

//go:linkname signalWaitUntilIdle os/signal.signalWaitUntilIdle
func signalWaitUntilIdle() {
	for !rustSignalWaitIdle() {
	}
}
