//! `250ms`, `2s`, `1m30s`.

use std::fmt;
use std::str::FromStr;
use std::time;

/// A span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub time::Duration);

const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

impl Duration {
    /// So many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self(time::Duration::from_secs(count))
    }
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected a duration";
        if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
            return Err(format!("{EXPECTED} with its unit\nwrite `{text}s` for seconds"));
        }
        // humantime knows more units, some of them surprising: `M` is a month.
        let mut units = text.split(|c: char| c.is_ascii_digit()).filter(|unit| !unit.is_empty());
        let starts_well = text.starts_with(|c: char| c.is_ascii_digit());
        if !starts_well || !units.all(|unit| UNITS.iter().any(|(known, _)| *known == unit)) {
            return Err(format!("{EXPECTED}\nwrite it as `250ms`, `2s`, `1m30s` or `1h`"));
        }
        humantime::parse_duration(text)
            .map(Self)
            .map_err(|_| format!("{EXPECTED}\nwrite it as `250ms`, `2s`, `1m30s` or `1h`"))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, nanos) in UNITS.into_iter().rev() {
            if rest >= nanos {
                write!(f, "{}{unit}", rest / nanos)?;
                rest %= nanos;
            }
        }
        Ok(())
    }
}

super::notation!(
    Duration,
    "Duration",
    "^([0-9]+(ns|us|ms|s|m|h|d))+$",
    "A span of time: whole numbers with `ns`, `us`, `ms`, `s`, `m`, `h` or `d`, for example `250ms`, `2s`, `1m30s`."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        let parsed = |text: &str| text.parse::<Duration>().map(|duration| duration.0);
        assert_eq!(parsed("250ms"), Ok(time::Duration::from_millis(250)));
        assert_eq!(parsed("1m30s"), Ok(time::Duration::from_secs(90)));
        assert_eq!(parsed("0s"), Ok(time::Duration::ZERO));
        for bad in ["", "30", "s", "-1s", "1.5s", "1M", "2 s", "99999999999999999999s", "5sec"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_print_as_they_are_read() {
        for text in ["0s", "1ns", "250ms", "2s", "1m30s", "1h", "1d1h"] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), text);
        }
    }
}
