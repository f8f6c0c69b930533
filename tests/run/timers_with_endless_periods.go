// The next time of a ticker with the longest of all periods is too far away to be reckoned.
package main

import (
	"fmt"
	"math"
	"time"
	_ "unsafe"
)

//go:linkname newTimer time.newTimer
func newTimer(when, period int64, f func(any, uintptr, int64), arg any, cp any) *time.Timer

//go:linkname nanotime runtime.nanotime
func nanotime() int64

func main() {
	fired := make(chan bool, 10)
	timer := newTimer(nanotime(), math.MaxInt64, func(any, uintptr, int64) { fired <- true }, nil, nil)
	<-fired
	<-time.After(20 * time.Millisecond)
	fmt.Println(len(fired), timer.Stop())
}
