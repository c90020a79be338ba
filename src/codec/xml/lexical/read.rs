//! Text to wire bytes.

use super::parse::{date, decimal, decode_base64, decode_hex, duration, parse, spaced, zoned};
use crate::codec::error::shortened;
use crate::codec::json;
use crate::codec::json::number::Integer;
use crate::codec::scalar::{self, Raw};
use crate::codec::wire::{close_length, open_length, write_varint};
use crate::codec::{text, time};
use crate::contract::shape::{Field, Kind, Shape, Tag};
use crate::contract::view;
use crate::contract::xml::{Builtin, Form, Simple, Value, View};

/// Appends the field with the value that `text` is: of a repeated field one element. A default that an
/// absent field reads as is left out.
pub(in crate::codec::xml) fn decode(
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
                Some(Value::Number(value)) if matches!(kind, Kind::Enum(_) | Kind::Bool) => {
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
