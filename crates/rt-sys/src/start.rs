//! What the kernel leaves on the initial stack: arguments, environment, auxiliary vector.

/// The vectors that a process starts with.
#[derive(Clone, Copy, Debug)]
pub struct Vectors {
    /// Number of arguments.
    pub argc: usize,
    /// The arguments, C strings, then null.
    pub argv: *const *const u8,
    /// The environment, C strings, then null.
    pub envp: *const *const u8,
    /// Pairs of words, up to type 0.
    pub auxv: *const [usize; 2],
}

/// Auxiliary vector: page size.
pub const AT_PAGESZ: usize = 6;
/// Auxiliary vector: address of 16 random bytes.
pub const AT_RANDOM: usize = 25;
/// Auxiliary vector: address of the vDSO.
pub const AT_SYSINFO_EHDR: usize = 33;

impl Vectors {
    /// Finds the vectors from the initial stack pointer.
    ///
    /// # Safety
    /// - `sp` is what the kernel set at the process's entry.
    pub unsafe fn from_stack(sp: *const usize) -> Vectors {
        // SAFETY: the System V ABI puts argc, argv, null, envp, null, auxv there.
        unsafe {
            let argc = *sp;
            let argv = sp.add(1).cast::<*const u8>();
            let envp = argv.add(argc + 1);
            let mut end = envp;
            while !(*end).is_null() {
                end = end.add(1);
            }
            Vectors { argc, argv, envp, auxv: end.add(1).cast() }
        }
    }

    /// The value of an auxiliary entry.
    pub fn aux(&self, kind: usize) -> Option<usize> {
        let mut entry = self.auxv;
        loop {
            // SAFETY: the vector ends with an entry of type 0.
            let [found, value] = unsafe { *entry };
            match found {
                0 => return None,
                _ if found == kind => return Some(value),
                // SAFETY: as above.
                _ => entry = unsafe { entry.add(1) },
            }
        }
    }

    /// The value of an environment variable.
    pub fn env(&self, name: &[u8]) -> Option<&'static [u8]> {
        let mut entry = self.envp;
        loop {
            // SAFETY: the vector ends with null; its strings live as long as the process.
            let text = unsafe {
                if (*entry).is_null() {
                    return None;
                }
                core::ffi::CStr::from_ptr((*entry).cast()).to_bytes()
            };
            if let Some(value) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"=")) {
                return Some(value);
            }
            // SAFETY: not at the end yet.
            entry = unsafe { entry.add(1) };
        }
    }
}
