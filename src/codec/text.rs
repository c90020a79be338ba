//! Plain text to wire bytes: path variables and query parameters.

use super::error::{Fault, shortened};
use super::json::number::{Integer, Problem};
use super::json::write_seconds_and_nanos;
use super::scalar::{self, Raw};
use super::wire::{END_GROUP, close_length, open_length, write_varint};
use super::{DecodeError, FieldPath, mask, time};
use crate::contract::shape::{Kind, ShapeId, Tag, WellKnown};
use crate::contract::view::View;

/// Appends to `out` the field at `path` with the value that `text` is, inside of the messages on
/// the way to it. Of a repeated field this is one element. Concatenated with other fields it makes
/// a message; a value that a field has anyway is written too, so that it goes before an earlier
/// one.
pub fn decode(
    view: &View,
    path: &FieldPath,
    text: &str,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let before = out.len();
    let text = Text { view, text };
    text.at(path.steps(), out).map_err(|fault| {
        out.truncate(before);
        fault.into()
    })
}

/// Appends one value of that kind without a tag: of text, bytes and messages behind their length.
/// On an error `out` is as long as it was.
pub fn decode_value(
    view: &View,
    kind: Kind,
    text: &str,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let before = out.len();
    Text { view, text }.value(kind, out).map_err(|fault| {
        out.truncate(before);
        fault.into()
    })
}

/// Appends the bytes that a base64 text of either alphabet stands for, padded or not; `false` where
/// it is none.
pub fn decode_base64(text: &str, out: &mut Vec<u8>) -> bool {
    scalar::decode_base64(text.as_bytes(), out)
}

/// Appends an integer or enum without a tag; `false` where the kind does not reach that far, or is
/// none.
pub fn write_integer(kind: Kind, negative: bool, magnitude: u64, out: &mut Vec<u8>) -> bool {
    let raw = scalar::integer(kind, Integer { negative, magnitude, len: 0 });
    raw.map(|raw| raw.write(out)).is_some()
}

/// Whether a text is a timestamp: RFC 3339 in the years 1 to 9999.
pub fn is_timestamp(text: &str) -> bool {
    time::parse_timestamp(text).is_some()
}

/// Whether a text is a duration like `1.5s`.
pub fn is_duration(text: &str) -> bool {
    time::parse_duration(text).is_some()
}

struct Text<'a> {
    view: &'a View,
    text: &'a str,
}

impl Text<'_> {
    fn at(&self, steps: &[(ShapeId, usize)], out: &mut Vec<u8>) -> Result<(), Box<Fault>> {
        let [(id, index), below @ ..] = steps else { return Ok(()) };
        let Some(field) = self.view.shapes().get(*id).fields.get(*index) else { return Ok(()) };
        let written = if below.is_empty() {
            self.leaf(field.kind, &field.element_tag, out)
        } else {
            field.tag.write(out);
            match field.kind {
                Kind::Group(_) => self.at(below, out).map(|()| {
                    Tag::new(field.number, END_GROUP).write(out);
                }),
                _ => {
                    let start = open_length(1, out);
                    self.at(below, out).map(|()| {
                        close_length(start, 1, out);
                    })
                }
            }
        };
        written.map_err(|fault| {
            fault.in_field(self.view.table(*id).written(*index).unwrap_or(&field.name))
        })
    }

    fn leaf(&self, kind: Kind, tag: &Tag, out: &mut Vec<u8>) -> Result<(), Box<Fault>> {
        tag.write(out);
        self.value(kind, out)
    }

    fn value(&self, kind: Kind, out: &mut Vec<u8>) -> Result<(), Box<Fault>> {
        match kind {
            Kind::String => {
                write_varint(self.text.len() as u64, out);
                out.extend_from_slice(self.text.as_bytes());
            }
            Kind::Bytes => {
                let start = open_length(1, out);
                if !scalar::decode_base64(self.text.as_bytes(), out) {
                    return Err(self.expected("base64"));
                }
                close_length(start, 1, out);
            }
            Kind::Enum(id) => {
                let shape = self.view.shapes().get_enum(id);
                let number = shape.number(self.text).or_else(|| {
                    let number = self.text.parse().ok()?;
                    (!shape.closed || shape.name(number).is_some()).then_some(number)
                });
                let Some(number) = number else {
                    let nearest = match shape.nearest(self.text.get(..128).unwrap_or(self.text)) {
                        Some(nearest) => format!(", did you mean {nearest:?}?"),
                        None => String::new(),
                    };
                    let text = shortened(self.text);
                    let name = &shape.full_name;
                    return Err(Fault::new(
                        0,
                        format!("no value {text:?} in enum {name}{nearest}"),
                    ));
                };
                Raw::enum_number(number).write(out);
            }
            Kind::Message(id) => {
                let start = open_length(1, out);
                self.well_known(id, out)?;
                close_length(start, 1, out);
            }
            Kind::Group(_) => return Err(self.expected("a field with a text form")),
            kind => {
                let raw = scalar::parse(kind, self.text).map_err(|problem| match problem {
                    Problem::Form => self.expected(kind.name()),
                    Problem::Range => self.expected(&format!("{} within its range", kind.name())),
                })?;
                raw.write(out);
            }
        }
        Ok(())
    }

    fn well_known(&self, id: ShapeId, out: &mut Vec<u8>) -> Result<(), Box<Fault>> {
        let (expected, parsed) = match self.view.shapes().get(id).well_known {
            Some(WellKnown::Wrapper(kind)) => {
                return self.leaf(kind, &Tag::new(1, kind.wire_type()), out);
            }
            Some(WellKnown::FieldMask) => return self.field_mask(out),
            Some(WellKnown::Timestamp) => {
                ("a timestamp like \"2026-01-31T12:00:00Z\"", time::parse_timestamp(self.text))
            }
            Some(WellKnown::Duration) => {
                ("a duration like \"1.5s\"", time::parse_duration(self.text))
            }
            _ => ("a field with a text form", None),
        };
        let (seconds, nanos) = parsed.ok_or_else(|| self.expected(expected))?;
        write_seconds_and_nanos(seconds, nanos, out);
        Ok(())
    }

    /// Paths as the contract names them (`unit_price`) are taken as they are, beside those of
    /// JSON (`unitPrice`).
    fn field_mask(&self, out: &mut Vec<u8>) -> Result<(), Box<Fault>> {
        if self.text.is_empty() {
            return Ok(());
        }
        for path in self.text.split(',') {
            out.push(0x0a);
            let start = open_length(1, out);
            if path.contains('_') {
                out.extend_from_slice(path.as_bytes());
            } else if !mask::decode(path, out) {
                return Err(self.expected("a field mask like \"title,price.units\""));
            }
            close_length(start, 1, out);
        }
        Ok(())
    }

    #[cold]
    fn expected(&self, what: &str) -> Box<Fault> {
        Fault::new(0, format!("expected {what}, got {:?}", shortened(self.text)))
    }
}
