//! The value of string and rune literals.

/// The bytes that the string literal `text` stands for; `None` when it is malformed. As strconv.Unquote, for strings.
#[must_use]
pub fn unquote(text: &str) -> Option<Vec<u8>> {
    if let Some(raw) = text.strip_prefix('`') {
        // Spec: "Carriage return characters inside raw string literals are discarded".
        let body = raw.strip_suffix('`')?;
        return Some(body.bytes().filter(|&byte| byte != b'\r').collect());
    }
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = Vec::with_capacity(rest.len());
    while let Some(backslash) = rest.find('\\') {
        value.extend_from_slice(&rest.as_bytes()[..backslash]);
        let (unit, after) = unescape(&rest[backslash + 1..], '"')?;
        match unit {
            Unit::Byte(byte) => value.push(byte),
            Unit::Char(c) => value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    value.extend_from_slice(rest.as_bytes());
    Some(value)
}

/// The number that the rune literal `text` stands for; `None` when it is malformed.
#[must_use]
pub fn unquote_rune(text: &str) -> Option<u32> {
    let body = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let (value, rest) = match body.strip_prefix('\\') {
        Some(escape) => match unescape(escape, '\'')? {
            (Unit::Byte(byte), rest) => (u32::from(byte), rest),
            (Unit::Char(c), rest) => (u32::from(c), rest),
        },
        None => {
            let c = body.chars().next()?;
            (u32::from(c), &body[c.len_utf8()..])
        }
    };
    rest.is_empty().then_some(value)
}

enum Unit {
    Byte(u8),
    Char(char),
}

/// What the text behind a backslash stands for, and the rest of the text.
fn unescape(text: &str, quote: char) -> Option<(Unit, &str)> {
    let first = text.chars().next()?;
    let after = &text[first.len_utf8()..];
    let digits = |text: &str, length: usize, base: u32| {
        let digits = text.get(..length).filter(|digits| digits.chars().all(|c| c.is_digit(base)))?;
        u32::from_str_radix(digits, base).ok()
    };
    let byte = match first {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        _ if first == quote => first as u8,
        '0'..='7' => return Some((Unit::Byte(u8::try_from(digits(text, 3, 8)?).ok()?), &text[3..])),
        'x' => return Some((Unit::Byte(digits(after, 2, 16)? as u8), &after[2..])),
        'u' => return Some((Unit::Char(char::from_u32(digits(after, 4, 16)?)?), &after[4..])),
        'U' => return Some((Unit::Char(char::from_u32(digits(after, 8, 16)?)?), &after[8..])),
        _ => return None,
    };
    Some((Unit::Byte(byte), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stand_for_bytes() {
        assert_eq!(unquote(r#""a\n\x80\377\u00e9\"""#).unwrap(), b"a\n\x80\xff\xc3\xa9\"");
        assert_eq!(unquote("`a\\n\r\nb`").unwrap(), b"a\\n\nb");
        for malformed in [r#""\'""#, r#""\400""#, r#""\ud800""#, r#""\x+1""#, "\"", "abc", "`a"] {
            assert_eq!(unquote(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn runes_stand_for_numbers() {
        assert_eq!(unquote_rune("'世'"), Some(0x4e16));
        assert_eq!(unquote_rune(r"'\''"), Some(39));
        assert_eq!(unquote_rune(r"'\xff'"), Some(255));
        assert_eq!(unquote_rune("'ab'"), None);
        assert_eq!(unquote_rune("''"), None);
    }
}
