//! Simple values between the text of XML Schema (Part 2) and the wire.

use std::borrow::Cow;

use super::escape;
use super::reader::is_blank;
use crate::codec::error::shortened;
use crate::codec::json;
use crate::codec::json::number::Integer;
use crate::codec::scalar::{self, Raw, encode_base64};
use crate::codec::wire::{Reader, close_length, open_length, unzigzag, write_varint};
use crate::codec::{text, time};
use crate::contract::shape::{Field, Kind, Shape, ShapeId, Tag};
use crate::contract::view;
use crate::contract::xml::{Builtin, Form, Simple, Value, View};

/// A value as the wire has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wire<'m> {
    /// Bits as [`json::read_number`] gives them.
    Number(u64),
    /// Text, bytes or a message.
    Bytes(&'m [u8]),
}

/// Whether values are bytes, which may stand elsewhere.
pub(super) fn is_binary(form: &Form) -> bool {
    matches!(form, Form::Scalar(Kind::Bytes))
}

/// Whether a value that is said to be of the type of that name is one of `builtin`: toolkits say the
/// type of their own language's number.
pub(super) fn is_like(name: &str, builtin: Builtin) -> bool {
    use Builtin::*;
    const NUMBERS: [Builtin; 14] = [
        Integer,
        NonPositiveInteger,
        NegativeInteger,
        NonNegativeInteger,
        PositiveInteger,
        Long,
        Int,
        Short,
        Byte,
        UnsignedLong,
        UnsignedInt,
        UnsignedShort,
        UnsignedByte,
        Decimal,
    ];
    const FLOATS: [Builtin; 3] = [Float, Double, Decimal];
    const TEXTS: [Builtin; 10] = [
        String,
        NormalizedString,
        Token,
        Language,
        Name,
        NcName,
        NmToken,
        Id,
        AnyUri,
        AnySimpleType,
    ];
    let Some(said) = Builtin::named(name) else {
        // `base64` of SOAP's own encoding.
        return name == "base64" && builtin == Base64Binary;
    };
    let both = |list: &[Builtin]| list.contains(&said) && list.contains(&builtin);
    both(&NUMBERS) || both(&FLOATS) || both(&TEXTS) || (said == String && builtin != Base64Binary)
}

