//! Threads, memory, futex, clocks, signals, epoll and the assembly.
