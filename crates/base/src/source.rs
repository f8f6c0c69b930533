//! Where things are: files, positions, and their translation into what a user reads.
//!
//! A [`Pos`] is one `u32`: every file owns a range of the number line, handed out by [`SourceMap::add`]. Zero is no
//! position. So positions of one file order as its text does; positions of two files order as the files were added.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

crate::newtype_index! {
    /// A file of a [`SourceMap`].
    pub struct FileId;
}

/// A place in some file, or nowhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Pos(u32);

impl Pos {
    /// No position.
    pub const NONE: Self = Self(0);

    /// The position of this number, as [`Pos::as_u32`] gave it.
    #[must_use]
    pub const fn from_u32(raw: u32) -> Self {
        Self(raw)
    }

    /// The position as a number; 0 is [`Pos::NONE`].
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// Whether this is a position at all.
    #[must_use]
    pub const fn is_known(self) -> bool {
        self.0 != 0
    }

    /// The position `n_bytes` further on in the same file.
    #[must_use]
    pub const fn plus(self, n_bytes: u32) -> Self {
        Self(self.0 + n_bytes)
    }

    /// This position, or `other` when this is none.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        if self.is_known() { self } else { other }
    }
}

/// A stretch of one file, `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Span {
    /// The first byte.
    pub start: Pos,
    /// The byte after the last.
    pub end: Pos,
}

impl Span {
    /// From `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: Pos, end: Pos) -> Self {
        Self { start, end }
    }

    /// The place `pos`, without extent.
    #[must_use]
    pub const fn at(pos: Pos) -> Self {
        Self { start: pos, end: pos }
    }
}

impl From<Pos> for Span {
    fn from(pos: Pos) -> Self {
        Self::at(pos)
    }
}

/// A file's text as UTF-8 of the same length as the bytes: each byte that is not UTF-8 is a NUL here, and listed.
#[derive(Clone, Debug)]
pub struct SourceText {
    text: Arc<str>,
    invalid: Arc<[u32]>,
}

impl SourceText {
    /// Takes the bytes of a file.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { text: text.into(), invalid: Arc::default() },
            Err(err) => Self::repair(err.into_bytes()),
        }
    }

    fn repair(mut bytes: Vec<u8>) -> Self {
        let mut invalid = Vec::new();
        let mut start = 0;
        while let Err(err) = std::str::from_utf8(&bytes[start..]) {
            let at = start + err.valid_up_to();
            bytes[at] = 0;
            invalid.push(u32::try_from(at).unwrap_or(u32::MAX));
            start = at;
        }
        let text = String::from_utf8(bytes).expect("every invalid byte was replaced");
        Self { text: text.into(), invalid: invalid.into() }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The offsets of the bytes that were not UTF-8, in order.
    #[must_use]
    pub fn invalid_offsets(&self) -> &[u32] {
        &self.invalid
    }
}

/// A `//line` directive: from `offset` on, the text claims to come from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineDirective {
    /// The first byte that the directive speaks about.
    pub offset: u32,
    /// The claimed file name.
    pub name: Arc<str>,
    /// The claimed line of `offset`.
    pub line: u32,
    /// The claimed column of `offset`, or 0: columns are unknown.
    pub column: u32,
}

/// One file of a [`SourceMap`].
#[derive(Debug)]
pub struct SourceFile {
    name: Arc<str>,
    text: SourceText,
    start: Pos,
    line_starts: OnceLock<Box<[u32]>>,
    directives: OnceLock<Box<[LineDirective]>>,
}

