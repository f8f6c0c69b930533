//! Durations as Go writes them: `1h2m3.5s`.

/// Nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct GoDuration(pub(crate) i64);

const UNITS: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

impl GoDuration {
    pub(crate) const SECOND: Self = Self(1_000_000_000);
    pub(crate) const MINUTE: Self = Self(60 * Self::SECOND.0);

    /// As `time.ParseDuration`: numbers with units, one after the other, maybe with a sign in front.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        let mut total = 0.0;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let n_digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, after) = rest.split_at(n_digits);
            let number: f64 = number.parse().ok()?;
            let n_letters = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
            let (unit, after) = after.split_at(n_letters);
            let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
            total += number * scale;
            rest = after;
        }
        (total < i64::MAX as f64).then_some(Self(if is_negative { -(total as i64) } else { total as i64 }))
    }

    /// The duration for a timer; a negative one is over at once.
    pub(crate) fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.0.unsigned_abs())
    }
}

/// As `time.Duration.String`.
impl std::fmt::Display for GoDuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let ns = self.0.unsigned_abs();
        let small = |value: u64, per_unit: u64, unit: &str| fraction(value, per_unit) + unit;
        let text = match ns {
            0 => "0s".to_owned(),
            1..1_000 => format!("{ns}ns"),
            1_000..1_000_000 => small(ns, 1_000, "µs"),
            1_000_000..1_000_000_000 => small(ns, 1_000_000, "ms"),
            _ => long(ns),
        };
        f.write_str(&text)
    }
}

fn long(ns: u64) -> String {
    let (minutes, ns) = (ns / 60_000_000_000, ns % 60_000_000_000);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let seconds = fraction(ns, 1_000_000_000);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// A number of units with as many decimals as it needs.
fn fraction(value: u64, per_unit: u64) -> String {
    let (whole, rest) = (value / per_unit, value % per_unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = per_unit.ilog10() as usize;
    let decimals = format!("{rest:0width$}");
    format!("{whole}.{}", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, written) in [
            ("1h", "1h0m0s"),
            ("90s", "1m30s"),
            ("1.5s", "1.5s"),
            ("1m0.25s", "1m0.25s"),
            ("1ns", "1ns"),
            ("1500us", "1.5ms"),
            ("2µs", "2µs"),
            ("0", "0s"),
            ("-3m", "-3m0s"),
        ] {
            assert_eq!(GoDuration::parse(text).unwrap().to_string(), written, "{text}");
        }
        for text in ["", "1", "s", "1x", "1.2.3s", "3s4", "-"] {
            assert_eq!(GoDuration::parse(text), None, "{text}");
        }
    }
}
