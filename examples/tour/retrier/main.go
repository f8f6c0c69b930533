// Retrier: a call repeated while its error is temporary, with pauses that double and a limit.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrTemporary marks errors after which it makes sense to try again.
var ErrTemporary = errors.New("temporary")

// Retrier says how often, and how long to wait in between.
type Retrier struct {
	Attempts   int
	Base, Most time.Duration
	Sleep      func(context.Context, time.Duration) error
}

// Do calls f until it succeeds, fails for good, the attempts are used up or ctx is done.
func (r Retrier) Do(ctx context.Context, f func(attempt int) error) error {
	pause := r.Base
	var err error
	for attempt := range r.Attempts {
		if err = f(attempt + 1); err == nil || !errors.Is(err, ErrTemporary) {
			return err
		}
		if attempt+1 == r.Attempts {
			break
		}
		if stopped := r.Sleep(ctx, pause); stopped != nil {
			return errors.Join(stopped, err)
		}
		pause = min(2*pause, r.Most)
	}
	return fmt.Errorf("after %d attempts: %w", r.Attempts, err)
}

func sleep(ctx context.Context, d time.Duration) error {
	fmt.Println("  pause", d)
	select {
	case <-time.After(d / 1000): // this is a tour: a thousand times faster
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func main() {
	r := Retrier{Attempts: 5, Base: 100 * time.Millisecond, Most: 500 * time.Millisecond, Sleep: sleep}
	ctx, cancel := context.WithCancel(context.Background())

	fmt.Println("succeeds at the third attempt:")
	fmt.Println(r.Do(ctx, func(attempt int) error {
		if attempt < 3 {
			return fmt.Errorf("busy: %w", ErrTemporary)
		}
		return nil
	}))
	fmt.Println("fails for good:")
	fmt.Println(r.Do(ctx, func(int) error { return errors.New("no such user") }))
	fmt.Println("never succeeds:")
	fmt.Println(r.Do(ctx, func(int) error { return fmt.Errorf("down: %w", ErrTemporary) }))
	fmt.Println("is cancelled:")
	err := r.Do(ctx, func(int) error { cancel(); return ErrTemporary })
	fmt.Println(errors.Is(err, context.Canceled), errors.Is(err, ErrTemporary))
}
