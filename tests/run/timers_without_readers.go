// A timer whose channel nobody waits for is garbage when nobody can look at the channel any more, and late looks see the
// moment at which it was due.
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

func main() {
	forgotten()
	late()
	shared()
	selected()
}

// forgotten makes timers of an hour and forgets them.
func forgotten() {
	const n = 100
	var dead atomic.Int32
	for range n {
		keep := new([16]int)
		runtime.AddCleanup(keep, func(dead *atomic.Int32) { dead.Add(1) }, &dead)
		ticker := time.NewTicker(time.Hour)
		runtime.AddCleanup(ticker, func(keep *[16]int) { keep[0]++ }, keep)
	}
	// The ticker first, then what its cleanup holds.
	for range 100 {
		runtime.GC()
		if dead.Load() > n/2 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Println("forgotten:", dead.Load() > n/2)
}

// late looks at timers after they were due.
func late() {
	start := time.Now()
	timer := time.NewTimer(5 * time.Millisecond)
	ticker := time.NewTicker(4 * time.Millisecond)
	time.Sleep(30 * time.Millisecond)
	at := (<-timer.C).Sub(start)
	fmt.Println("due:", at >= 5*time.Millisecond && at < 25*time.Millisecond, timer.Stop())
	first := <-ticker.C
	second := <-ticker.C
	fmt.Println("in order:", first.Sub(start) >= 4*time.Millisecond, second.After(first))
	ticker.Stop()
	select {
	case <-ticker.C:
		fmt.Println("stopped, but ticks")
	default:
	}
	fmt.Println("armed:", timer.Reset(time.Nanosecond))
	time.Sleep(time.Millisecond)
	fmt.Println("due, not read:", timer.Stop())
}

// shared has several goroutines wait for one ticker.
func shared() {
	ticker := time.NewTicker(time.Millisecond)
	done := make(chan bool)
	for range 4 {
		go func() {
			for range 5 {
				<-ticker.C
			}
			done <- true
		}()
	}
	for range 4 {
		<-done
	}
	ticker.Reset(time.Hour)
	select {
	case <-ticker.C:
		fmt.Println("an hour has passed")
	case <-time.After(3 * time.Millisecond):
		fmt.Println("shared")
	}
}

// selected stops and starts a timer that a select waits for.
func selected() {
	timer := time.NewTimer(time.Hour)
	quit := make(chan int)
	fired := make(chan string)
	go func() {
		select {
		case <-timer.C:
			fired <- "timer"
		case <-quit:
			fired <- "quit"
		}
	}()
	time.Sleep(time.Millisecond)
	fmt.Println("was armed:", timer.Stop())
	timer.Reset(time.Millisecond)
	fmt.Println(<-fired)
}
