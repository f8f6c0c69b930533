// A timer of a bubble that nothing but the bubble's clock knows survives collections.
package main

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func main() {
	testing.Main(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{
		{Name: "Collect", F: func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				for i := range 100 {
					time.AfterFunc(time.Duration(i)*time.Second, func() { n++ })
				}
				for range 3 {
					runtime.GC()
					for range 1000 {
						sink = new([10]int)
					}
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				fmt.Println(n)
			})
		}},
	}, nil, nil)
}

var sink *[10]int
