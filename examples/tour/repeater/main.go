// Repeater: a function called at intervals until its context ends, without overlapping calls.
package main

import (
	"context"
	"fmt"
	"time"
)

// Ticker is the part of time that a repeater needs, so that tests can turn the clock.
type Ticker interface {
	Ticks() <-chan time.Time
	Stop()
}

type clock struct{ *time.Ticker }

func (c clock) Ticks() <-chan time.Time { return c.C }

// Repeat calls f at each tick until ctx is done or f fails. A tick that comes while f runs is not made up for.
func Repeat(ctx context.Context, ticker Ticker, f func(context.Context) error) error {
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.Ticks():
			if err := f(ctx); err != nil {
				return err
			}
		}
	}
}

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	n := 0
	err := Repeat(ctx, clock{time.NewTicker(time.Millisecond)}, func(context.Context) error {
		n++
		fmt.Println("call", n)
		if n == 3 {
			cancel(fmt.Errorf("three are enough"))
		}
		return nil
	})
	fmt.Println("ended:", err)

	err = Repeat(context.Background(), clock{time.NewTicker(time.Millisecond)}, func(context.Context) error {
		return fmt.Errorf("broken")
	})
	fmt.Println("ended:", err)

	ctx, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer stop()
	fmt.Println("ended:", Repeat(ctx, clock{time.NewTicker(time.Hour)}, nil))
}
