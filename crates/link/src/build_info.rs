//! The section `.go.buildinfo`: which Go and which modules an executable was made of, for `go version -m`.
//!
//! As debug/buildinfo reads it: a header of 32 bytes, then two strings with their lengths in front, as varints. The module
//! information stands between two marks of 16 bytes.

use code::Defaults;
use object::{
    LittleEndian as LE,
    elf::FileHeader64,
    read::elf::{FileHeader as _, SectionHeader as _},
};

/// The section's name.
pub(crate) const SECTION: &str = ".go.buildinfo";
/// The section's alignment.
pub(crate) const ALIGN: usize = 16;

const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER_SIZE: usize = 32;
const POINTER_SIZE: u8 = 8;
/// The strings follow the header; older executables have pointers there.
const STRINGS_FOLLOW: u8 = 2;
const MARK: &[u8; 16] = b"0123456789abcdef";

/// What an executable says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildInfo {
    /// The version of Go.
    pub version: String,
    /// The module information, in lines.
    pub modules: String,
}

/// The content of the section.
pub(crate) fn section(defaults: &Defaults) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([POINTER_SIZE, STRINGS_FOLLOW]);
    bytes.resize(HEADER_SIZE, 0);
    put_string(&mut bytes, defaults.version.as_bytes());
    let modules = defaults.build_info.as_bytes();
    let framed = if modules.is_empty() { Vec::new() } else { [MARK, modules, MARK].concat() };
    put_string(&mut bytes, &framed);
    bytes
}

fn put_string(bytes: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text.len();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes.extend(text);
}

/// Reads the section of an ELF executable, by whatever toolchain it was made.
#[must_use]
pub fn read_build_info(executable: &[u8]) -> Option<BuildInfo> {
    let header = FileHeader64::<LE>::parse(executable).ok()?;
    let sections = header.sections(LE, executable).ok()?;
    let (_, section) = sections.section_by_name(LE, SECTION.as_bytes())?;
    let content = section.data(LE, executable).ok()?;
    let (head, mut rest) = content.split_at_checked(HEADER_SIZE)?;
    if !head.starts_with(MAGIC) || head[MAGIC.len() + 1] & STRINGS_FOLLOW == 0 {
        return None;
    }
    let version = take_string(&mut rest)?;
    let framed = take_string(&mut rest)?;
    let n_mark = MARK.len();
    let modules = framed.get(n_mark..framed.len().saturating_sub(n_mark)).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(BuildInfo { version: text(version), modules: text(modules) })
}

fn take_string<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (mut len, mut shift) = (0_usize, 0_u32);
    loop {
        let (&first, rest) = bytes.split_first()?;
        *bytes = rest;
        len |= usize::from(first & 0x7f).checked_shl(shift)?;
        if first < 0x80 {
            break;
        }
        shift += 7;
    }
    let (text, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_any_length_are_read_back() {
        for len in [0, 1, 127, 128, 300, 70_000] {
            let mut bytes = Vec::new();
            put_string(&mut bytes, &vec![b'x'; len]);
            let mut rest = &bytes[..];
            assert_eq!(take_string(&mut rest).unwrap().len(), len);
            assert!(rest.is_empty());
            assert_eq!(take_string(&mut &bytes[..bytes.len() - 1]), None, "cut");
        }
    }

    #[test]
    fn what_is_no_executable_says_nothing() {
        assert_eq!(read_build_info(b""), None);
        assert_eq!(read_build_info(b"\x7fELF and then nothing"), None);
    }
}
