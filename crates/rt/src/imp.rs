//! The Rust side of the runtime function table: one name per row of [`abi::runtime_functions!`].

pub(crate) use crate::{
    bubble::{
        bubble_acquire, bubble_associate, bubble_current, bubble_disassociate, bubble_enter,
        bubble_is_associated, bubble_leave, bubble_release, bubble_run, bubble_set, bubble_wait,
    },
    chan::{chancap, chanlen, chanrecv, chansend, closechan, makechan, selectgo},
    clock::{nanotime, rand, time_now},
    coro::{coro_exit, coro_new, coro_switch},
    fatal::{exit, fatal, fatal_panic, set_traceback, start_panic, throw_entry as throw},
    float::fma,
    heap::{
        add_cleanup, bulk_barrier, finalizers_pending, find_object, free_os_memory, gc, gc_cycles, malloc,
        may_hold_pointer, new_array, new_object, new_object_cold, next_finalizer, read_gc_stats,
        read_memstats, register_pool_cleanup, round_size, set_finalizer, set_gc_percent, set_memory_limit,
        slow_alloc as alloc, stop_cleanup, typed_memclr_marking, typed_memmove_marking,
        typed_slice_clear_marking, typed_slice_move_marking, wb_flush, weak_register, weak_strong,
    },
    inspect::{inspect_collector, inspect_goroutine, inspect_object, inspect_scheduler, trace_enable},
    metadata::program_info,
    metrics::{metrics_measure, metrics_times},
    netpoll::{
        poll_close, poll_is_descriptor, poll_open, poll_reset, poll_set_deadline, poll_unblock, poll_wait,
        poll_wait_canceled,
    },
    print::{print_hex, print_int, print_lock, print_string, print_uint, print_unlock, set_crash_fd, write},
    profile::{cpu::cpu_profile, profile_rate, profile_read},
    sched::{
        after_exec, after_fork, after_fork_in_child, all_threads_syscall, before_exec, before_fork, can_spin,
        entersyscall, exitsyscall, goexit, gomaxprocs, gosched, lock_os_thread, newproc, num_cpu,
        num_goroutine, num_threads, park, proc_pin, proc_unpin, ready_entry as ready, sched_counts,
        set_max_threads, set_system_goroutine, start_world, stop_world, unlock_os_thread,
    },
    sema::{notify_add, notify_all, notify_one, notify_wait, semacquire, semrelease},
    signal::{
        ignore_sigsys, signal_disable, signal_enable, signal_ignore, signal_ignored, signal_recv,
        signal_wait_idle, sigpipe,
    },
    stack::{poll, set_max_stack, side_grow, side_release},
    start_config::{args, auxv, environ, page_size},
    timer::{sleep, timer_init, timer_reset, timer_set_origin, timer_stop},
    trace::{trace_read, trace_user},
    traceback::{callers, goroutine_profile, stack_text},
};
