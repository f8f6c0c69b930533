//! The runtime of a Go program: scheduler, stacks, channels, timers, poller, values, panics.
