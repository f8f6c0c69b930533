//! Interned names: equal texts have equal ids, for the life of the process.
//!
//! **Invariants**
//! 1. A symbol's text never moves and never goes away, so `as_str` takes no lock.
//! 2. The symbols of [`sym`] have the ids of their place in its list, in every process.
//! 3. All other ids depend on which thread came first: order by text (as `Ord` here does), never by id.

use rustc_hash::{FxBuildHasher, FxHashMap};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

/// An interned string.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// The symbol for `text`.
    #[must_use]
    #[inline]
    pub fn intern(text: &str) -> Self {
        RECENT.with_borrow_mut(|recent| recent.symbol(text))
    }

    /// The text of this symbol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        INTERNER.texts.get(self.0)
    }

    /// A number that tells symbols apart within this process, for dense tables.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// Whether this is the blank identifier `_`.
    #[must_use]
    pub fn is_blank(self) -> bool {
        self == sym::BLANK
    }

    /// Whether the name starts with an upper-case letter. Spec: "Exported identifiers".
    #[must_use]
    pub fn is_exported(self) -> bool {
        self.as_str().chars().next().is_some_and(char::is_uppercase)
    }
}

impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { self.as_str().cmp(other.as_str()) }
    }
}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Self::intern(text)
    }
}

macro_rules! known_symbols {
    ($($name:ident = $text:literal,)+) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "one variant per constant of `sym`")]
        enum Known { $($name,)+ }
        const KNOWN_TEXTS: &[&str] = &[$($text,)+];

        /// Symbols that are interned before any other, so that they can be compared with and matched on.
        pub mod sym {
            use super::{Known, Symbol};
            $(
                #[doc = concat!("`", $text, "`")]
                pub const $name: Symbol = Symbol(Known::$name as u32);
            )+
        }
    };
}

known_symbols! {
    // Names with a meaning of their own.
    EMPTY = "", BLANK = "_", DOT = ".", INIT = "init", MAIN = "main", UNSAFE = "unsafe", EMBED = "embed", C = "C",
    // Keywords, in the order of the spec's table by column of the alphabet.
    BREAK = "break", CASE = "case", CHAN = "chan", CONST = "const", CONTINUE = "continue", DEFAULT = "default",
    DEFER = "defer", ELSE = "else", FALLTHROUGH = "fallthrough", FOR = "for", FUNC = "func", GO = "go", GOTO = "goto",
    IF = "if", IMPORT = "import", INTERFACE = "interface", MAP = "map", PACKAGE = "package", RANGE = "range",
    RETURN = "return", SELECT = "select", STRUCT = "struct", SWITCH = "switch", TYPE = "type", VAR = "var",
    // Spec: "Predeclared identifiers".
    ANY = "any", BOOL = "bool", BYTE = "byte", COMPARABLE = "comparable", COMPLEX64 = "complex64",
    COMPLEX128 = "complex128", ERROR_TYPE = "error", FLOAT32 = "float32", FLOAT64 = "float64", INT = "int",
    INT8 = "int8", INT16 = "int16", INT32 = "int32", INT64 = "int64", RUNE = "rune", STRING = "string", UINT = "uint",
    UINT8 = "uint8", UINT16 = "uint16", UINT32 = "uint32", UINT64 = "uint64", UINTPTR = "uintptr",
    TRUE = "true", FALSE = "false", IOTA = "iota", NIL = "nil",
    APPEND = "append", CAP = "cap", CLEAR = "clear", CLOSE = "close", COMPLEX = "complex", COPY = "copy",
    DELETE = "delete", IMAG = "imag", LEN = "len", MAKE = "make", MAX = "max", MIN = "min", NEW = "new",
    PANIC = "panic", PRINT = "print", PRINTLN = "println", REAL = "real", RECOVER = "recover",
    // What package unsafe declares.
    POINTER = "Pointer", ADD = "Add", ALIGNOF = "Alignof", OFFSETOF = "Offsetof", SIZEOF = "Sizeof", SLICE = "Slice",
    SLICE_DATA = "SliceData", UNSAFE_STRING = "String", STRING_DATA = "StringData",
    // Methods that the compiler looks for.
    ERROR_METHOD = "Error", RUNTIME = "runtime",
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::new(Recent::new());
}

