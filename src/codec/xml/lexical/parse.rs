//! The lexical forms of XML Schema.

use std::borrow::Cow;

use crate::codec::json::number::Integer;
use crate::codec::scalar::{self, Raw};
use crate::codec::time;
use crate::codec::xml::reader::is_blank;
use crate::contract::shape::Kind;
use crate::contract::xml::Builtin;

/// A number or boolean, all of the text.
pub(super) fn parse(kind: Kind, text: &str) -> Option<Raw> {
    match kind {
        Kind::Bool => match text {
            "true" | "1" => Some(Raw::Varint(1)),
            "false" | "0" => Some(Raw::Varint(0)),
            _ => None,
        },
        Kind::Double => Some(Raw::Fixed64(float::<f64>(text)?.to_bits())),
        Kind::Float => Some(Raw::Fixed32(float::<f32>(text)?.to_bits())),
        kind => {
            let (negative, digits) = match text.as_bytes() {
                [b'-', digits @ ..] => (true, digits),
                [b'+', digits @ ..] => (false, digits),
                digits => (false, digits),
            };
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            let magnitude = digits.iter().try_fold(0u64, |value, digit| {
                value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
            })?;
            scalar::integer(kind, Integer { negative, magnitude, len: 0 })
        }
    }
}

trait Float: std::str::FromStr {
    const NAN: Self;
    const INFINITY: Self;
    const NEG_INFINITY: Self;
    fn is_finite(&self) -> bool;
}

macro_rules! float {
    ($of:ident) => {
        impl Float for $of {
            const NAN: Self = Self::NAN;
            const INFINITY: Self = Self::INFINITY;
            const NEG_INFINITY: Self = Self::NEG_INFINITY;
            fn is_finite(&self) -> bool {
                $of::is_finite(*self)
            }
        }
    };
}
float!(f64);
float!(f32);

fn float<F: Float>(text: &str) -> Option<F> {
    match text {
        "NaN" => Some(F::NAN),
        "INF" => Some(F::INFINITY),
        "-INF" => Some(F::NEG_INFINITY),
        // Rust reads words of its own beside.
        _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) => {
            text.parse().ok().filter(F::is_finite)
        }
        _ => None,
    }
}

/// The text as the white space facet of its type has it.
pub(super) fn spaced(builtin: Builtin, text: &str) -> Cow<'_, str> {
    match builtin {
        Builtin::String | Builtin::AnySimpleType => Cow::Borrowed(text),
        Builtin::NormalizedString => match text.contains(['\t', '\r', '\n']) {
            true => Cow::Owned(text.replace(['\t', '\r', '\n'], " ")),
            false => Cow::Borrowed(text),
        },
        // Collapsed in the middle as well; few are.
        _ => {
            let trimmed = text.trim_matches(is_blank);
            match trimmed.contains(is_blank) {
                true if matches!(builtin, Builtin::Base64Binary) => Cow::Borrowed(trimmed),
                true => Cow::Owned(
                    trimmed
                        .split(is_blank)
                        .filter(|word| !word.is_empty())
                        .collect::<Vec<_>>()
                        .join(" "),
                ),
                false => Cow::Borrowed(trimmed),
            }
        }
    }
}

/// Seconds since 1970 and nanoseconds of an `xs:dateTime`.
pub(in crate::codec::xml) fn moment(text: &str) -> Option<(i64, i32)> {
    time::parse_timestamp(&zoned(text.trim_matches(is_blank)))
}

/// A moment without a zone is taken as one of UTC.
pub(super) fn zoned(text: &str) -> Cow<'_, str> {
    let zoned = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    if zoned { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}Z")) }
}

/// The day of an `xs:date` at midnight, as RFC 3339 has it.
pub(super) fn date(text: &str) -> Option<String> {
    let (day, zone) = text.split_at_checked(10)?;
    let moment = format!("{day}T00:00:00{}", if zone.is_empty() { "Z" } else { zone });
    time::parse_timestamp(&moment).map(|_| moment)
}

/// Seconds and nanoseconds of an `xs:duration` of days and below: months are of no certain length.
pub(super) fn duration(text: &str) -> Option<(i64, i32)> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix('P')?;
    let (days, clock) = match rest.split_once('T') {
        Some((days, clock)) if !clock.is_empty() => (days, clock),
        Some(_) => return None,
        None => (rest, ""),
    };
    let mut seconds = 0i64;
    let mut any = false;
    if !days.is_empty() {
        seconds = days.strip_suffix('D')?.parse::<u32>().ok()?.into();
        seconds *= 86_400;
        any = true;
    }
    let mut clock = clock;
    for (unit, size) in [('H', 3600i64), ('M', 60)] {
        if let Some((count, rest)) = clock.split_once(unit) {
            seconds = seconds.checked_add(i64::from(count.parse::<u32>().ok()?) * size)?;
            clock = rest;
            any = true;
        }
    }
    let mut nanos = 0;
    if !clock.is_empty() {
        let (whole, fraction) = time::parse_duration(&format!("{}s", clock.strip_suffix('S')?))?;
        if clock.starts_with('-') {
            return None;
        }
        seconds = seconds.checked_add(whole)?;
        nanos = fraction;
        any = true;
    }
    any.then_some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

/// Whole units and billionths of an `xs:decimal`.
pub(super) fn decimal(text: &str) -> Option<(i64, i32)> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?),
        [b'+', ..] => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if !all_digits(whole)
        || !all_digits(fraction)
        || fraction.len() > 9
        || digits.is_empty()
        || (whole.is_empty() && digits.len() < 2)
    {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    Some(if negative { (-whole, -nanos) } else { (whole, nanos) })
}

pub(super) fn decode_base64(text: &str, out: &mut Vec<u8>) -> bool {
    if !text.contains(is_blank) {
        return scalar::decode_base64(text.as_bytes(), out);
    }
    // Lines of 76 characters are usual.
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    scalar::decode_base64(&text, out)
}

pub(super) fn decode_hex(text: &str, out: &mut Vec<u8>) -> bool {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return false };
    for [high, low] in pairs {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return false };
        out.push((high * 16 + low) as u8);
    }
    true
}
