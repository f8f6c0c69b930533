//! The text of `//go:` and `//line` comments.

use crate::tree::DirectiveKind;
use base::{SourceMap, Symbol};
use std::sync::Arc;

/// Where directives can stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Package,
    Func,
    Var,
    /// Above something that takes no directives, or above nothing.
    Nowhere,
}

/// What kind of directive `kind` is, for the message that it means nothing at `place`. `None`: it is fine there, or
/// wherever it stands.
pub(crate) fn misplaced(kind: &DirectiveKind, place: Place) -> Option<&'static str> {
    match kind {
        DirectiveKind::Embed(_) => (place != Place::Var).then_some("go:embed"),
        DirectiveKind::Build => (place != Place::Package).then_some("compiler"),
        DirectiveKind::Linkname { .. } | DirectiveKind::Debug(_) | DirectiveKind::Other(_) => None,
        _ => (place != Place::Func).then_some("compiler"),
    }
}

/// The directive `text`, which starts with `go:`, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<DirectiveKind, String> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok(match verb {
        "go:build" => DirectiveKind::Build,
        "go:embed" => return embed(rest),
        "go:linkname" | "go:linknamestd" if verb != text => return linkname(verb, rest),
        "go:wasmimport" | "go:wasmexport" if verb != text => return wasm(verb, text, rest),
        "go:noescape" => DirectiveKind::Noescape,
        "go:noinline" => DirectiveKind::Noinline,
        "go:nosplit" => DirectiveKind::Nosplit,
        "go:norace" => DirectiveKind::Norace,
        "go:nocheckptr" => DirectiveKind::Nocheckptr,
        "go:uintptrescapes" => DirectiveKind::Uintptrescapes,
        "go:uintptrkeepalive" => DirectiveKind::Uintptrkeepalive,
        "go:systemstack" => DirectiveKind::Systemstack,
        "go:nowritebarrier" => DirectiveKind::Nowritebarrier,
        "go:nowritebarrierrec" => DirectiveKind::Nowritebarrierrec,
        "go:yeswritebarrierrec" => DirectiveKind::Yeswritebarrierrec,
        "go:registerparams" => DirectiveKind::Registerparams,
        "go:cgo_unsafe_args" => DirectiveKind::CgoUnsafeArgs,
        "go:debug" => DirectiveKind::Debug(Symbol::intern(rest.trim())),
        _ => DirectiveKind::Other(Symbol::intern(text)),
    })
}

fn linkname(verb: &str, rest: &str) -> Result<DirectiveKind, String> {
    let mut words = rest.split_whitespace().map(Symbol::intern);
    match (words.next(), words.next(), words.next()) {
        (Some(local), remote, None) => {
            Ok(DirectiveKind::Linkname { is_std: verb == "go:linknamestd", local, remote })
        }
        _ => Err(format!("usage: //{verb} localname [linkname]")),
    }
}

/// These only mean something on another architecture; only their form is checked.
fn wasm(verb: &str, text: &str, rest: &str) -> Result<DirectiveKind, String> {
    let (n_words, usage) = match verb {
        "go:wasmimport" => (2, "usage: //go:wasmimport importmodule importname"),
        _ => (1, "usage: //go:wasmexport exportname"),
    };
    if rest.split_whitespace().count() != n_words {
        return Err(usage.to_owned());
    }
    Ok(DirectiveKind::Other(Symbol::intern(text)))
}

/// The patterns of `//go:embed`: words, each possibly a string literal of either kind.
fn embed(mut rest: &str) -> Result<DirectiveKind, String> {
    let mut patterns = Vec::new();
    loop {
        rest = rest.trim();
        let Some(first) = rest.chars().next() else { break };
        let invalid = || format!("invalid quoted string in //go:embed: {rest}");
        let length = match first {
            '`' => rest[1..].find('`').map(|length| length + 2).ok_or_else(invalid)?,
            '"' => string_length(rest).ok_or_else(invalid)?,
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        patterns.push(match first {
            '`' => word[1..length - 1].to_owned(),
            '"' => crate::unquote(word)
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| format!("invalid quoted string in //go:embed: {word}"))?,
            _ => word.to_owned(),
        });
        if after.starts_with(|c: char| !c.is_whitespace()) {
            return Err(format!("invalid quoted string in //go:embed: {after}"));
        }
        rest = after;
    }
    if patterns.is_empty() {
        return Err("usage: //go:embed pattern...".to_owned());
    }
    Ok(DirectiveKind::Embed(patterns))
}