/// The symbols that a thread met lately, by hash: spares most texts the way to the shared tables.
struct Recent {
    entries: Box<[(&'static str, Symbol)]>,
}

impl Recent {
    const LOG2_ENTRIES: u32 = 12;

    fn new() -> Self {
        Self { entries: vec![("", sym::EMPTY); 1 << Self::LOG2_ENTRIES].into_boxed_slice() }
    }

    #[inline]
    fn symbol(&mut self, text: &str) -> Symbol {
        let hash = FxBuildHasher.hash_one(text);
        let entry = &mut self.entries[(hash >> (64 - Self::LOG2_ENTRIES)) as usize];
        if entry.0 != text {
            let symbol = INTERNER.intern(text, hash);
            *entry = (symbol.as_str(), symbol);
        }
        entry.1
    }
}

static INTERNER: LazyLock<Interner> = LazyLock::new(Interner::with_known);

const LOG2_SHARDS: u32 = 5;

struct Interner {
    shards: [RwLock<FxHashMap<&'static str, Symbol>>; 1 << LOG2_SHARDS],
    storage: Mutex<Storage>,
    texts: TextTable,
}

/// What hands out ids and memory for new texts.
struct Storage {
    next_id: u32,
    /// The unused end of the current chunk.
    free: &'static mut [u8],
}

impl Interner {
    fn with_known() -> Self {
        let interner = Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            storage: Mutex::new(Storage { next_id: 0, free: &mut [] }),
            texts: TextTable::new(),
        };
        for text in KNOWN_TEXTS {
            interner.intern(text, FxBuildHasher.hash_one(text));
        }
        interner
    }

    fn intern(&self, text: &str, hash: u64) -> Symbol {
        let shard = &self.shards[(hash >> (64 - LOG2_SHARDS)) as usize];
        if let Some(&symbol) = shard.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return symbol;
        }
        let mut map = shard.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&symbol) = map.get(text) {
            return symbol;
        }
        let mut storage: MutexGuard<'_, Storage> =
            self.storage.lock().unwrap_or_else(PoisonError::into_inner);
        let text = storage.store(text);
        let symbol = Symbol(storage.next_id);
        storage.next_id += 1;
        self.texts.set(symbol.0, text);
        map.insert(text, symbol);
        symbol
    }
}

impl Storage {
    const N_CHUNK_BYTES: usize = 64 << 10;

    fn store(&mut self, text: &str) -> &'static str {
        if text.len() > self.free.len() {
            if text.len() >= Self::N_CHUNK_BYTES / 4 {
                return Box::leak(Box::from(text));
            }
            self.free = Box::leak(vec![0; Self::N_CHUNK_BYTES].into_boxed_slice());
        }
        let (stored, free) = std::mem::take(&mut self.free).split_at_mut(text.len());
        self.free = free;
        stored.copy_from_slice(text.as_bytes());
        std::str::from_utf8(stored).expect("copied from a str")
    }
}

/// Texts by id, in segments that double, so that a row never moves and reading takes no lock.
struct TextTable {
    segments: [OnceLock<Box<[OnceLock<&'static str>]>>; 32 - TextTable::LOG2_FIRST as usize],
}

impl TextTable {
    const LOG2_FIRST: u32 = 10;

    fn new() -> Self {
        Self { segments: std::array::from_fn(|_| OnceLock::new()) }
    }

    /// The segment of row `id`, and the row within it.
    fn locate(id: u32) -> (usize, usize) {
        let shifted = id as u64 + (1 << Self::LOG2_FIRST);
        let log2 = shifted.ilog2();
        ((log2 - Self::LOG2_FIRST) as usize, (shifted - (1 << log2)) as usize)
    }

    fn set(&self, id: u32, text: &'static str) {
        let (segment, row) = Self::locate(id);
        let n_rows = 1 << (Self::LOG2_FIRST as usize + segment);
        let rows = self.segments[segment].get_or_init(|| (0..n_rows).map(|_| OnceLock::new()).collect());
        rows[row].get_or_init(|| text);
    }

    fn get(&self, id: u32) -> &'static str {
        let (segment, row) = Self::locate(id);
        self.segments[segment]
            .get()
            .and_then(|rows| rows[row].get())
            .expect("a symbol is made after its text is set")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_symbol() {
        let a = Symbol::intern("wakep");
        assert_eq!(a, Symbol::intern(&String::from("wakep")));
        assert_ne!(a, Symbol::intern("ready"));
        assert_eq!(a.as_str(), "wakep");
    }

    #[test]
    fn known_symbols_have_their_text() {
        assert_eq!(Symbol::intern("fallthrough"), sym::FALLTHROUGH);
        assert_eq!(sym::UINTPTR.as_str(), "uintptr");
        assert_eq!(sym::RUNTIME.as_str(), "runtime");
        assert!(sym::BLANK.is_blank());
    }

    #[test]
    fn symbols_order_by_text_and_not_by_age() {
        let z = Symbol::intern("zz-older");
        let a = Symbol::intern("aa-younger");
        assert!(a < z);
    }

    #[test]
    fn exported_means_upper_case_of_any_script() {
        assert!(Symbol::intern("Ärger").is_exported());
        assert!(!Symbol::intern("ärger").is_exported());
        assert!(!sym::EMPTY.is_exported());
    }

    #[test]
    fn many_symbols_survive_many_threads() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..5_000 {
                        let text = format!("thread-test-{i}");
                        assert_eq!(Symbol::intern(&text).as_str(), text);
                    }
                });
            }
        });
    }
}
