//! Timestamps and durations between their text and their two numbers.

/// 0001-01-01T00:00:00Z.
const FIRST: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;
/// The whole seconds of some 10,000 years; a fraction of one may follow them.
const LONGEST: i64 = 315_576_000_000;
const DAY: i64 = 86_400;

/// Seconds since 1970 and nanoseconds of an RFC 3339 text in the years 1 to 9999.
pub(super) fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', o0, o1, b'-', d0, d1, b'T', h0, h1, b':', m0, m1, b':', s0, s1] =
        *date
    else {
        return None;
    };
    let two = |a, b| Some(digit(a)? * 10 + digit(b)?);
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(o0, o1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(m0, m1)?, two(s0, s1)?);
    let valid = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !valid {
        return None;
    }
    let (nanos, rest) = match rest {
        [b'.', fraction @ ..] => parse_fraction(fraction)?,
        rest => (0, rest),
    };
    let offset = match *rest {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (two(h0, h1)?, two(m0, m1)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == b'-' { -60 } else { 60 }
        }
        _ => return None,
    };
    let seconds =
        days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    (FIRST..=LAST).contains(&seconds).then_some((seconds, nanos))
}

/// Appends the RFC 3339 form in UTC, with 0, 3, 6 or 9 digits of fraction.
pub(super) fn write_timestamp(
    seconds: i64,
    nanos: i32,
    out: &mut Vec<u8>,
) -> Result<(), &'static str> {
    if !(FIRST..=LAST).contains(&seconds) {
        return Err("a timestamp outside of the years 1 to 9999");
    }
    let nanos = valid_nanos(nanos).ok_or("a timestamp with nanos outside of 0 to 999999999")?;
    // Unsigned and narrow numbers divide in the fewest instructions.
    let since_first = (seconds - FIRST) as u64;
    let (days, second) = ((since_first / DAY as u64) as u32, (since_first % DAY as u64) as u32);
    let (year, month, day) = date_of(days + FIRST_DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let date = digits(year / 100)
        | digits(year % 100) << 16
        | u64::from(b'-') << 32
        | digits(month) << 40
        | u64::from(b'-') << 56;
    let time = digits(day)
        | u64::from(b'T') << 16
        | digits(hour) << 24
        | u64::from(b':') << 40
        | digits(minute) << 48;
    let end = u64::from(b':') | digits(second) << 8 | u64::from(b'Z') << 24;
    out.extend_from_slice(&(u128::from(date) | u128::from(time) << 64).to_le_bytes());
    out.extend_from_slice(&(end as u32).to_le_bytes());
    if nanos != 0 {
        out.pop();
        write_fraction(nanos, out);
        out.push(b'Z');
    }
    Ok(())
}

/// Seconds and nanoseconds of a text like `-1.5s`.
pub(super) fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let number = text.strip_suffix('s')?;
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let mut seconds = 0i64;
    let mut rest = number.as_bytes();
    while let [first, more @ ..] = rest
        && let Some(value) = digit(*first)
    {
        seconds = seconds * 10 + value;
        rest = more;
        if seconds > LONGEST {
            return None;
        }
    }
    if rest.len() == number.len() {
        return None;
    }
    let (nanos, rest) = match rest {
        [b'.', fraction @ ..] => parse_fraction(fraction)?,
        rest => (0, rest),
    };
    if !rest.is_empty() {
        return None;
    }
    Some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

/// Appends a duration like `-1.500s`, with 0, 3, 6 or 9 digits of fraction.
pub(super) fn write_duration(
    seconds: i64,
    nanos: i32,
    out: &mut Vec<u8>,
) -> Result<(), &'static str> {
    if seconds.unsigned_abs() > LONGEST.unsigned_abs() {
        return Err("a duration of more than 10000 years");
    }
    let magnitude = i32::try_from(nanos.unsigned_abs()).ok().and_then(valid_nanos);
    let magnitude = magnitude.ok_or("a duration with nanos of a second or more")?;
    if (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0) {
        return Err("a duration whose seconds and nanos differ in sign");
    }
    if seconds < 0 || nanos < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(seconds.unsigned_abs()).as_bytes());
    write_fraction(magnitude, out);
    out.push(b's');
    Ok(())
}

fn valid_nanos(nanos: i32) -> Option<u32> {
    u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)
}

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

/// Nanoseconds of one to nine digits, and what follows them.
fn parse_fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(count)?;
    if !(1..=9).contains(&count) {
        return None;
    }
    let padded = digits.iter().chain(&[b'0'; 9]).take(9);
    let nanos = padded.fold(0i32, |nanos, byte| nanos * 10 + i32::from(byte - b'0'));
    Some((nanos, rest))
}

/// The two digits of a number below 100, the first one lowest.
#[inline]
fn digits(number: u32) -> u64 {
    u64::from(0x3030 + (number / 10) + (number % 10) * 256)
}

