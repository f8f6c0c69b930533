// System calls: one that blocks loses its processor to others, and its thread waits alone.
// env: GOMAXPROCS=1
package main

import (
	"fmt"
	"groundhog/inspect"
	"runtime"
	"syscall"
	"time"
)

func main() {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil { // blocking descriptors: not for the poller
		fmt.Println(err)
		return
	}
	ids := make(chan uint64, 1)
	returned := make(chan string)
	inspect.Record(true)
	go func() {
		ids <- inspect.Self().ID
		var b [5]byte
		n, _ := syscall.Read(pipe[0], b[:])
		returned <- string(b[:n])
	}()
	id := <-ids
	for range 100 {
		runtime.Gosched()
		if g, _ := inspect.Find(id); g.State == "syscall" {
			break
		}
		time.Sleep(time.Millisecond)
	}
	g, _ := inspect.Find(id)
	fmt.Println("the reader is in state:", g.State)

	// There is one processor, and the reader's thread is stuck in the kernel: others run all the same.
	n := 0
	for range 100 {
		done := make(chan bool)
		go func() { n++; done <- true }()
		<-done
	}
	fmt.Println("goroutines that ran meanwhile:", n, "- threads more than processors:", inspect.Schedule().Threads > inspect.Schedule().Processors)

	syscall.Write(pipe[1], []byte("hello"))
	fmt.Println("it read:", <-returned)
	inspect.Record(false)
	returns := 0
	for _, event := range inspect.Events() {
		if event.G == id && event.Kind == inspect.SyscallExit {
			returns++
		}
	}
	fmt.Println("its return is in the record:", returns > 0)
}
