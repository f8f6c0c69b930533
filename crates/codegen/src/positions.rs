//! Source positions: Cranelift carries a number per instruction, which becomes rows of the line table.

use base::{Pos, SourceMap, Symbol};
use code::{FunctionFlags, FunctionKind, InlineSite, LineRow, SiteId};
use cranelift_codegen::{MachSrcLoc, ir::SourceLoc};
use ir::{FnAttrs, InlineSiteId, SrcLoc};
use rustc_hash::FxHashMap;

/// The distinct locations of one function; Cranelift's location is an index.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    locations: Vec<SrcLoc>,
    numbers: FxHashMap<SrcLoc, u32>,
}

impl Locations {
    /// Forgets everything; number 0 becomes `declaration`, which covers code without a location of its own.
    pub(crate) fn reset(&mut self, declaration: SrcLoc) {
        self.locations.clear();
        self.numbers.clear();
        self.number(declaration);
    }

    /// The number of a location; an unknown position is the declaration's.
    pub(crate) fn number(&mut self, loc: SrcLoc) -> SourceLoc {
        if !loc.pos.is_known() && !self.locations.is_empty() {
            return SourceLoc::new(0);
        }
        let number = *self.numbers.entry(loc).or_insert_with(|| {
            self.locations.push(loc);
            self.locations.len() as u32 - 1
        });
        SourceLoc::new(number)
    }
}

/// Line rows and inlined calls, with files numbered per function.
#[derive(Debug)]
pub(crate) struct Tables<'a> {
    sources: &'a SourceMap,
    files: Vec<Symbol>,
    pub(crate) rows: Vec<LineRow>,
    pub(crate) sites: Vec<InlineSite>,
}

impl<'a> Tables<'a> {
    /// Tables of a function that is declared at `declaration`, with its line.
    pub(crate) fn new(sources: &'a SourceMap, declaration: Pos) -> (Tables<'a>, u32) {
        let mut tables = Tables { sources, files: Vec::new(), rows: Vec::new(), sites: Vec::new() };
        let (_, line) = tables.resolve(declaration);
        (tables, line)
    }

    /// Names of the files mentioned.
    pub(crate) fn into_files(self) -> (Vec<Symbol>, Vec<LineRow>, Vec<InlineSite>) {
        (self.files, self.rows, self.sites)
    }

    /// Adds a row per change of location; the body starts `shift` bytes behind the entry.
    pub(crate) fn add_rows(
        &mut self,
        locations: &Locations,
        ranges: &[MachSrcLoc<cranelift_codegen::Final>],
        shift: u32,
    ) {
        let resolved: Vec<(SiteId, u32, u32)> = locations
            .locations
            .iter()
            .map(|loc| {
                let (file, line) = self.resolve(loc.pos);
                (site_number(loc.site), file, line)
            })
            .collect();
        let row = |start: u32, number: usize| {
            let (site, file, line) = resolved[number];
            LineRow { start, site, file, line }
        };
        self.rows.push(row(0, 0));
        let known = ranges.iter().filter(|range| !range.loc.is_default());
        for range in known {
            let next = row(range.start + shift, range.loc.bits() as usize);
            let last = self.rows.last().expect("the first row is there");
            if (last.site, last.file, last.line) != (next.site, next.file, next.line) {
                self.rows.push(next);
            }
        }
    }

    /// Adds the inlined calls.
    pub(crate) fn add_sites(&mut self, function: &ir::Function) {
        for site in function.inline_sites.iter() {
            let (call_file, call_line) = self.resolve(site.call.pos);
            self.sites.push(InlineSite {
                parent: site_number(site.call.site),
                callee: site.callee,
                callee_line: 0,
                call_file,
                call_line,
                callee_flags: flags(site.callee, site.attrs),
            });
        }
    }

    fn resolve(&mut self, pos: Pos) -> (u32, u32) {
        let Some(location) = self.sources.location(pos) else { return (self.file(""), 0) };
        // A line directive may leave the name out.
        let name = if location.name.is_empty() { "??" } else { &*location.name };
        (self.file(name), location.line)
    }

    fn file(&mut self, name: &str) -> u32 {
        let known = self.files.iter().position(|file| file.as_str() == name);
        known.unwrap_or_else(|| {
            self.files.push(Symbol::intern(name));
            self.files.len() - 1
        }) as u32
    }
}

fn site_number(site: Option<InlineSiteId>) -> SiteId {
    site.map_or(SiteId::OUTERMOST, |site| SiteId(site.index() as u32 + 1))
}

/// What tracebacks should think of a function with this name and these attributes.
pub(crate) fn flags(display: Symbol, attrs: FnAttrs) -> FunctionFlags {
    let kind = if attrs.contains(FnAttrs::WRAPPER) {
        FunctionKind::Wrapper
    } else if attrs.contains(FnAttrs::DEFERS) {
        FunctionKind::DeferWrapper
    } else {
        FunctionKind::Ordinary
    };
    FunctionFlags {
        kind,
        is_runtime: display.as_str().starts_with("runtime."),
        is_nosplit: false,
        is_niladic: attrs.contains(FnAttrs::NILADIC),
    }
}