/// The length of the interpreted string that `text` starts with.
fn string_length(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// The largest line or column that a directive may claim. As syntax.PosMax.
const MAX_LINE: u64 = 1 << 30;

/// The place that a line directive claims: name, line, and column or 0.
type ClaimedPlace = (Arc<str>, u32, u32);

/// What `text`, which follows `line ` in a comment of the file `of`, claims; `previous` is the name that is current.
/// `Ok(None)`: it is no directive. An error comes with its offset in `text`.
pub(crate) fn parse_line(
    text: &str,
    of: &str,
    previous: &str,
) -> Result<Option<ClaimedPlace>, (u32, String)> {
    let Some((before, last)) = trailing_number(text) else { return Ok(None) };
    let invalid =
        |what: &str, from: usize| (from as u32, format!("invalid {what} number: {}", &text[from..]));
    let last_start = before.len() + 1;
    let Some(last) = last else { return Err(invalid("line", last_start)) };
    let (name, line, line_start, column) = match trailing_number(before) {
        Some((name, Some(line))) => (name, line, name.len() + 1, Some(last)),
        _ => (before, last, last_start, None),
    };
    if column.is_some_and(|column| !(1..=MAX_LINE).contains(&column)) {
        return Err(invalid("column", last_start));
    }
    if !(1..=MAX_LINE).contains(&line) {
        return Err(invalid("line", line_start));
    }
    let name = match (name, column) {
        ("", Some(_)) => previous.into(),
        ("", None) => "".into(),
        _ => SourceMap::line_directive_name(of, name).into(),
    };
    Ok(Some((name, line as u32, column.unwrap_or(0) as u32)))
}

/// Splits `text` at its last colon: what is before, and the number after, if it is one.
fn trailing_number(text: &str) -> Option<(&str, Option<u64>)> {
    let (before, digits) = text.rsplit_once(':')?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((before, is_number.then(|| digits.parse().ok()).flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embed_patterns_are_words_or_strings() {
        let patterns = |text: &str| match parse(text) {
            Ok(DirectiveKind::Embed(patterns)) => patterns.join("|"),
            other => format!("{other:?}"),
        };
        assert_eq!(patterns("go:embed a/* \"b c\"  `d\\e`"), "a/*|b c|d\\e");
        assert_eq!(patterns("go:embed"), r#"Err("usage: //go:embed pattern...")"#);
        assert_eq!(patterns("go:embed \"a"), r#"Err("invalid quoted string in //go:embed: \"a")"#);
        assert_eq!(patterns("go:embed `a`b"), r#"Err("invalid quoted string in //go:embed: b")"#);
    }

    #[test]
    fn line_directives_claim_name_line_and_column() {
        let claim = |text: &str| match parse_line(text, "d/f.go", "old.go") {
            Ok(Some((name, line, column))) => format!("{name} {line} {column}"),
            other => format!("{other:?}"),
        };
        assert_eq!(claim("a.y:7"), "d/a.y 7 0");
        assert_eq!(claim("a.y:7:3"), "d/a.y 7 3");
        assert_eq!(claim(":7:3"), "old.go 7 3");
        assert_eq!(claim(":7"), " 7 0");
        assert_eq!(claim("c:\\a.y:7"), "d/c:\\a.y 7 0");
        assert_eq!(claim("no number"), "Ok(None)");
        assert_eq!(claim("a.y:x"), r#"Err((4, "invalid line number: x"))"#);
        assert_eq!(claim("a.y:0"), r#"Err((4, "invalid line number: 0"))"#);
        assert_eq!(claim("a.y:1:0"), r#"Err((6, "invalid column number: 0"))"#);
    }
}