fn write_fraction(nanos: u32, out: &mut Vec<u8>) {
    if nanos == 0 {
        return;
    }
    let mut text = *b".000000000";
    let mut rest = nanos;
    for byte in text.iter_mut().skip(1).rev() {
        *byte += (rest % 10) as u8;
        rest /= 10;
    }
    let len = match () {
        () if nanos.is_multiple_of(1_000_000) => 4,
        () if nanos.is_multiple_of(1_000) => 7,
        () => 10,
    };
    out.extend_from_slice(text.get(..len).unwrap_or(&text));
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01. Years are counted from March, so that the leap day ends one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - DAYS_TO_1970
}

/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;

/// From 0000-03-01 to 0001-01-01.
const FIRST_DAY: u32 = 306;

/// Year, month and day of so many days since 0000-03-01.
fn date_of(days: u32) -> (u32, u32, u32) {
    const ERA: u32 = 146_097;
    let (era, day) = (days / ERA, days % ERA);
    // Days of the era without its leap days, divided by a common year.
    let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = year + era * 400;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::{
        DAY, DAYS_TO_1970, FIRST, LAST, date_of, days_since_1970, parse_duration, parse_timestamp,
        write_duration, write_timestamp,
    };

    fn timestamp(seconds: i64, nanos: i32) -> Result<String, &'static str> {
        let mut out = Vec::new();
        write_timestamp(seconds, nanos, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn duration(seconds: i64, nanos: i32) -> Result<String, &'static str> {
        let mut out = Vec::new();
        write_duration(seconds, nanos, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_day_of_the_calendar_reads_as_written() {
        let mut expected = FIRST / DAY;
        for year in 1..=9999 {
            for (month, days) in (1..).zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                let leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                for day in 1..=days + i64::from(leap) {
                    assert_eq!(days_since_1970(year, month, day), expected);
                    let days = u32::try_from(expected + DAYS_TO_1970).unwrap();
                    let (year, month, day) = (year as u32, month as u32, day as u32);
                    assert_eq!(date_of(days), (year, month, day));
                    expected += 1;
                }
            }
        }
        assert_eq!(expected, LAST / DAY + 1);
    }

    #[test]
    fn timestamps_read_as_written() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("0001-01-01T00:00:00Z", FIRST, 0),
            ("9999-12-31T23:59:59.999999999Z", LAST, 999_999_999),
            ("2026-11-23T15:04:05.120Z", 1_795_446_245, 120_000_000),
            ("1969-12-31T23:59:59.000001Z", -1, 1_000),
        ] {
            assert_eq!(parse_timestamp(text), Some((seconds, nanos)), "{text}");
            assert_eq!(timestamp(seconds, nanos).unwrap(), text);
        }
        assert_eq!(parse_timestamp("1970-01-01T01:30:00.5+01:30"), Some((0, 500_000_000)));
        assert_eq!(parse_timestamp("1969-12-31T16:00:00-08:00"), Some((0, 0)));
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for text in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01t00:00:00Z",
            "1970-01-01T00:00:00z",
            "1970-01-01 00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1234567890Z",
            "1970-01-01T00:00:00+0100",
            "1970-01-01T00:00:00+24:00",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "1970-01-01T00:00:00Z ",
            "1970-01-01T00:00:00é",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
        assert!(timestamp(FIRST - 1, 0).is_err());
        assert!(timestamp(LAST + 1, 0).is_err());
        assert!(timestamp(0, -1).is_err());
        assert!(timestamp(0, 1_000_000_000).is_err());
    }

    #[test]
    fn durations_read_as_written() {
        for (text, seconds, nanos) in [
            ("0s", 0, 0),
            ("1.500s", 1, 500_000_000),
            ("-0.000001s", 0, -1_000),
            ("-315576000000s", -315_576_000_000, 0),
            ("315576000000.999999999s", 315_576_000_000, 999_999_999),
            ("-315576000000.999999999s", -315_576_000_000, -999_999_999),
            ("3.000000001s", 3, 1),
        ] {
            assert_eq!(parse_duration(text), Some((seconds, nanos)), "{text}");
            assert_eq!(duration(seconds, nanos).unwrap(), text);
        }
        assert_eq!(parse_duration("1.5s"), Some((1, 500_000_000)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "s",
            "1",
            "-s",
            ".5s",
            "1.s",
            "+1s",
            "1.1234567890s",
            "315576000001s",
            "1 s",
            "99999999999999999999999s",
            "1e3s",
            "--1s",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert!(duration(1, -1).is_err());
        assert!(duration(-1, 1).is_err());
        assert!(duration(0, 1_000_000_000).is_err());
        assert!(duration(0, i32::MIN).is_err());
        assert!(duration(i64::MIN, 0).is_err());
    }
}