impl SourceFile {
    /// The name that it was added with: what messages say.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &SourceText {
        &self.text
    }

    /// The position of the first byte.
    #[must_use]
    pub fn start(&self) -> Pos {
        self.start
    }

    /// The position of byte `offset`.
    #[must_use]
    pub fn pos(&self, offset: u32) -> Pos {
        self.start.plus(offset)
    }

    /// The byte offset of `pos`, which is in this file.
    #[must_use]
    pub fn offset(&self, pos: Pos) -> u32 {
        pos.0 - self.start.0
    }

    /// The offsets at which lines start.
    #[must_use]
    pub fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let newlines = self.text.as_str().bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
            // Offsets fit: a file is shorter than the number line of positions.
            std::iter::once(0).chain(newlines.map(|(offset, _)| offset as u32 + 1)).collect()
        })
    }

    /// The bytes of line `line` (from 1), without its newline.
    #[must_use]
    pub fn line_range(&self, line: u32) -> Range<usize> {
        let starts = self.line_starts();
        let start = starts[line as usize - 1] as usize;
        let end = starts.get(line as usize).map_or(self.text.as_str().len(), |&next| next as usize - 1);
        start..end
    }

    /// Line and column of `offset`, both from 1, the column in bytes; `//line` directives play no part.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts().partition_point(|&start| start <= offset);
        (line as u32, offset - self.line_starts()[line - 1] + 1)
    }

    /// The claimed place of `offset`: `//line` directives count. As cmd/compile/internal/syntax, Pos.RelLine.
    fn claimed(&self, offset: u32) -> Location {
        let (line, column) = self.line_column(offset);
        let directives = self.directives.get().map_or(&[][..], |list| list);
        let n_before = directives.partition_point(|directive| directive.offset <= offset);
        let Some(directive) = n_before.checked_sub(1).map(|last| &directives[last]) else {
            return Location { name: Arc::clone(&self.name), line, column };
        };
        let (base_line, base_column) = self.line_column(directive.offset);
        let column = match directive.column {
            0 => 0,
            claimed if line == base_line => claimed + (column - base_column),
            _ => column,
        };
        Location { name: Arc::clone(&directive.name), line: directive.line + (line - base_line), column }
    }
}

/// What a user reads: `name:line:column`. The column is 0 when a `//line` directive hid it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// File name.
    pub name: Arc<str>,
    /// Line from 1.
    pub line: u32,
    /// Column in bytes from 1; 0 is unknown.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.line)?;
        if self.column > 0 { write!(f, ":{}", self.column) } else { Ok(()) }
    }
}

/// All files of a session. Shared by reference between threads; files are added and never removed.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: RwLock<Vec<Arc<SourceFile>>>,
}

impl SourceMap {
    /// A map without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file under the name that messages will say. `None` when the number line is used up (4 GB of source).
    pub fn add(&self, name: &str, text: SourceText) -> Option<FileId> {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let start = files.last().map_or(1, |last| last.start.0 as usize + last.text.as_str().len() + 1);
        let end = start + text.as_str().len() + 1;
        u32::try_from(end).ok()?;
        files.push(Arc::new(SourceFile {
            name: name.into(),
            text,
            start: Pos(start as u32),
            line_starts: OnceLock::new(),
            directives: OnceLock::new(),
        }));
        Some(FileId::new(files.len() - 1))
    }

    /// The file `id`.
    #[must_use]
    pub fn file(&self, id: FileId) -> Arc<SourceFile> {
        Arc::clone(&self.files.read().unwrap_or_else(PoisonError::into_inner)[id.index()])
    }

    /// The file that `pos` is in.
    #[must_use]
    pub fn file_of(&self, pos: Pos) -> Option<FileId> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let n_before = files.partition_point(|file| file.start <= pos);
        n_before.checked_sub(1).map(FileId::new)
    }

    /// Records the `//line` directives of `id`, in order of their offsets. The parser does; the first call counts.
    pub fn set_line_directives(&self, id: FileId, directives: Vec<LineDirective>) {
        // A file that is parsed twice has the same directives twice.
        self.file(id).directives.get_or_init(|| directives.into());
    }

    /// Where `pos` is for the user: `//line` directives count.
    #[must_use]
    pub fn location(&self, pos: Pos) -> Option<Location> {
        let file = self.file(self.file_of(pos)?);
        Some(file.claimed(file.offset(pos)))
    }

    /// Where `pos` really is, whatever `//line` directives claim.
    #[must_use]
    pub fn physical_location(&self, pos: Pos) -> Option<Location> {
        let file = self.file(self.file_of(pos)?);
        let (line, column) = file.line_column(file.offset(pos));
        Some(Location { name: Arc::clone(&file.name), line, column })
    }

    /// The file name that a `//line` directive in the file `of` means by `name`. As Go's parser: cleaned, and
    /// relative to the directory of the file.
    #[must_use]
    pub fn line_directive_name(of: &str, name: &str) -> String {
        let directory = Path::new(of).parent().unwrap_or(Path::new(""));
        let path = clean(Path::new(name));
        let path = if path.is_absolute() { path } else { clean(&directory.join(path)) };
        path.to_string_lossy().into_owned()
    }
}

