//! Characters in messages, as Go's `%#U` and `%q` write them.

/// `U+0040 '@'`, or just `U+0007` when there is nothing to see. As fmt's `%#U`.
pub(crate) fn describe_char(c: char) -> String {
    let code = u32::from(c);
    if is_print(c) { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}

/// `U+D800`, for a number that may be no character.
pub(super) fn describe_code(code: u32) -> String {
    char::from_u32(code).map_or_else(|| format!("U+{code:04X}"), describe_char)
}

/// `'x'`, `'\n'`. As strconv.QuoteRune.
pub(super) fn quote_char(c: char) -> String {
    match c {
        '\'' => r"'\''".to_owned(),
        '\\' => r"'\\'".to_owned(),
        '\x07' => r"'\a'".to_owned(),
        '\x08' => r"'\b'".to_owned(),
        '\x0c' => r"'\f'".to_owned(),
        '\n' => r"'\n'".to_owned(),
        '\r' => r"'\r'".to_owned(),
        '\t' => r"'\t'".to_owned(),
        '\x0b' => r"'\v'".to_owned(),
        _ if is_print(c) => format!("'{c}'"),
        _ if u32::from(c) < 0x80 => format!(r"'\x{:02x}'", u32::from(c)),
        _ if u32::from(c) < 0x10000 => format!(r"'\u{:04x}'", u32::from(c)),
        _ => format!(r"'\U{:08x}'", u32::from(c)),
    }
}

fn is_print(c: char) -> bool {
    // What Rust does not escape in a string, it thinks printable; quotes and backslashes are, too.
    c == '\'' || c == '"' || c == '\\' || c.escape_debug().len() == 1
}
