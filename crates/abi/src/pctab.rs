//! Line tables: which source line and which inlined call each pc of a function belongs to.
//!
//! **Format.** A stream of rows in ascending pc order, each: `head` (varint: `pc_delta << 2 | has_file << 1 |
//! has_inline`), then, when present, the zigzag varint deltas of file and inline node, then always that of the line.
//! A row holds from its pc to the next row's. The state starts at pc 0 (the function's entry), file and line 0, inline
//! node -1. A head of 0 with line delta 0 after the first row ends the stream.
//!
//! A lookup for a return address asks for `pc - 1`.

/// The position of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Offset from the function's entry.
    pub pc: u32,
    /// Index into [`crate::ProgramInfo::files`].
    pub file: u32,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Index of the innermost [`crate::InlineNode`], or -1.
    pub inline: i32,
}

const START: Row = Row { pc: 0, file: 0, line: 0, inline: -1 };

/// Writes `value` as a little-endian base-128 varint.
pub fn put_varint(mut value: u64, mut sink: impl FnMut(u8)) {
    while value >= 0x80 {
        sink(value as u8 | 0x80);
        value >>= 7;
    }
    sink(value as u8);
}

/// Reads a varint at `*at` and advances it; `None` when the bytes end early.
pub fn get_varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Encodes rows in ascending pc order; rows that repeat the position of their predecessor are dropped.
pub fn encode(rows: impl IntoIterator<Item = Row>, mut sink: impl FnMut(u8)) {
    let mut last = START;
    let mut is_first = true;
    for row in rows {
        let is_same = (row.file, row.line, row.inline) == (last.file, last.line, last.inline);
        if is_same && !is_first {
            continue;
        }
        debug_assert!(row.pc >= last.pc, "rows are in pc order");
        let file = i64::from(row.file) - i64::from(last.file);
        let inline = i64::from(row.inline) - i64::from(last.inline);
        let head = u64::from(row.pc - last.pc) << 2 | u64::from(file != 0) << 1 | u64::from(inline != 0);
        put_varint(head, &mut sink);
        if file != 0 {
            put_varint(zigzag(file), &mut sink);
        }
        if inline != 0 {
            put_varint(zigzag(inline), &mut sink);
        }
        put_varint(zigzag(i64::from(row.line) - i64::from(last.line)), &mut sink);
        last = row;
        is_first = false;
    }
    sink(0);
    sink(0);
}

/// Decodes a stream that starts at `bytes[0]`.
pub fn decode(bytes: &[u8]) -> impl Iterator<Item = Row> + '_ {
    let mut at = 0;
    let mut row = START;
    let mut is_first = true;
    core::iter::from_fn(move || {
        let head = get_varint(bytes, &mut at)?;
        if head & 2 != 0 {
            row.file = (i64::from(row.file) + unzigzag(get_varint(bytes, &mut at)?)) as u32;
        }
        if head & 1 != 0 {
            row.inline = (i64::from(row.inline) + unzigzag(get_varint(bytes, &mut at)?)) as i32;
        }
        let line = unzigzag(get_varint(bytes, &mut at)?);
        if head == 0 && line == 0 && !is_first {
            return None;
        }
        row.pc += (head >> 2) as u32;
        row.line = (i64::from(row.line) + line) as u32;
        is_first = false;
        Some(row)
    })
}

/// The row that covers `pc` (an offset from the function's entry).
pub fn lookup(bytes: &[u8], pc: u32) -> Option<Row> {
    decode(bytes).take_while(|row| row.pc <= pc).last()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn encoded(rows: &[Row]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(rows.iter().copied(), |byte| bytes.push(byte));
        bytes
    }

    #[test]
    fn decoding_an_encoded_table_gives_the_rows_back() {
        let rows = [
            Row { pc: 0, file: 3, line: 10, inline: -1 },
            Row { pc: 7, file: 3, line: 11, inline: -1 },
            Row { pc: 300, file: 900, line: 2, inline: 4 },
            Row { pc: 301, file: 3, line: 100_000, inline: 0 },
            Row { pc: 70_000, file: 3, line: 12, inline: -1 },
        ];
        let mut bytes = encoded(&rows);
        bytes.extend([0xff; 8]);
        assert_eq!(decode(&bytes).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn lookup_finds_the_covering_row() {
        let rows = [
            Row { pc: 0, file: 1, line: 5, inline: -1 },
            Row { pc: 10, file: 1, line: 6, inline: -1 },
            Row { pc: 20, file: 1, line: 4, inline: 2 },
        ];
        let bytes = encoded(&rows);
        assert_eq!(lookup(&bytes, 9), Some(rows[0]));
        assert_eq!(lookup(&bytes, 10), Some(rows[1]));
        assert_eq!(lookup(&bytes, 1000), Some(rows[2]));
        assert_eq!(lookup(&[], 0), None);
    }

    #[test]
    fn equal_neighbours_take_no_row() {
        let row = Row { pc: 0, file: 0, line: 0, inline: -1 };
        let bytes = encoded(&[row, Row { pc: 4, ..row }, Row { pc: 8, line: 1, ..row }]);
        assert_eq!(decode(&bytes).map(|row| row.pc).collect::<Vec<_>>(), [0, 8]);
    }
}
