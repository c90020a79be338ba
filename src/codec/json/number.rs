//! JSON numbers, read exactly.

/// Why a text is no number of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It is no JSON number at all, or no integer.
    Form,
    /// It is one, but too large or too small.
    Range,
}

/// An integer of up to 64 bits and a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integer {
    /// Whether a minus stood before it.
    pub negative: bool,
    /// The number without its sign.
    pub magnitude: u64,
    /// How many bytes of the text it took.
    pub len: usize,
}

/// The integer at the start of `text`: `12`, but also `12.0`, `1.2e1` and `1200e-2`.
#[inline]
pub fn integer(text: &[u8]) -> Result<Integer, Problem> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut magnitude = 0u64;
    let mut at = start;
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|d| *d < 10) {
        magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    let digits = at - start;
    // 19 digits fit without overflow.
    if digits == 0 || digits > 19 || matches!(text.get(at), Some(b'.' | b'e' | b'E')) {
        return unusual_integer(text);
    }
    if digits > 1 && text.get(start) == Some(&b'0') {
        return Err(Problem::Form);
    }
    Ok(Integer { negative, magnitude, len: at })
}

#[cold]
fn unusual_integer(text: &[u8]) -> Result<Integer, Problem> {
    let scanned = scan(text).ok_or(Problem::Form)?;
    let mut magnitude = 0u64;
    let mut zeros = 0i64;
    let mut after_point = false;
    let mut scale = 0i64;
    for byte in text.get(..scanned.mantissa_end).unwrap_or_default() {
        match byte {
            b'.' => after_point = true,
            b'0'..=b'9' => {
                scale -= i64::from(after_point);
                zeros += 1;
                if *byte != b'0' {
                    let digit = u64::from(byte - b'0');
                    magnitude = times_ten(magnitude, zeros)
                        .and_then(|number| number.checked_add(digit))
                        .ok_or(Problem::Range)?;
                    zeros = 0;
                }
            }
            _ => {}
        }
    }
    let exponent = scanned.exponent.saturating_add(scale).saturating_add(zeros);
    let magnitude = match exponent {
        _ if magnitude == 0 => 0,
        ..0 => return Err(Problem::Form),
        _ => times_ten(magnitude, exponent).ok_or(Problem::Range)?,
    };
    Ok(Integer { negative: scanned.negative, magnitude, len: scanned.len })
}

fn times_ten(number: u64, times: i64) -> Option<u64> {
    if number == 0 {
        return Some(0);
    }
    number.checked_mul(10u64.checked_pow(u32::try_from(times).ok()?)?)
}

/// The double at the start of `text` and how many bytes it took.
#[inline]
pub fn double(text: &[u8]) -> Result<(f64, usize), Problem> {
    let scanned = scan(text).ok_or(Problem::Form)?;
    // Both the mantissa and the power of ten are exact, so one operation rounds right.
    let value = match scanned.exact(1 << 53, POWERS.len()) {
        Some((mantissa, power)) if power < 0 => mantissa as f64 / pow10(power),
        Some((mantissa, power)) => mantissa as f64 * pow10(power),
        None => {
            let value: f64 = parse(text, scanned.len)?;
            return if value.is_finite() { Ok((value, scanned.len)) } else { Err(Problem::Range) };
        }
    };
    Ok((if scanned.negative { -value } else { value }, scanned.len))
}

/// The float at the start of `text` and how many bytes it took.
#[inline]
pub fn float(text: &[u8]) -> Result<(f32, usize), Problem> {
    let scanned = scan(text).ok_or(Problem::Form)?;
    let value = match scanned.exact(1 << 24, 11) {
        Some((mantissa, power)) if power < 0 => mantissa as f32 / pow10(power) as f32,
        Some((mantissa, power)) => mantissa as f32 * pow10(power) as f32,
        None => {
            let value: f32 = parse(text, scanned.len)?;
            return if value.is_finite() { Ok((value, scanned.len)) } else { Err(Problem::Range) };
        }
    };
    Ok((if scanned.negative { -value } else { value }, scanned.len))
}

