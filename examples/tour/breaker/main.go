// Circuit breaker: after failures in a row calls are refused at once, until one probe succeeds.
package main

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// State of a breaker.
type State string

// closed --(failures)--> open --(time)--> half-open --(success)--> closed, or --(failure)--> open.
const (
	Closed   State = "closed"
	Open     State = "open"
	HalfOpen State = "half-open"
)

// ErrOpen is the answer to calls that are not made.
var ErrOpen = errors.New("circuit is open")

// Breaker guards calls to something that may be down.
type Breaker struct {
	Failures int           // in a row that open it
	Pause    time.Duration // until a probe is let through
	Now      func() time.Time

	mu     sync.Mutex
	state  State
	failed int
	since  time.Time
}

// Do calls f, or refuses.
func (b *Breaker) Do(f func() error) error {
	if err := b.enter(); err != nil {
		return err
	}
	err := f()
	b.leave(err)
	return err
}

func (b *Breaker) enter() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case Open:
		if b.Now().Sub(b.since) < b.Pause {
			return ErrOpen
		}
		b.state = HalfOpen // this caller is the probe
	case HalfOpen:
		return ErrOpen
	}
	return nil
}

func (b *Breaker) leave(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.state, b.failed = Closed, 0
		return
	}
	b.failed++
	if b.state == HalfOpen || b.failed >= b.Failures {
		b.state, b.since = Open, b.Now()
	}
}

func main() {
	now := time.Unix(0, 0)
	b := &Breaker{Failures: 3, Pause: time.Second, Now: func() time.Time { return now }, state: Closed}
	up := false
	calls := 0
	call := func() {
		err := b.Do(func() error {
			calls++
			if !up {
				return errors.New("down")
			}
			return nil
		})
		fmt.Printf("%4v  %-15v  %s\n", now.Sub(time.Unix(0, 0)), err, b.state)
	}
	for range 4 {
		call()
	}
	now = now.Add(time.Second)
	call()
	call()
	up = true
	now = now.Add(time.Second)
	call()
	call()
	fmt.Println("calls made:", calls, "of 8")
}
