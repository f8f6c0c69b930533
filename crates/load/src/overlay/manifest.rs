//! The text of `overlay/manifest.toml`: a small, strict part of TOML.
//!
//! `build.rs` includes this file too, so that a broken manifest stops the build and not a user's run.

/// How an overlay package relates to the one of the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The overlay is the whole package.
    Package,
    /// The overlay's files replace those of the same name, or are added.
    Files,
}

/// One `[[package]]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The import path.
    pub path: String,
    /// Whole or in part.
    pub mode: Mode,
    /// Upstream files that are left out.
    pub drop: Vec<String>,
    /// Upstream functions (`F`) and methods (`T.M`) that the overlay's files declare.
    pub replace: Vec<String>,
    /// Why the package must be ours.
    pub reason: String,
}

/// Reads the manifest. The error names the line.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let mut tables: Vec<(usize, Table<'_>)> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        let number = i + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "[[package]]" {
            tables.push((number, Table::default()));
            continue;
        }
        let (key, value) =
            line.split_once('=').ok_or_else(|| format!("line {number}: expected `key = value`"))?;
        let (_, table) = tables.last_mut().ok_or_else(|| format!("line {number}: expected [[package]]"))?;
        table.set(key.trim(), value.trim()).map_err(|message| format!("line {number}: {message}"))?;
    }
    tables.into_iter().map(|(line, table)| table.finish().map_err(|e| format!("line {line}: {e}"))).collect()
}

#[derive(Default)]
struct Table<'a> {
    path: Option<&'a str>,
    mode: Option<Mode>,
    drop: Vec<String>,
    replace: Vec<String>,
    reason: Option<&'a str>,
}

impl<'a> Table<'a> {
    fn set(&mut self, key: &str, value: &'a str) -> Result<(), String> {
        match key {
            "path" => self.path = Some(string(value)?),
            "reason" => self.reason = Some(string(value)?),
            "drop" => self.drop = list(value)?,
            "replace" => self.replace = list(value)?,
            "mode" => {
                self.mode = Some(match string(value)? {
                    "package" => Mode::Package,
                    "files" => Mode::Files,
                    other => return Err(format!("unknown mode {other:?}")),
                });
            }
            _ => return Err(format!("unknown key {key:?}")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Entry, String> {
        let mode = self.mode.ok_or("no mode")?;
        if mode == Mode::Package && !(self.drop.is_empty() && self.replace.is_empty()) {
            return Err("mode \"package\" leaves nothing to drop or replace".to_owned());
        }
        Ok(Entry {
            path: self.path.ok_or("no path")?.to_owned(),
            mode,
            drop: self.drop,
            replace: self.replace,
            reason: self.reason.filter(|reason| !reason.is_empty()).ok_or("no reason")?.to_owned(),
        })
    }
}

fn string(value: &str) -> Result<&str, String> {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner
        .filter(|text| !text.contains(['"', '\\']))
        .ok_or_else(|| format!("expected a plain string, not {value}"))
}

fn list(value: &str) -> Result<Vec<String>, String> {
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.ok_or_else(|| format!("expected a list on one line, not {value}"))?;
    let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| string(item).map(str::to_owned)).collect()
}
