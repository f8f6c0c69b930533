//! The file of settings: `KEY=value` lines, and others that stay as they are.

use indexmap::IndexMap;

/// The settings in a file; `#` starts a comment line.
pub(super) fn parse(bytes: &[u8]) -> IndexMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim);
    lines.filter_map(setting).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn setting(line: &str) -> Option<(&str, &str)> {
    line.split_once('=').filter(|_| !line.starts_with('#'))
}

/// The text of a file after `changes`: keys with new values, or with none when they are to go.
///
/// A key that was there several times stays once, with its last value; settings that follow each other are sorted.
#[must_use]
pub fn edit_env_file(text: &str, changes: &[(&str, Option<&str>)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (key, value) in changes {
        let is_of_key = |line: &String| setting(line).is_some_and(|(other, _)| other == *key);
        match (lines.iter().rposition(is_of_key), value) {
            (Some(place), Some(value)) => lines[place] = format!("{key}={value}"),
            (None, Some(value)) => lines.push(format!("{key}={value}")),
            (_, None) => lines.retain(|line| !is_of_key(line)),
        }
    }
    let mut seen = rustc_hash::FxHashSet::default();
    let mut is_kept = |line: &String| setting(line).is_none_or(|(key, _)| seen.insert(key.to_owned()));
    let mut lines: Vec<String> = lines.into_iter().rev().filter(&mut is_kept).collect();
    lines.reverse();
    lines.chunk_by_mut(|a, b| setting(a).is_some() && setting(b).is_some()).for_each(<[String]>::sort);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_setting_stays_where_it_is() {
        let text = "# mine\nGOBIN=/b\n\nGOAUTH=z\nGOBIN=/c\nnonsense\n";
        let edited = edit_env_file(text, &[("AR", Some("q"))]);
        assert_eq!(edited, "# mine\n\nGOAUTH=z\nGOBIN=/c\nnonsense\nAR=q\n");
        assert_eq!(edit_env_file(&edited, &[("AR", None)]), "# mine\n\nGOAUTH=z\nGOBIN=/c\nnonsense\n");
        assert_eq!(edit_env_file("B=1\nA=2", &[("B", Some("3")), ("C", None)]), "A=2\nB=3\n");
        assert_eq!(edit_env_file("B=1\nB=2\n", &[("B", None)]), "");
    }
}
