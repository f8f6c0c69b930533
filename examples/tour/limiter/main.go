// Rate limiter: a bucket of tokens that fills at a steady rate and bounds bursts.
package main

import (
	"fmt"
	"sync"
	"time"
)

// Limiter lets n calls through at once, and one more per interval.
type Limiter struct {
	interval time.Duration
	burst    int

	mu     sync.Mutex
	tokens int
	last   time.Time
}

// NewLimiter makes a full bucket.
func NewLimiter(interval time.Duration, burst int, now time.Time) *Limiter {
	return &Limiter{interval: interval, burst: burst, tokens: burst, last: now}
}

// Allow takes a token if there is one.
func (l *Limiter) Allow(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if filled := int(now.Sub(l.last) / l.interval); filled > 0 {
		l.tokens = min(l.tokens+filled, l.burst)
		l.last = l.last.Add(time.Duration(filled) * l.interval)
	}
	if l.tokens == 0 {
		return false
	}
	l.tokens--
	return true
}

func main() {
	start := time.Unix(0, 0)
	l := NewLimiter(100*time.Millisecond, 3, start)
	for _, at := range []time.Duration{0, 0, 0, 0, 50, 100, 110, 320, 330, 340, 5000} {
		now := start.Add(at * time.Millisecond)
		fmt.Printf("%5v %v\n", at*time.Millisecond, l.Allow(now))
	}

	// A thousand goroutines at the same moment get exactly the burst.
	l = NewLimiter(time.Hour, 10, start)
	var allowed int
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			if l.Allow(start) {
				mu.Lock()
				allowed++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	fmt.Println("of 1000 at once:", allowed)
}
