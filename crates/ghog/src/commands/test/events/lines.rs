//! Output cut into lines; a line that is too long, or a benchmark that is still running, comes in parts.

use super::{ESCAPE, FRAMING};

/// A piece of output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A whole line, with its newline. It may also end where a framing line begins.
    Line(Vec<u8>),
    /// A part of a line.
    Part(Vec<u8>),
}

/// What is not a whole line yet.
pub(super) struct Lines {
    max: usize,
    buffer: Vec<u8>,
    /// Whether the buffer continues a line of which parts are out.
    is_in_line: bool,
    is_escaped: bool,
}

impl Lines {
    pub(super) fn new(max: usize) -> Self {
        Self { max, buffer: Vec::with_capacity(max), is_in_line: false, is_escaped: false }
    }

    /// Takes some bytes, and gives what is complete.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let (taken, rest) = bytes.split_at(bytes.len().min(self.max - self.buffer.len()));
            self.buffer.extend_from_slice(taken);
            bytes = rest;
            self.cut(&mut pieces);
        }
        pieces
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> Option<Vec<u8>> {
        let rest = std::mem::take(&mut self.buffer);
        (!rest.is_empty()).then_some(rest)
    }

    fn cut(&mut self, pieces: &mut Vec<Piece>) {
        let mut start = 0;
        while start < self.buffer.len() {
            let Some(n_bytes) = self.line_length(start) else {
                start += self.benchmark(start, pieces);
                break;
            };
            let line = self.buffer[start..start + n_bytes].to_vec();
            let is_part = std::mem::take(&mut self.is_in_line);
            pieces.push(if is_part { Piece::Part(line) } else { Piece::Line(line) });
            start += n_bytes;
        }
        if start == 0 && self.buffer.len() == self.max {
            start = whole_characters(&self.buffer);
            pieces.push(Piece::Part(self.buffer[..start].to_vec()));
            self.is_in_line = true;
        }
        self.buffer.drain(..start);
    }

    /// The length of the line at `start`, if it is all there.
    fn line_length(&mut self, start: usize) -> Option<usize> {
        for (at, &byte) in self.buffer[start..].iter().enumerate() {
            match byte {
                b'\n' => return Some(at + 1),
                _ if self.is_escaped => self.is_escaped = false,
                ESCAPE => self.is_escaped = true,
                FRAMING if at > 0 => return Some(at),
                _ => {}
            }
        }
        None
    }

    /// The name of a running benchmark is shown at once; how much of the buffer that takes.
    fn benchmark(&mut self, start: usize, pieces: &mut Vec<Piece>) -> usize {
        if self.is_in_line {
            return 0;
        }
        let line = &self.buffer[start..];
        let Some(tab) = line.iter().position(|&byte| byte == b'\t') else { return 0 };
        if !is_benchmark_name(line[..tab].trim_ascii_end()) {
            return 0;
        }
        pieces.push(Piece::Part(line[..=tab].to_vec()));
        self.is_in_line = true;
        tab + 1
    }
}

fn is_benchmark_name(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(b"Benchmark") else { return false };
    let rest = String::from_utf8_lossy(rest);
    !rest.chars().next().is_some_and(char::is_lowercase)
}

/// How many bytes end with a whole character.
fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        if byte & 0xc0 != 0x80 {
            let n_bytes = match byte {
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf7 => 4,
                _ => 1,
            };
            return if back < n_bytes { bytes.len() - back } else { bytes.len() };
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(max: usize, inputs: &[&str]) -> Vec<String> {
        let mut lines = Lines::new(max);
        let mut out: Vec<_> = inputs
            .iter()
            .flat_map(|input| lines.push(input.as_bytes()))
            .map(|piece| match piece {
                Piece::Line(line) => format!("line {:?}", String::from_utf8(line).unwrap()),
                Piece::Part(part) => format!("part {:?}", String::from_utf8(part).unwrap()),
            })
            .collect();
        out.extend(lines.rest().map(|rest| format!("rest {:?}", String::from_utf8(rest).unwrap())));
        out
    }

    #[test]
    fn lines_are_cut_at_newlines_and_marks() {
        assert_eq!(pieces(16, &["ab", "c\nd", "e"]), ["line \"abc\\n\"", "rest \"de\""]);
        assert_eq!(pieces(16, &["ab\x16c\n"]), ["line \"ab\"", "line \"\\u{16}c\\n\""]);
        assert_eq!(pieces(16, &["ab\x1b\x16c\n"]), ["line \"ab\\u{1b}\\u{16}c\\n\""]);
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(pieces(4, &["abcä\n"]), ["part \"abc\"", "part \"ä\\n\""]);
        assert_eq!(pieces(4, &["abcdef\ng\n"]), ["part \"abcd\"", "part \"ef\\n\"", "line \"g\\n\""]);
    }

    #[test]
    fn a_running_benchmark_is_shown() {
        assert_eq!(pieces(64, &["BenchmarkX  \t", "1\n"]), ["part \"BenchmarkX  \\t\"", "part \"1\\n\""]);
        assert_eq!(pieces(64, &["Benchmarking\t", "1\n"]), ["line \"Benchmarking\\t1\\n\""]);
    }
}
