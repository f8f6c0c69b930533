//! Ranked locks, parking, the atomics facade and queues.
