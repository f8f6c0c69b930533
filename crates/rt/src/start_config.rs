//! Environment and arguments: what the process was started with.

use core::{
    ptr,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
};
use rt_sys::{
    mem::OS_PAGE,
    start::{AT_PAGESZ, Vectors},
};

/// The initial vectors, written once at start; owned by this module.
static ARGC: AtomicUsize = AtomicUsize::new(0);
static ARGV: AtomicPtr<*const u8> = AtomicPtr::new(ptr::null_mut());
static ENVP: AtomicPtr<*const u8> = AtomicPtr::new(ptr::null_mut());
static AUXV: AtomicPtr<[usize; 2]> = AtomicPtr::new(ptr::null_mut());

/// Remembers the vectors.
pub fn init(vectors: Vectors) {
    ARGC.store(vectors.argc, Ordering::Relaxed);
    ARGV.store(vectors.argv.cast_mut(), Ordering::Relaxed);
    ENVP.store(vectors.envp.cast_mut(), Ordering::Relaxed);
    AUXV.store(vectors.auxv.cast_mut(), Ordering::Relaxed);
}

fn vectors() -> Option<Vectors> {
    let envp = ENVP.load(Ordering::Relaxed).cast_const();
    (!envp.is_null()).then(|| Vectors {
        argc: ARGC.load(Ordering::Relaxed),
        argv: ARGV.load(Ordering::Relaxed),
        envp,
        auxv: AUXV.load(Ordering::Relaxed),
    })
}

/// The value of an environment variable at start.
pub fn env(name: &[u8]) -> Option<&'static [u8]> {
    vectors()?.env(name)
}

/// Its value as a number.
pub fn number(name: &[u8]) -> Option<i64> {
    str::from_utf8(env(name)?).ok()?.parse().ok()
}

/// The value of `key` in GODEBUG, or in the program's defaults.
pub fn godebug(key: &[u8]) -> Option<&'static [u8]> {
    let own = env(b"GODEBUG").and_then(|text| setting(text, key));
    own.or_else(|| setting(crate::metadata::bytes(crate::metadata::program().defaults.godebug), key))
}

/// The last `key=value` of a comma-separated list.
fn setting<'t>(text: &'t [u8], key: &[u8]) -> Option<&'t [u8]> {
    text.rsplit(|&byte| byte == b',').find_map(|item| item.strip_prefix(key)?.strip_prefix(b"="))
}

/// A number in GODEBUG.
pub fn godebug_number(key: &[u8]) -> Option<i64> {
    str::from_utf8(godebug(key)?).ok()?.parse().ok()
}

/// `argc` and `argv`.
#[repr(C)]
#[derive(Debug)]
pub struct Args {
    argc: usize,
    argv: *const *const u8,
}

/// `argc` and `argv`.
pub(crate) extern "C" fn args() -> Args {
    Args { argc: ARGC.load(Ordering::Relaxed), argv: ARGV.load(Ordering::Relaxed) }
}

/// `environ`.
pub(crate) extern "C" fn environ() -> *const *const u8 {
    ENVP.load(Ordering::Relaxed)
}

/// The auxiliary vector.
pub(crate) extern "C" fn auxv() -> *const [usize; 2] {
    AUXV.load(Ordering::Relaxed)
}

/// The physical page size.
pub(crate) extern "C" fn page_size() -> usize {
    vectors().and_then(|vectors| vectors.aux(AT_PAGESZ)).unwrap_or(OS_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_setting_of_a_key_wins() {
        let text = b"schedtrace=1000,gctrace=1,schedtrace=5";
        assert_eq!(setting(text, b"schedtrace"), Some(&b"5"[..]));
        assert_eq!(setting(text, b"gctrace"), Some(&b"1"[..]));
        assert_eq!(setting(text, b"trace"), None);
        assert_eq!(setting(b"", b"x"), None);
    }
}
