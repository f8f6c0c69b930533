// A signal that nobody asked for and that has no meaning for Go is caught and dropped; and who stops listening has been
// told of all that came before.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// raise sends a signal to this thread: it has been handled when the call returns.
func raise(sig syscall.Signal) {
	syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(syscall.Gettid()), uintptr(sig))
}

func main() {
	runtime.LockOSThread()
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGVTALRM} {
		raise(sig)
		fmt.Println("survived", sig)
	}
	for range 100 {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		raise(syscall.SIGUSR1)
		signal.Stop(c)
		select {
		case <-c:
		default:
			fmt.Println("lost")
		}
		raise(syscall.SIGUSR1)
	}
	fmt.Println("done")
}
