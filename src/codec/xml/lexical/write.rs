//! Wire bytes to text.

use super::Wire;
use crate::codec::error::shortened;
use crate::codec::json;
use crate::codec::scalar::encode_base64;
use crate::codec::time;
use crate::codec::wire::{Reader, unzigzag};
use crate::codec::xml::escape;
use crate::contract::shape::{Kind, ShapeId};
use crate::contract::view;
use crate::contract::xml::{Builtin, Form, Simple, Value, View};

/// Appends the text of a value, escaped by `escape`.
pub(in crate::codec::xml) fn encode(
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
                None if matches!(kind, Kind::Enum(_))
                    && enumeration.is_some_and(|one| one.of.is_some()) =>
                {
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
pub(in crate::codec::xml) fn write_decimal(
    units: i64,
    nanos: i32,
    out: &mut Vec<u8>,
) -> Result<(), String> {
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
pub(in crate::codec::xml) fn find<'m>(
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