/// Appends the field with the value that `text` is: of a repeated field one element. A default that an
/// absent field reads as is left out.
pub(super) fn decode(
    view: &View,
    json: &view::View,
    field: &Field,
    simple: &Simple,
    text: &str,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let keep = field.presence || field.is_repeated() || field.oneof().is_some();
    let text = spaced(simple.builtin, text);
    let expected = || format!("expected xs:{}, got {:?}", simple.builtin.name(), shortened(&text));
    let mut number = |raw: Raw| {
        if keep || !raw.is_default() {
            field.element_tag.write(out);
            raw.write(out);
        }
    };
    match &simple.form {
        Form::Scalar(Kind::String) => {
            if keep || !text.is_empty() {
                field.element_tag.write(out);
                write_text(&text, out);
            }
        }
        Form::Scalar(Kind::Bytes) => {
            let before = out.len();
            field.element_tag.write(out);
            let begun = open_length(1, out);
            let whole = match simple.builtin {
                Builtin::HexBinary => decode_hex(&text, out),
                _ => decode_base64(&text, out),
            };
            if !whole {
                return Err(expected());
            }
            if out.len() == begun && !keep {
                out.truncate(before);
            } else {
                close_length(begun, 1, out);
            }
        }
        Form::Scalar(kind) => number(parse(*kind, &text).ok_or_else(expected)?),
        Form::Enumeration(id, kind) => {
            let enumeration = view.enumerations.get(id.0 as usize).ok_or_else(expected)?;
            let known = enumeration.values.iter().find(|(known, _)| **known == *text);
            let open = || enumeration.of.is_some_and(|id| !view.shapes.get_enum(id).closed);
            match known.map(|(_, value)| value) {
                Some(Value::Number(value)) if matches!(kind, Kind::Enum(_)) => {
                    number(Raw::enum_number(*value));
                }
                Some(Value::Number(value)) => {
                    let magnitude = u64::from(value.unsigned_abs());
                    let integer = Integer { negative: *value < 0, magnitude, len: 0 };
                    number(scalar::integer(*kind, integer).ok_or_else(expected)?);
                }
                Some(Value::Text(value)) => {
                    field.element_tag.write(out);
                    write_text(value, out);
                }
                // A value that the contract has no name for yet.
                None => match text.parse().ok().filter(|_| open()) {
                    Some(value) => number(Raw::enum_number(value)),
                    None => {
                        let names = enumeration.values.iter().map(|(name, _)| &**name);
                        return Err(unknown_name(&text, names));
                    }
                },
            }
        }
        Form::Wrapper(_, kind) => {
            field.element_tag.write(out);
            let begun = open_length(1, out);
            match kind {
                Kind::String => {
                    Tag::new(1, 2).write(out);
                    write_text(&text, out);
                }
                Kind::Bytes => {
                    Tag::new(1, 2).write(out);
                    let inner = open_length(1, out);
                    if !decode_base64(&text, out) {
                        return Err(expected());
                    }
                    close_length(inner, 1, out);
                }
                kind => {
                    let raw = parse(*kind, &text).ok_or_else(expected)?;
                    Tag::new(1, kind.wire_type()).write(out);
                    raw.write(out);
                }
            }
            close_length(begun, 1, out);
        }
        Form::Timestamp => {
            let (seconds, nanos) = match simple.builtin {
                Builtin::Date => date(&text).and_then(|day| time::parse_timestamp(&day)),
                _ => time::parse_timestamp(&zoned(&text)),
            }
            .ok_or_else(expected)?;
            numbers(field, seconds, nanos, out);
        }
        Form::Duration => {
            let (seconds, nanos) = duration(&text).ok_or_else(expected)?;
            numbers(field, seconds, nanos, out);
        }
        Form::FieldMask => {
            field.element_tag.write(out);
            text::decode_value(json, field.kind, &text, out)
                .map_err(|error| error.message().to_owned())?;
        }
        Form::Date(_) => {
            let parts = date(&text).ok_or_else(expected)?;
            let part = |from: usize, to: usize| {
                parts.get(from..to).and_then(|digits| digits.parse::<u64>().ok())
            };
            let parts = [part(0, 4), part(5, 7), part(8, 10)];
            field.element_tag.write(out);
            let begun = open_length(1, out);
            for (number, part) in (1..).zip(parts) {
                Tag::new(number, 0).write(out);
                write_varint(part.ok_or_else(expected)?, out);
            }
            close_length(begun, 1, out);
        }
        Form::Decimal { units, nanos } => {
            let (whole, fraction) = decimal(&text).ok_or_else(expected)?;
            let shape = message(view, field).ok_or_else(expected)?;
            let tag = |index: &usize| shape.fields.get(*index).map(|field| field.element_tag);
            field.element_tag.write(out);
            let begun = open_length(1, out);
            for (tag, value) in [(tag(units), whole), (tag(nanos), i64::from(fraction))] {
                if let Some(tag) = tag.filter(|_| value != 0) {
                    tag.write(out);
                    write_varint(value as u64, out);
                }
            }
            close_length(begun, 1, out);
        }
        Form::Json(shape) => {
            field.element_tag.write(out);
            let begun = open_length(1, out);
            json::decode(json, *shape, text.as_bytes(), &json::DecodeOptions::default(), out)
                .map_err(|error| format!("expected JSON: {error}"))?;
            close_length(begun, 1, out);
        }
    }
    Ok(())
}

