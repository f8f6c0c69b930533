//! The table of the runtime's functions: the one list from which declarations, trampolines and effects are made.
//!
//! **Kinds.** `asm`: hand-written, runs on the goroutine's stack, clobbers only caller-saved registers. `leaf`,
//! `may_gc`, `may_park`, `noreturn`: Rust on the system stack behind a trampoline, with the effect of that name.
//! `cold`: the same as `may_park` but preserves all registers and answers in `G.ret`; `cold_leaf`: `leaf` that
//! preserves all registers. `asm_noreturn`: hand-written, does not return.
//!
//! A `may_park` or `cold` implementation returns a verdict (`rt`'s `Verdict`) and puts its results into `G.ret`; the
//! others return one result in rax or xmm0, two as a pair.

/// Calls the macro `$then` with the whole table.
#[macro_export]
macro_rules! runtime_functions {
    ($then:ident) => {
        $then! {
            // ---- Stack and control -------------------------------------------------------------------------------
            /// A safe point in a call-free loop.
            cold poll();
            /// Continues a deferring wrapper at its handler: `rec` is its `DeferFrame`.
            asm_noreturn resume_handler(rec: ptr);
            /// Makes room for `n` bytes (16-aligned) on the side stack when the chunk is full: `ret[0]` is the address;
            /// `G.side_ptr` is already behind it.
            cold side_grow(n: int);
            /// The exit of a frame that starts a side stack chunk: goes back to the chunk before it.
            cold_leaf side_release(p: ptr);
            /// `r15`: the goroutine's head.
            asm getg() -> (ptr);
            /// The caller's frame pointer as `stack_hi - fp`, `skip` frames up (0: the caller of `frame_offset`).
            asm frame_offset(skip: int) -> (int);

            // ---- Memory (assembly) -------------------------------------------------------------------------------
            /// Copies `n` bytes; the ranges may overlap. Each aligned word is copied by one store.
            asm memmove(dst: ptr, src: ptr, n: int);
            /// Zeroes `n` bytes.
            asm memclr(dst: ptr, n: int);
            /// Whether two ranges of `n` bytes are equal.
            asm memequal(p: ptr, q: ptr, n: int) -> (int);
            /// Compares two strings: -1, 0, 1.
            asm cmpstring(p: ptr, p_len: int, q: ptr, q_len: int) -> (int);
            /// Index of byte `c` in `n` bytes, or -1.
            asm index_byte(p: ptr, n: int, c: int) -> (int);
            /// Number of bytes equal to `c`.
            asm count_byte(p: ptr, n: int, c: int) -> (int);
            /// Index of the `m` bytes at `q` in the `n` bytes at `p`, or -1; `m` is at least 2.
            asm index(p: ptr, n: int, q: ptr, m: int) -> (int);
            /// `cpuid`: eax, ebx, ecx, edx.
            asm cpuid(leaf: int, sub: int) -> (int, int, int, int);
            /// `xgetbv(0)`: eax, edx.
            asm xgetbv() -> (int, int);
            /// Fused multiply-add, rounded once.
            leaf fma(x: f64, y: f64, z: f64) -> (f64);

            // ---- Vectors of words (assembly) ---------------------------------------------------------------------
            /// `z = x + y`, of `n` words: the carry.
            asm add_vv(z: ptr, x: ptr, y: ptr, n: int) -> (int);
            /// `z = x - y`: the borrow.
            asm sub_vv(z: ptr, x: ptr, y: ptr, n: int) -> (int);
            /// `z = x << s` for `n >= 1`, `1 <= s <= 63`: the bits that were shifted out.
            asm shl_vu(z: ptr, x: ptr, n: int, s: int) -> (int);
            /// `z = x >> s`, as `shl_vu`.
            asm shr_vu(z: ptr, x: ptr, n: int, s: int) -> (int);
            /// `z = x * m + a`: the carry.
            asm mul_add_vww(z: ptr, x: ptr, n: int, m: int, a: int) -> (int);
            /// `z = x + y * m + a`: the carry.
            asm add_mul_vvww(z: ptr, x: ptr, y: ptr, n: int, m: int, a: int) -> (int);

            // ---- Allocation and typed memory ---------------------------------------------------------------------
            /// A zeroed object of `typ`.
            may_gc new_object(typ: ptr) -> (ptr);
            /// A zeroed array of `n` elements; the size has been checked.
            may_gc new_array(typ: ptr, n: int) -> (ptr);
            /// `size` bytes of elements of `typ` (null: no pointers), zeroed when asked or when they have pointers.
            may_gc malloc(size: int, typ: ptr, zeroed: int) -> (ptr);
            /// The slow path of inline allocation (see `heap`): `ret[0]` is a zeroed object of the kind at offset `kind`.
            cold alloc(kind: int);
            /// Like `new_object`, preserving all registers: `ret[0]`.
            cold new_object_cold(typ: ptr);
            /// The capacity in bytes that an allocation of `size` bytes really has.
            leaf round_size(size: int, has_pointers: int) -> (int);
            /// Empties the full write barrier buffer (see `heap`).
            cold_leaf wb_flush();
            /// Copies a value of `typ` with barriers.
            asm typed_memmove(typ: ptr, dst: ptr, src: ptr);
            /// As `typed_memmove`, while marking is on.
            leaf typed_memmove_marking(typ: ptr, dst: ptr, src: ptr);
            /// Zeroes a value of `typ` with barriers.
            asm typed_memclr(typ: ptr, dst: ptr);
            /// As `typed_memclr`, while marking is on.
            leaf typed_memclr_marking(typ: ptr, dst: ptr);
            /// Copies `n_bytes` of elements of `typ` with barriers; the ranges may overlap.
            asm typed_slice_move(typ: ptr, dst: ptr, src: ptr, n_bytes: int);
            /// As `typed_slice_move`, while marking is on.
            leaf typed_slice_move_marking(typ: ptr, dst: ptr, src: ptr, n_bytes: int);
            /// Zeroes `n_bytes` of elements of `typ` with barriers.
            asm typed_slice_clear(typ: ptr, dst: ptr, n_bytes: int);
            /// As `typed_slice_clear`, while marking is on.
            leaf typed_slice_clear_marking(typ: ptr, dst: ptr, n_bytes: int);
            /// Barriers for a copy of `n_bytes` within one value of `typ`, from byte `off` of it (src 0: a clear).
            leaf bulk_barrier(typ: ptr, dst: ptr, src: ptr, off: int, n_bytes: int);

            // ---- The collector -----------------------------------------------------------------------------------
            /// A complete collection.
            may_park gc(has_emptied_pools: int);
            /// Sets GOGC, answers the old value.
            may_park set_gc_percent(percent: int) -> (int);
            /// Sets GOMEMLIMIT (negative: only asks), answers the old value.
            may_park set_memory_limit(limit: int) -> (int);
            /// Collects and gives as much as possible back to the system.
            may_park free_os_memory(has_emptied_pools: int);
            /// Fills the overlay's statistics record (`rt-heap`'s `MemStats`).
            may_park read_memstats(out: ptr);
            /// Fills up to `n` words of pauses and ends; answers how many.
            leaf read_gc_stats(out: ptr, n: int) -> (int);
            /// Attaches a finalizer: closure `func(ptr)`; a null closure removes. Answers a status of the overlay.
            may_gc set_finalizer(obj: ptr, closure: ptr, kind: int) -> (int);
            /// Attaches a cleanup closure; answers its id.
            may_gc add_cleanup(obj: ptr, closure: ptr) -> (int);
            /// Detaches a cleanup.
            leaf stop_cleanup(obj: ptr, id: int);
            /// Waits for due finalizers and cleanups: answers the next closure and its argument.
            may_park next_finalizer() -> (ptr, ptr);
            /// Number of due finalizers not yet run.
            leaf finalizers_pending() -> (int);
            /// Handle for weak pointers to `obj`.
            may_gc weak_register(obj: ptr) -> (ptr);
            /// The object behind a weak handle, or null.
            may_gc weak_strong(handle: ptr) -> (ptr);
            /// Base, size and pointer-freeness of the heap object around `p`; base 0 when there is none.
            leaf find_object(p: ptr) -> (ptr, int, int);
            /// Whether the collector takes the word at `p` in a heap object for a pointer.
            leaf may_hold_pointer(p: ptr) -> (int);
            /// Registers the func value that clears `sync.Pool`s; it runs as a goroutine after each cycle.
            leaf register_pool_cleanup(closure: ptr);
            /// Stops the world; the caller goes on alone, and neither allocates nor blocks until it starts it again.
            may_gc stop_world();
            /// Starts the world again.
            may_gc start_world();
            /// Counter of completed collections.
            leaf gc_cycles() -> (int);

            // ---- Goroutines --------------------------------------------------------------------------------------
            /// Starts a goroutine that calls `closure`; `pc` is the `go` statement.
            may_gc newproc(closure: ptr, pc: ptr);
            /// Ends the current goroutine.
            noreturn goexit();
            /// Lets others run.
            may_park gosched();
            /// Parks for `WaitReason` `reason` until `ready`.
            may_park park(reason: int);
            /// Makes a parked goroutine runnable.
            leaf ready(g: ptr);
            /// `runtime.GOMAXPROCS`.
            may_park gomaxprocs(n: int) -> (int);
            /// Goroutines that exist, system ones not counted.
            leaf num_goroutine() -> (int);
            /// Writes how many goroutines are in system calls, runnable, running and waiting, and how many were created.
            leaf sched_counts(out: ptr);
            /// Processors that the process may use.
            leaf num_cpu() -> (int);
            /// Threads ever created.
            leaf num_threads() -> (int);
            /// `runtime.LockOSThread`.
            leaf lock_os_thread();
            /// `runtime.UnlockOSThread`.
            leaf unlock_os_thread();
            /// Suppresses preemption; answers the processor's number.
            leaf proc_pin() -> (int);
            /// Allows preemption again.
            leaf proc_unpin();
            /// Whether spinning for a mutex makes sense, at iteration `i`.
            leaf can_spin(i: int) -> (int);
            /// Spins a little.
            asm do_spin();
            /// Marks the goroutine as the runtime's own: not counted, not in deadlock detection.
            leaf set_system_goroutine();
            /// A thread's system call begins: the processor may be taken away.
            may_gc entersyscall();
            /// It ended; waits for a processor.
            may_park exitsyscall();
            /// Raw system call: result 1, result 2, errno.
            asm syscall6(num: int, a1: int, a2: int, a3: int, a4: int, a5: int, a6: int) -> (int, int, int);
            /// `clone` with CLONE_VFORK: r1, errno.
            asm vfork_syscall(num: int, a1: int, a2: int, a3: int) -> (int, int);
            /// Blocks signals and makes room on the stack for code that must not be interrupted.
            may_park before_fork();
            /// In the parent, after the fork.
            leaf after_fork();
            /// In the child: default signal handlers, signals unblocked.
            leaf after_fork_in_child();
            /// No threads are created until `after_exec`.
            leaf before_exec();
            /// Pairs with `before_exec`.
            leaf after_exec();
            /// A system call on every thread: r1, r2, errno.
            may_park all_threads_syscall(args: ptr) -> (int, int, int);

            // ---- Channels and select -----------------------------------------------------------------------------
            /// A channel of channel type `typ` for `n` elements; the size has been checked.
            may_gc makechan(typ: ptr, n: int) -> (ptr);
            /// Sends `*elem`: a `ChanStatus`.
            may_park chansend(c: ptr, elem: ptr, block: int) -> (int);
            /// Receives into `*elem` (may be null): a `ChanStatus`.
            may_park chanrecv(c: ptr, elem: ptr, block: int) -> (int);
            /// Closes: 0, or 1 when it is closed already.
            may_park closechan(c: ptr) -> (int);
            /// `len(c)`; for timer channels always 0.
            leaf chanlen(c: ptr) -> (int);
            /// `cap(c)`; for timer channels 0.
            leaf chancap(c: ptr) -> (int);
            /// Select over `n_sends` then `n_recvs` `SelectCase`s; `order` is scratch of 2 u16 per case. Answers the
            /// index (-1: default) and a `SelectStatus`.
            may_park selectgo(cases: ptr, order: ptr, n_sends: int, n_recvs: int, block: int) -> (int, int);

            // ---- Semaphores --------------------------------------------------------------------------------------
            /// Waits until `*addr > 0` and takes one; `flags`: 1 = queue in front; `reason` is a `WaitReason`.
            may_park semacquire(addr: ptr, flags: int, reason: int);
            /// Gives one; `handoff` runs the waiter at once.
            may_park semrelease(addr: ptr, handoff: int);
            /// A ticket of a notify list.
            leaf notify_add(list: ptr) -> (int);
            /// Waits for the ticket's turn.
            may_park notify_wait(list: ptr, ticket: int);
            /// Wakes the waiter with the lowest ticket.
            may_park notify_one(list: ptr);
            /// Wakes all waiters.
            may_park notify_all(list: ptr);

            // ---- Time --------------------------------------------------------------------------------------------
            /// Monotonic nanoseconds (virtual in a bubble or a simulation).
            leaf nanotime() -> (int);
            /// Wall clock seconds, nanoseconds and the monotonic time that belongs to it.
            leaf time_now() -> (int, int, int);
            /// Sleeps.
            may_park sleep(ns: int);
            /// Arms the timer at `t` (runtime part of the overlay's timer object) for the first time; `kind` is a
            /// `TimerKind`, `arg` the closure or the channel.
            may_gc timer_init(t: ptr, kind: int, arg: ptr, when: int, period: int);
            /// Stops; whether it was armed.
            leaf timer_stop(t: ptr) -> (int);
            /// Arms anew; whether it was armed.
            may_gc timer_reset(t: ptr, when: int, period: int) -> (int);
            /// Tells the runtime what the times that channel timers send need: the address of `time.Local`'s location, and
            /// the moment that package `time` counts monotonic time from.
            leaf timer_set_origin(loc: ptr, start: int);

            // ---- Poller ------------------------------------------------------------------------------------------
            /// Registers a descriptor: its poll descriptor and an errno.
            leaf poll_open(fd: int) -> (ptr, int);
            /// Unregisters.
            leaf poll_close(pd: ptr);
            /// Prepares for a wait in mode 'r' or 'w': a `PollStatus`.
            leaf poll_reset(pd: ptr, mode: int) -> (int);
            /// Waits until ready: a `PollStatus`.
            may_park poll_wait(pd: ptr, mode: int) -> (int);
            /// Waits until ready, whatever the deadline says.
            may_park poll_wait_canceled(pd: ptr, mode: int);
            /// Sets deadlines: `mode` 'r', 'w' or the sum of both.
            leaf poll_set_deadline(pd: ptr, d: int, mode: int);
            /// Makes waiters return "closing".
            leaf poll_unblock(pd: ptr);
            /// Whether `fd` is the poller's own.
            leaf poll_is_descriptor(fd: int) -> (int);

            // ---- Random numbers ----------------------------------------------------------------------------------
            /// 64 random bits.
            leaf rand() -> (int);

            // ---- Coroutines, bubbles -----------------------------------------------------------------------------
            /// A coroutine that will run `closure`.
            may_gc coro_new(closure: ptr, pc: ptr) -> (ptr);
            /// Switches to the other side; `exits` when the current side ends. 1: switched wrongly.
            may_park coro_switch(c: ptr) -> (int);
            /// Ends the coroutine's goroutine and resumes the other side.
            may_park coro_exit(c: ptr);
            /// Starts a bubble around the current goroutine: 0, or 1 when it is in one.
            may_gc bubble_enter() -> (int);
            /// Waits for the bubble's other goroutines and advances its clock; 0 done, 1 deadlock. `returned` points to
            /// whether the first of them has returned.
            may_park bubble_run(returned: ptr) -> (int);
            /// Leaves the bubble.
            leaf bubble_leave();
            /// `synctest.Wait`: 0, 1 not in a bubble, 2 already waiting.
            may_park bubble_wait() -> (int);
            /// The current bubble, or null.
            leaf bubble_current() -> (ptr);
            /// Makes `b` the current bubble; answers the old one.
            leaf bubble_set(b: ptr) -> (ptr);
            /// Associates an object with the current bubble: 0 not bubbled, 1 associated, 2 another bubble's.
            leaf bubble_associate(p: ptr) -> (int);
            /// Removes the association.
            leaf bubble_disassociate(p: ptr);
            /// Whether an object belongs to a bubble.
            leaf bubble_is_associated(p: ptr) -> (int);
            /// Counts a reference that keeps the bubble from being idle.
            leaf bubble_acquire() -> (ptr);
            /// Gives the reference back.
            may_park bubble_release(b: ptr);

            // ---- Printing, fatal errors, exit --------------------------------------------------------------------
            /// `write(2)` for `print`, panics and godebug: bytes written or -errno.
            leaf write(fd: int, p: ptr, n: int) -> (int);
            /// Serialises output of one `print` statement (re-entrant).
            leaf print_lock();
            /// Pairs with `print_lock`; flushes.
            leaf print_unlock();
            /// Prints bytes.
            leaf print_string(p: ptr, n: int);
            /// Prints a signed number.
            leaf print_int(v: int);
            /// Prints an unsigned number.
            leaf print_uint(v: int);
            /// Prints `0x` and hexadecimal digits.
            leaf print_hex(v: int);
            /// `fatal error: ` and the text; for errors of the runtime: all goroutines' tracebacks, exit 2.
            noreturn throw(p: ptr, n: int);
            /// `fatal error: ` and the text; for errors of the user.
            noreturn fatal(p: ptr, n: int);
            /// The panic's text is printed: tracebacks as GOTRACEBACK says, exit 2.
            noreturn fatal_panic();
            /// Before the text of a fatal panic: 1 when this goroutine is the first and may print.
            may_park start_panic() -> (int);
            /// Ends the process.
            noreturn exit(code: int);
            /// A debugger trap.
            asm breakpoint();
            /// `debug.SetTraceback`.
            leaf set_traceback(p: ptr, n: int);
            /// `debug.SetCrashOutput`'s descriptor; answers the old one.
            leaf set_crash_fd(fd: int) -> (int);
            /// `debug.SetMaxStack`.
            leaf set_max_stack(n: int) -> (int);
            /// `debug.SetMaxThreads`.
            leaf set_max_threads(n: int) -> (int);

            // ---- Metadata and tracebacks -------------------------------------------------------------------------
            /// The `ProgramInfo`.
            leaf program_info() -> (ptr);
            /// Return addresses of the current goroutine, from `skip` frames up: how many were stored.
            leaf callers(skip: int, out: ptr, n: int) -> (int);
            /// A traceback as text (of all goroutines when `all`): bytes stored.
            may_park stack_text(out: ptr, n: int, all: int) -> (int);
            /// Return addresses of all goroutines for profiles: `ret[0]` records stored or needed.
            may_park goroutine_profile(out: ptr, n: int, labels: ptr) -> (int);
            /// Copies at most `n` records of a profile (0 memory, 1 block, 2 mutex); how many there are.
            leaf profile_read(kind: int, out: ptr, n: int) -> (int);
            /// Sets the rate of a profile (1 block, 2 mutex), if it is not negative; answers the old one.
            leaf profile_rate(kind: int, rate: int) -> (int);
            /// Copies a histogram of times for `runtime/metrics` (see `metrics::Times`).
            leaf metrics_times(what: int, out: ptr);
            /// Measures waits from now on; answers the nanoseconds of waits for locks.
            leaf metrics_measure() -> (int);
            /// Begins the profile of the processors, of `hz` ticks per second, into a ring of `n` samples; or ends it
            /// (0) and answers how many ticks found no place.
            leaf cpu_profile(hz: int, ring: ptr, n: int, system_pc: int) -> (int);

            // ---- Environment -------------------------------------------------------------------------------------
            /// `argc` and `argv`.
            leaf args() -> (int, ptr);
            /// `environ`.
            leaf environ() -> (ptr);
            /// The auxiliary vector.
            leaf auxv() -> (ptr);
            /// The physical page size.
            leaf page_size() -> (int);

            // ---- Signals -----------------------------------------------------------------------------------------
            /// The next signal for `os/signal`.
            may_park signal_recv() -> (int);
            /// `signal.Notify` wants this signal.
            leaf signal_enable(sig: int);
            /// Nobody wants this signal any more.
            leaf signal_disable(sig: int);
            /// `signal.Ignore`.
            leaf signal_ignore(sig: int);
            /// Whether it is ignored.
            leaf signal_ignored(sig: int) -> (int);
            /// Whether all signals that arrived have been delivered; lets others run when not.
            may_park signal_wait_idle() -> (int);
            /// Dies by SIGPIPE as a program without handlers would.
            leaf sigpipe();
            /// Sets (1) or lifts (0) the ignoring of SIGSYS.
            leaf ignore_sigsys(ignore: int);

            // ---- Observing ---------------------------------------------------------------------------------------
            /// Address and length of a copy of the event trace's records.
            leaf trace_read(out: ptr, n: int) -> (int);
            /// Turns the recording of events on or off; whether it was on.
            leaf trace_enable(on: int) -> (int);
            /// Fills a record about the goroutine with this number (0: the caller); 0 when there is none.
            leaf inspect_goroutine(id: int, out: ptr) -> (int);
            /// Fills a record about the scheduler and up to `n` lengths of run queues; how many processors there are.
            leaf inspect_scheduler(out: ptr, queues: ptr, n: int) -> (int);
            /// Fills a record about the heap object at an address; 0 when there is none.
            leaf inspect_object(addr: int, out: ptr) -> (int);
            /// Fills five words about the collector.
            leaf inspect_collector(out: ptr);
            /// A user event (`runtime/trace` regions and logs).
            leaf trace_user(kind: int, id: int, arg: int);
        }
    };
}