/// The shortest path that means the same by its text alone. As path/filepath, Clean.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(cleaned.components().next_back(), Some(Component::Normal(_))) =>
            {
                cleaned.pop();
            }
            Component::ParentDir if cleaned.has_root() => {}
            other => cleaned.push(other),
        }
    }
    if cleaned.as_os_str().is_empty() { PathBuf::from(".") } else { cleaned }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(texts: &[&str]) -> SourceMap {
        let map = SourceMap::new();
        for (i, text) in texts.iter().enumerate() {
            map.add(&format!("f{i}.go"), SourceText::new(text.as_bytes().to_vec())).unwrap();
        }
        map
    }

    #[test]
    fn a_position_finds_its_file_line_and_column() {
        let map = map(&["ab\ncd", "", "x\ny"]);
        let last = map.file(FileId::new(2));
        assert_eq!(map.location(last.pos(2)).unwrap().to_string(), "f2.go:2:1");
        let first = map.file(FileId::new(0));
        assert_eq!(map.location(first.pos(4)).unwrap().to_string(), "f0.go:2:2");
        assert_eq!(map.location(first.pos(5)).unwrap().to_string(), "f0.go:2:3", "end of file");
        assert_eq!(map.location(Pos::NONE), None);
    }

    #[test]
    fn line_directives_move_what_follows() {
        let map = map(&["a\n//line x.y:10\nb c\nd"]);
        let file = map.file(FileId::new(0));
        let directive = |column| LineDirective { offset: 16, name: "x.y".into(), line: 10, column };
        map.set_line_directives(FileId::new(0), vec![directive(0)]);
        assert_eq!(map.location(file.pos(0)).unwrap().to_string(), "f0.go:1:1");
        assert_eq!(map.location(file.pos(18)).unwrap().to_string(), "x.y:10");
        assert_eq!(map.location(file.pos(20)).unwrap().to_string(), "x.y:11");
        assert_eq!(map.physical_location(file.pos(20)).unwrap().to_string(), "f0.go:4:1");
    }

    #[test]
    fn claimed_columns_count_on_the_first_line_only() {
        let map = map(&["/*line x.y:5:7*/b\nc"]);
        let file = map.file(FileId::new(0));
        let directive = LineDirective { offset: 16, name: "x.y".into(), line: 5, column: 7 };
        map.set_line_directives(FileId::new(0), vec![directive]);
        assert_eq!(map.location(file.pos(17)).unwrap().to_string(), "x.y:5:8");
        assert_eq!(map.location(file.pos(18)).unwrap().to_string(), "x.y:6:1");
    }

    #[test]
    fn bytes_that_are_not_utf8_keep_their_places() {
        let text = SourceText::new(b"a\xffb\xc2\xffc\xe2\x82".to_vec());
        assert_eq!(text.as_str(), "a\0b\0\0c\0\0");
        assert_eq!(text.invalid_offsets(), [1, 3, 4, 6, 7]);
    }

    #[test]
    fn names_in_line_directives_are_relative_to_the_file() {
        assert_eq!(SourceMap::line_directive_name("d/f.go", "../x//y.go"), "x/y.go");
        assert_eq!(SourceMap::line_directive_name("f.go", "./x.go"), "x.go");
        assert_eq!(SourceMap::line_directive_name("d/f.go", "/a/../b.go"), "/b.go");
    }
}
