// not in: heap because it starts many processes, and each would collect hundreds of times
// What programs say when they die: each case runs in a process of its own, and its words up to the traceback are shown.
package main

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
)

type badError struct{}

func (badError) Error() string { panic("no text\nat all") }

type badStringer struct{}

func (badStringer) String() string { panic(badError{}) }

type word string

var cases = []struct {
	name string
	run  func()
}{
	{"panic in Error", func() { panic(badError{}) }},
	{"panic in String", func() { panic(badStringer{}) }},
	{"nil", func() { panic(nil) }},
	{"lines", func() { panic("one\n\ngoroutine 1 [running]:") }},
	{"custom", func() { panic(word("w")) }},
	{"same value again", func() {
		err := fmt.Errorf("err")
		defer func() { panic(err) }()
		panic(err)
	}},
	{"recovered and raised again", func() {
		defer func() { panic(recover()) }()
		panic("again")
	}},
	{"fatal in deferred call", func() {
		defer new(sync.Mutex).Unlock()
		panic("first")
	}},
	{"main returns while another panics", func() {
		started := make(chan bool)
		go func() {
			defer func() {
				close(started)
				runtime.Gosched()
			}()
			panic("other")
		}()
		<-started
	}},
	{"Goexit of main", func() { runtime.Goexit() }},
	{"negative counter", func() { new(sync.WaitGroup).Done() }},
	{"unlock", func() { new(sync.Mutex).Unlock() }},
	{"runlock", func() { new(sync.RWMutex).RUnlock() }},
	{"close of closed", func() {
		c := make(chan int)
		close(c)
		close(c)
	}},
	{"send on closed", func() {
		c := make(chan int, 1)
		close(c)
		select {
		case c <- 1:
		default:
		}
	}},
	{"stack", func() {
		debug.SetMaxStack(1 << 16)
		var f func(int) int
		f = func(n int) int { return f(n+1) + 1 }
		f(0)
	}},
	{"threads", func() {
		debug.SetMaxThreads(8)
		var all sync.WaitGroup
		for range 10 {
			all.Add(1)
			go func() {
				runtime.LockOSThread()
				all.Done()
				select {}
			}()
		}
		all.Wait()
	}},
	{"coroutine on another thread", func() {
		runtime.LockOSThread()
		next, _ := iter.Pull(func(yield func(int) bool) { yield(1) })
		runtime.UnlockOSThread()
		next()
	}},
}

func main() {
	if len(os.Args) > 1 {
		for _, c := range cases {
			if c.name == os.Args[1] {
				c.run()
			}
		}
		return
	}
	for _, c := range cases {
		var stderr bytes.Buffer
		cmd := exec.Command(os.Args[0], c.name)
		cmd.Stderr = &stderr
		err := cmd.Run()
		words, _, _ := strings.Cut(stderr.String(), "\n\n")
		fmt.Printf("%s: %v\n", c.name, err)
		for line := range strings.Lines(words + "\n") {
			if !strings.HasPrefix(line, "runtime: sp=") && !strings.HasPrefix(line, "coro: got thread") {
				fmt.Print("\t", line)
			}
		}
	}
}