/// Appends the text of a value, escaped by `escape`.
pub(super) fn encode(
    view: &View,
    json: &view::View,
    simple: &Simple,
    value: Wire<'_>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match (&simple.form, value) {
        (Form::Scalar(Kind::String) | Form::Enumeration(_, Kind::String), Wire::Bytes(bytes)) => {
            let text = simdutf8::basic::from_utf8(bytes).map_err(|_| "a text that is not UTF-8")?;
            if let Form::Enumeration(id, _) = &simple.form
                && let Some(enumeration) = view.enumerations.get(id.0 as usize)
            {
                let is = |value: &Value| matches!(value, Value::Text(known) if **known == *text);
                let known = enumeration.values.iter().find(|(_, value)| is(value));
                let (name, _) =
                    known.ok_or_else(|| format!("{:?} has no name here", shortened(text)))?;
                return written(name, out);
            }
            written(text, out)
        }
        (Form::Scalar(Kind::Bytes), Wire::Bytes(bytes)) => {
            match simple.builtin {
                Builtin::HexBinary => {
                    for byte in bytes {
                        out.extend_from_slice(format!("{byte:02X}").as_bytes());
                    }
                }
                _ => encode_base64(bytes, out),
            }
            Ok(())
        }
        (Form::Scalar(kind), Wire::Number(raw)) => {
            write_number(*kind, raw, out);
            Ok(())
        }
        (Form::Enumeration(id, kind), Wire::Number(raw)) => {
            let number = match kind {
                Kind::Enum(_) => raw as i32,
                Kind::Sint32 | Kind::Sint64 => unzigzag(raw) as i32,
                _ => raw as i32,
            };
            let enumeration = view.enumerations.get(id.0 as usize);
            let values = enumeration.map(|one| one.values.as_slice()).unwrap_or_default();
            match values.iter().find(|(_, value)| *value == Value::Number(number)) {
                Some((name, _)) => written(name, out),
                None if matches!(kind, Kind::Enum(_)) => {
                    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
                    Ok(())
                }
                None => Err(format!("{number} has no name here")),
            }
        }
        (Form::Wrapper(shape, kind), Wire::Bytes(bytes)) => {
            let simple = Simple { form: Form::Scalar(*kind), ..simple.clone() };
            let default = match kind {
                Kind::String | Kind::Bytes => Wire::Bytes(b""),
                _ => Wire::Number(0),
            };
            let found = find(view, *shape, bytes, 1)?;
            encode(view, json, &simple, found.unwrap_or(default), out)
        }
        (Form::Timestamp, Wire::Bytes(bytes)) => {
            let (seconds, nanos) = seconds_and_nanos(bytes)?;
            let before = out.len();
            time::write_timestamp(seconds, nanos, out)?;
            if simple.builtin == Builtin::Date {
                out.truncate(before + "2026-01-31".len());
                out.push(b'Z');
            }
            Ok(())
        }
        (Form::Duration, Wire::Bytes(bytes)) => {
            let (seconds, nanos) = seconds_and_nanos(bytes)?;
            let mut text = Vec::new();
            time::write_duration(seconds, nanos, &mut text)?;
            // `-1.5s` is `-PT1.5S`.
            let digits = text.strip_suffix(b"s").unwrap_or(&text);
            let (sign, digits) = match digits {
                [b'-', digits @ ..] => (&b"-"[..], digits),
                digits => (&b""[..], digits),
            };
            for part in [sign, b"PT", digits, b"S"] {
                out.extend_from_slice(part);
            }
            Ok(())
        }
        (Form::FieldMask | Form::Json(_), Wire::Bytes(bytes)) => {
            let shape = match &simple.form {
                Form::Json(shape) => Some(*shape),
                _ => json.shapes().id("google.protobuf.FieldMask"),
            };
            let shape = shape.ok_or("a field mask that the contract does not know")?;
            let mut text = Vec::new();
            json::encode(json, shape, bytes, &json::EncodeOptions::default(), &mut text)
                .map_err(|error| error.to_string())?;
            let text = String::from_utf8(text).map_err(|_| "a text that is not UTF-8")?;
            match simple.form {
                Form::Json(_) => written(&text, out),
                _ => written(text.trim_matches('"'), out),
            }
        }
        (Form::Date(shape), Wire::Bytes(bytes)) => {
            let part = |number| match find(view, *shape, bytes, number)? {
                Some(Wire::Number(value)) => Ok::<u64, String>(value),
                _ => Ok(0),
            };
            let (year, month, day) = (part(1)?, part(2)?, part(3)?);
            if year == 0 || year > 9999 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
                return Err(format!("a date that is none: {year}-{month}-{day}"));
            }
            out.extend_from_slice(format!("{year:04}-{month:02}-{day:02}").as_bytes());
            Ok(())
        }
        (Form::Decimal { .. }, Wire::Bytes(_)) => Err("an amount out of its message".to_owned()),
        (Form::Scalar(_) | Form::Enumeration(..), Wire::Bytes(_)) | (_, Wire::Number(_)) => {
            Err("a value of another type than its field's".to_owned())
        }
    }
}

/// Appends an amount: `units` and `nanos` as one decimal.
pub(super) fn write_decimal(units: i64, nanos: i32, out: &mut Vec<u8>) -> Result<(), String> {
    if nanos.unsigned_abs() >= 1_000_000_000 || (units > 0 && nanos < 0) || (units < 0 && nanos > 0)
    {
        return Err(format!("an amount of {units} units and {nanos} nanos"));
    }
    if units < 0 || nanos < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(units.unsigned_abs()).as_bytes());
    let fraction = format!("{:09}", nanos.unsigned_abs());
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
    Ok(())
}

fn written(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    if escape::content(text, out) {
        return Ok(());
    }
    Err("a character that XML cannot hold".to_owned())
}

fn write_number(kind: Kind, raw: u64, out: &mut Vec<u8>) {
    let float = match kind {
        Kind::Double => Some(f64::from_bits(raw)),
        Kind::Float => Some(f64::from(f32::from_bits(raw as u32))),
        _ => None,
    };
    match float {
        Some(value) if value.is_nan() => out.extend_from_slice(b"NaN"),
        Some(f64::INFINITY) => out.extend_from_slice(b"INF"),
        Some(f64::NEG_INFINITY) => out.extend_from_slice(b"-INF"),
        _ => {
            let start = out.len();
            json::write_number(kind, raw, out);
            // JSON puts quotes around integers of 64 bits.
            if out.get(start) == Some(&b'"') {
                out.pop();
                out.remove(start);
            }
        }
    }
}

