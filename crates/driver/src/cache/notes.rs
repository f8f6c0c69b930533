//! What is known about functions beside their code, by the closure key of their IR before optimisation, as bytes and back.

use opt::Facts;
use opt::escape::{Leak, Summary};

use super::Key;
use super::codec::{Reader, Writer, read_list};

/// What is kept about one function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Note {
    /// The key of its code: the hash of its optimised IR.
    pub(super) code: Key,
    /// What its callers must know.
    pub(super) facts: Facts,
}

/// Notes, each under its key, as bytes.
pub(super) fn write_notes<'n>(notes: impl ExactSizeIterator<Item = (&'n Key, &'n Note)>) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.number(notes.len() as u64);
    for (key, Note { code, facts }) in notes {
        writer.key(key);
        writer.key(code);
        let Facts { level, is_inlinable, checks_stack, summary: Summary { params } } = facts;
        writer.number((*level).into());
        writer.u8(u8::from(*is_inlinable) << 1 | u8::from(*checks_stack));
        writer.number(params.len() as u64);
        params.iter().for_each(|leak| write_leak(&mut writer, leak));
    }
    writer.bytes
}

/// 0 stands for a parameter that does not leak, the commonest case.
fn write_leak(writer: &mut Writer, Leak { heap, results }: &Leak) {
    writer.number(results.len() as u64 * 2 + u64::from(heap.is_some()));
    heap.iter().for_each(|&n_derefs| writer.u8(n_derefs));
    for &(result, n_derefs) in results {
        writer.number(result.into());
        writer.u8(n_derefs);
    }
}

/// The notes; nothing when the bytes make no sense.
pub(super) fn read_notes(bytes: &[u8]) -> Option<Vec<(Key, Note)>> {
    let mut reader = Reader { rest: bytes };
    let notes = read_list(&mut reader, |reader| Some((reader.key()?, read_note(reader)?)))?;
    reader.rest.is_empty().then_some(notes)
}

fn read_note(reader: &mut Reader<'_>) -> Option<Note> {
    let code = reader.key()?;
    let level = reader.u32()?;
    let bits = reader.u8()?;
    let params = read_list(reader, read_leak)?;
    let (is_inlinable, checks_stack) = (bits >> 1 & 1 == 1, bits & 1 == 1);
    let facts = Facts { level, is_inlinable, checks_stack, summary: Summary { params } };
    (bits < 4).then_some(Note { code, facts })
}

fn read_leak(reader: &mut Reader<'_>) -> Option<Leak> {
    let head = reader.number()?;
    let heap = if head & 1 == 1 { Some(reader.u8()?) } else { None };
    let result = |reader: &mut Reader<'_>| Some((u16::try_from(reader.number()?).ok()?, reader.u8()?));
    let results = (0..head / 2).map(|_| result(reader)).collect::<Option<_>>()?;
    Some(Leak { heap, results })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_writing_and_reading_and_no_part_of_them_does() {
        let leak = Leak { heap: Some(3), results: [(0, 1), (300, 0)].into_iter().collect() };
        let params = vec![Leak::default(), Leak::everything(), leak];
        let facts =
            Facts { level: 70_000, is_inlinable: true, checks_stack: false, summary: Summary { params } };
        let plain = Facts { checks_stack: true, ..Facts::default() };
        let notes =
            [([1; 32], Note { code: [2; 32], facts }), ([3; 32], Note { code: [4; 32], facts: plain })];
        let bytes = write_notes(notes.iter().map(|(key, note)| (key, note)));
        assert_eq!(read_notes(&bytes).unwrap(), notes);
        for n_kept in 0..bytes.len() {
            assert_eq!(read_notes(&bytes[..n_kept]), None, "cut to {n_kept}");
        }
    }
}
