// A traceback knows functions by their symbols: those that package runtime defines for others, and init functions by
// number.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

type tool struct{}

func (tool) init() { panic("broken") }

func init() { fmt.Println("first") }

func init() {
	defer func() {
		recover()
		show("init")
	}()
	tool{}.init()
}

// names are those of the functions in a traceback, but for the caller's.
func show(what string) {
	buf := make([]byte, 1<<16)
	for _, one := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if !strings.Contains(one, what) {
			continue
		}
		for _, line := range strings.Split(one, "\n") {
			name, _, ok := strings.Cut(line, "(")
			if strings.HasPrefix(line, "main.") && strings.Contains(line, "tool") {
				name, ok = "main.tool.init", true
			}
			if ok && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "created by") && name != "panic" {
				fmt.Println(what, name)
			}
		}
	}
}

func main() {
	go func() { time.Sleep(time.Hour) }()
	var mu sync.Mutex
	mu.Lock()
	go mu.Lock()
	go func() {
		var cond = sync.NewCond(new(sync.Mutex))
		cond.L.Lock()
		cond.Wait()
	}()
	time.Sleep(50 * time.Millisecond)
	show("[sleep]")
	show("[sync.Mutex.Lock]")
	show("[sync.Cond.Wait]")
}