/// The last value of a field in a message, as far as it is one.
pub(super) fn find<'m>(
    view: &View,
    shape: ShapeId,
    message: &'m [u8],
    number: u32,
) -> Result<Option<Wire<'m>>, String> {
    let shape = view.shapes.get(shape);
    let mut reader = Reader::new(message, 0, message.len());
    let mut found = None;
    while !reader.is_empty() {
        let head = reader.head().map_err(|error| error.what)?;
        let field = shape.field(head.number);
        let field = field
            .filter(|field| field.number == number && field.kind.wire_type() == head.wire_type);
        found = match field {
            None => {
                reader.skip(head, 100).map_err(|error| error.what)?;
                continue;
            }
            Some(field) if field.kind.wire_type() == 2 => {
                let (start, end) = reader.range().map_err(|error| error.what)?;
                Some(Wire::Bytes(message.get(start..end).unwrap_or_default()))
            }
            Some(field) => Some(Wire::Number(
                json::read_number(field.kind, &mut reader).map_err(|error| error.what)?,
            )),
        };
    }
    Ok(found)
}

/// Fields 1 and 2 of a timestamp or a duration.
fn seconds_and_nanos(message: &[u8]) -> Result<(i64, i32), String> {
    let mut reader = Reader::new(message, 0, message.len());
    let (mut seconds, mut nanos) = (0, 0);
    while !reader.is_empty() {
        let head = reader.head().map_err(|error| error.what)?;
        match (head.number, head.wire_type) {
            (1, 0) => seconds = reader.varint().map_err(|error| error.what)? as i64,
            (2, 0) => nanos = reader.varint().map_err(|error| error.what)? as i32,
            _ => reader.skip(head, 100).map_err(|error| error.what)?,
        }
    }
    Ok((seconds, nanos))
}

fn message<'v>(view: &'v View, field: &Field) -> Option<&'v Shape> {
    Some(view.shapes.get(field.message()?))
}

fn numbers(field: &Field, seconds: i64, nanos: i32, out: &mut Vec<u8>) {
    field.element_tag.write(out);
    let begun = open_length(1, out);
    json::write_seconds_and_nanos(seconds, nanos, out);
    close_length(begun, 1, out);
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    write_varint(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// A number or boolean, all of the text.
fn parse(kind: Kind, text: &str) -> Option<Raw> {
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
fn spaced(builtin: Builtin, text: &str) -> Cow<'_, str> {
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
pub(super) fn moment(text: &str) -> Option<(i64, i32)> {
    time::parse_timestamp(&zoned(text.trim_matches(is_blank)))
}

/// A moment without a zone is taken as one of UTC.
fn zoned(text: &str) -> Cow<'_, str> {
    let zoned = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    if zoned { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}Z")) }
}

/// The day of an `xs:date` at midnight, as RFC 3339 has it.
fn date(text: &str) -> Option<String> {
    let (day, zone) = text.split_at_checked(10)?;
    let moment = format!("{day}T00:00:00{}", if zone.is_empty() { "Z" } else { zone });
    time::parse_timestamp(&moment).map(|_| moment)
}

/// Seconds and nanoseconds of an `xs:duration` of days and below: months are of no certain length.
fn duration(text: &str) -> Option<(i64, i32)> {
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
fn decimal(text: &str) -> Option<(i64, i32)> {
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
        || digits.len() < 1
        || (whole.is_empty() && digits.len() < 2)
    {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    Some(if negative { (-whole, -nanos) } else { (whole, nanos) })
}

fn decode_base64(text: &str, out: &mut Vec<u8>) -> bool {
    if !text.contains(is_blank) {
        return scalar::decode_base64(text.as_bytes(), out);
    }
    // Lines of 76 characters are usual.
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    scalar::decode_base64(&text, out)
}

fn decode_hex(text: &str, out: &mut Vec<u8>) -> bool {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return false };
    for [high, low] in pairs {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return false };
        out.push((high * 16 + low) as u8);
    }
    true
}

#[cold]
fn unknown_name<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> String {
    let shown = shortened(text);
    let near = names
        .map(|name| (strsim::jaro_winkler(name, text.get(..128).unwrap_or(text)), name))
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    match near {
        Some((_, near)) => format!("no value {shown:?} is known here, did you mean {near:?}?"),
        None => format!("no value {shown:?} is known here"),
    }
}
