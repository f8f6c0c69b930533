//! The runtime image: the static executable that every Go program begins with.
//!
//! Built by `link`'s build script with `--cfg rt_image`; without it (an ordinary workspace build) this is an empty
//! program, so that the workspace checks.
#![cfg_attr(rt_image, no_std, no_main)]

#[cfg(rt_image)]
mod image {
    use core::{arch::global_asm, fmt::Write, panic::PanicInfo};
    use rt_sys::{alloc::SystemAlloc, io};

    #[global_allocator]
    static ALLOC: SystemAlloc = SystemAlloc::new();

    global_asm!(
        ".globl _start",
        "_start:",
        "xor ebp, ebp",
        "mov rdi, rsp",
        "and rsp, -16",
        "call {main}",
        "hlt",
        main = sym main,
    );

    unsafe extern "C" fn main(sp: *const usize) -> ! {
        // SAFETY: called by `_start` with the initial stack pointer.
        unsafe { rt::main(sp) }
    }

    struct Stderr;

    impl Write for Stderr {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            io::write_all(io::STDERR, text.as_bytes());
            Ok(())
        }
    }

    /// A broken invariant of the runtime: says so in Go's way, and ends the process.
    #[panic_handler]
    fn panic(info: &PanicInfo<'_>) -> ! {
        let _ = writeln!(Stderr, "fatal error: runtime: {}", info.message());
        if let Some(location) = info.location() {
            let _ = writeln!(Stderr, "\t{location}");
        }
        io::exit(2)
    }
}

#[cfg(not(rt_image))]
fn main() {}
