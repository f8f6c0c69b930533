// Inside of a bubble times have no monotonic part, timers that are due fire at once, and Wait is not a deadlock.
package main

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func main() {
	outside := time.Now()
	testing.Main(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{
		{Name: "Since", F: func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(outside.Round(0)))
				time.Sleep(time.Second)
				fmt.Println(time.Since(outside), time.Now().Sub(outside))
			})
		}},
		{Name: "Due", F: func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				select {
				case now := <-time.NewTimer(0).C:
					fmt.Println(now.Equal(time.Now()))
				default:
					fmt.Println("not readable")
				}
			})
		}},
		{Name: "Wait", F: func(t *testing.T) {
			for range 100 {
				synctest.Test(t, func(t *testing.T) {
					go func() {}()
					synctest.Wait()
				})
			}
		}},
	}, nil, nil)
}