/// How many bytes the JSON number at the start of `text` takes.
pub fn length(text: &[u8]) -> Option<usize> {
    scan(text).map(|scanned| scanned.len)
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

#[inline]
fn pow10(power: i64) -> f64 {
    POWERS.get(power.unsigned_abs() as usize).copied().unwrap_or(f64::NAN)
}

fn parse<T: std::str::FromStr>(text: &[u8], len: usize) -> Result<T, Problem> {
    let text = text.get(..len).and_then(|text| std::str::from_utf8(text).ok());
    text.and_then(|text| text.parse().ok()).ok_or(Problem::Form)
}

struct Scanned {
    negative: bool,
    /// Where the digits before the exponent end.
    mantissa_end: usize,
    /// The digits without point and leading zeros; only right where there are at most 19.
    mantissa: u64,
    digits: usize,
    fraction: usize,
    exponent: i64,
    len: usize,
}

impl Scanned {
    #[inline]
    fn exact(&self, below: u64, powers: usize) -> Option<(u64, i64)> {
        let power = self.exponent.saturating_sub(self.fraction as i64);
        let exact =
            self.digits <= 19 && self.mantissa <= below && power.unsigned_abs() < powers as u64;
        exact.then_some((self.mantissa, power))
    }
}

#[inline]
fn scan(text: &[u8]) -> Option<Scanned> {
    let digit = |at: usize| text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|d| *d < 10);
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut mantissa = 0u64;
    let mut at = start;
    while let Some(digit) = digit(at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    let mut digits = at - start;
    if digits == 0 || (digits > 1 && text.get(start) == Some(&b'0')) {
        return None;
    }
    let mut fraction = 0;
    if text.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        while let Some(digit) = digit(at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        fraction = at - point;
        if fraction == 0 {
            return None;
        }
        digits += fraction;
    }
    let mantissa_end = at;
    let mut exponent = 0i64;
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        let minus = text.get(at) == Some(&b'-');
        at += usize::from(matches!(text.get(at), Some(b'-' | b'+')));
        let first = at;
        while let Some(digit) = digit(at) {
            exponent = exponent.saturating_mul(10).saturating_add(i64::from(digit));
            at += 1;
        }
        if at == first {
            return None;
        }
        if minus {
            exponent = -exponent;
        }
    }
    Some(Scanned { negative, mantissa_end, mantissa, digits, fraction, exponent, len: at })
}

#[cfg(test)]
mod tests {
    use super::{Integer, Problem, double, float, integer};

    #[test]
    fn integers_are_read_in_every_spelling() {
        let cases = [
            ("0", false, 0),
            ("-0", true, 0),
            ("12", false, 12),
            ("1e5", false, 100_000),
            ("1.0", false, 1),
            ("-1.50e1", true, 15),
            ("100e-2", false, 1),
            ("0e99999999999999999999", false, 0),
            ("0.000e-5", false, 0),
            ("18446744073709551615", false, u64::MAX),
            ("1844674407370955161500000e-5", false, u64::MAX),
            ("1.0000000000000000000000000000000000000", false, 1),
        ];
        for (text, negative, magnitude) in cases {
            let expected = Integer { negative, magnitude, len: text.len() };
            assert_eq!(integer(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_integer_is_refused() {
        for text in ["", "-", "01", "+1", ".5", "1.", "1e", "1e+", "1.5", "15e-1", "abc", " 1"] {
            assert_eq!(integer(text.as_bytes()), Err(Problem::Form), "{text}");
        }
        for text in
            ["18446744073709551616", "1e20", "1e99999999999999999999", "99999999999999999999"]
        {
            assert_eq!(integer(text.as_bytes()), Err(Problem::Range), "{text}");
        }
    }

    #[test]
    fn floats_round_as_the_standard_library_does() {
        let texts = [
            "0",
            "-0",
            "1.5",
            "0.1",
            "123456.789e-3",
            "1e22",
            "1e23",
            "9007199254740993",
            "1e-23",
            "2.2250738585072014e-308",
            "5e-324",
            "1.7976931348623157e308",
            "0.30000000000000004",
            "16777217",
            "3.4028235e38",
            "1.17549435e-38",
            "8.5e-10",
            "1e10",
            "33554433e-3",
            "00000.1",
            "12345678901234567890",
            "123456789012345678901234567890e-10",
        ];
        for text in texts.iter().filter(|text| !text.starts_with("00")) {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(double(text.as_bytes()).unwrap().0.to_bits(), expected.to_bits(), "{text}");
            let expected: f32 = text.parse().unwrap();
            match float(text.as_bytes()) {
                Ok((value, _)) => assert_eq!(value.to_bits(), expected.to_bits(), "{text}"),
                Err(problem) => {
                    assert_eq!((problem, expected.is_finite()), (Problem::Range, false), "{text}");
                }
            }
        }
        assert_eq!(double(b"1e309"), Err(Problem::Range));
        assert_eq!(float(b"3.5e38"), Err(Problem::Range));
        assert_eq!(double(b"00000.1"), Err(Problem::Form));
        assert_eq!(double(b"Infinity"), Err(Problem::Form));
    }
}
