//! JSON objects in the form of Go's encoding/json, fields in the order given.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// An object that is being written.
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Self {
        Self("{".to_owned())
    }

    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.bytes(name, value.as_bytes())
    }

    pub(super) fn text_unless_empty(&mut self, name: &str, value: &str) -> &mut Self {
        if value.is_empty() { self } else { self.text(name, value) }
    }

    /// Text that may not be UTF-8; what is not becomes the replacement character.
    pub(super) fn bytes(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.name(name);
        self.0.push('"');
        for chunk in value.utf8_chunks() {
            chunk.valid().chars().for_each(|c| self.character(c));
            chunk.invalid().iter().for_each(|_| self.0 += "\\ufffd");
        }
        self.0.push('"');
        self
    }

    pub(super) fn number(&mut self, name: &str, value: f64) -> &mut Self {
        self.name(name);
        self.push(format_args!("{value}"));
        self
    }

    /// The object on a line of its own.
    pub(super) fn finish(self) -> String {
        self.0 + "}\n"
    }

    fn name(&mut self, name: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        self.push(format_args!("{comma}\"{name}\":"));
    }

    fn character(&mut self, c: char) {
        match c {
            '"' => self.0 += "\\\"",
            '\\' => self.0 += "\\\\",
            '\n' => self.0 += "\\n",
            '\r' => self.0 += "\\r",
            '\t' => self.0 += "\\t",
            '\u{8}' => self.0 += "\\b",
            '\u{c}' => self.0 += "\\f",
            '\0'..'\u{20}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                self.push(format_args!("\\u{:04x}", u32::from(c)));
            }
            _ => self.0.push(c),
        }
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.0.write_fmt(arguments).expect("writing to a string cannot fail");
    }
}

/// A time as RFC 3339 writes it, in UTC, with as many decimals as it needs.
pub(super) fn timestamp(time: SystemTime) -> String {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since_epoch.as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let decimals = format!("{:09}", since_epoch.subsec_nanos());
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{decimals}Z")
}

/// Year, month and day of a day after 1970-01-01: years are counted from March, so that the leap day is the last.
fn civil_date(days: u64) -> (u64, u64, u64) {
    const DAYS_PER_ERA: u64 = 146_097;
    let days = days + 719_468;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_go_escapes_it() {
        let mut object = Object::new();
        object.bytes("Output", b"a<\"\\\x01\t\xff\xc3\xa4\n").number("Elapsed", 0.01);
        assert_eq!(
            object.finish(),
            "{\"Output\":\"a\\u003c\\\"\\\\\\u0001\\t\\ufffd\u{e4}\\n\",\"Elapsed\":0.01}\n"
        );
    }

    #[test]
    fn times_are_dates() {
        let at = |seconds, nanos| timestamp(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos));
        assert_eq!(at(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400, 500_000_000), "2000-02-29T00:00:00.5Z");
        assert_eq!(at(1_795_819_072, 1), "2026-11-27T22:37:52.000000001Z");
    }
}
