//! `64KiB`, `4MiB`.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub usize);

// The bytesize crate reads numbers as floating point and lets them overflow silently.
const UNITS: [(&str, usize); 8] = [
    ("", 1),
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

impl Size {
    /// So many times 1024 bytes.
    pub const fn kib(count: usize) -> Self {
        Self(count * 1024)
    }

    /// So many times 1024 KiB.
    pub const fn mib(count: usize) -> Self {
        Self(count * 1024 * 1024)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "expected a size\nwrite it as `512B`, `64KiB`, `4MiB` or `1GiB`".to_owned();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let number = number.parse::<usize>().map_err(|_| expected())?;
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(expected)?;
        number.checked_mul(*unit).map(Self).ok_or_else(expected)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.into_iter().find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
    }
}

super::notation!(
    Size,
    "Size",
    "^[0-9]+(B|KiB|MiB|GiB|kB|MB|GB)?$",
    "A number of bytes: a whole number with `B`, `KiB`, `MiB`, `GiB` (or `kB`, `MB`, `GB`), for example `64KiB`."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_with_units() {
        let parsed = |text: &str| text.parse::<Size>().map(|size| size.0);
        assert_eq!(parsed("64KiB"), Ok(65_536));
        assert_eq!(parsed("1MB"), Ok(1_000_000));
        assert_eq!(parsed("512"), Ok(512));
        for bad in ["", "MiB", "1.5MiB", "-1B", "1 MiB", "1mib", "9999999999999999999999GiB"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_print_as_they_are_read() {
        for text in ["0B", "1B", "64KiB", "4MiB", "1GiB", "1000B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
    }
}
