// What was made in a bubble may not be used outside of it.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		misuse(os.Args[1])
	}
	for _, use := range []string{"send", "receive", "select", "close", "stop", "reset"} {
		var stderr strings.Builder
		cmd := exec.Command(os.Args[0], use)
		cmd.Stderr = &stderr
		err := cmd.Run()
		first, _, _ := strings.Cut(stderr.String(), "\n")
		fmt.Println(first, err)
	}
}

// leaked is what a bubble gives away.
type leaked struct {
	ch    chan int
	timer *time.Timer
}

func misuse(use string) {
	var got leaked
	testing.Main(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{
		{Name: "Leak", F: func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got = leaked{make(chan int, 1), time.NewTimer(time.Hour)}
			})
			uses[use](got)
		}},
	}, nil, nil)
}

var uses = map[string]func(leaked){
	"send":    func(l leaked) { l.ch <- 1 },
	"receive": func(l leaked) { <-l.timer.C },
	"select": func(l leaked) {
		select {
		case <-l.timer.C:
		case l.ch <- 1:
		}
	},
	"close": func(l leaked) { close(l.ch) },
	"stop":  func(l leaked) { l.timer.Stop() },
	"reset": func(l leaked) { l.timer.Reset(1) },
}
