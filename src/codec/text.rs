//! Plain text to wire bytes: path variables and query parameters.

use super::error::{Fault, shortened};
use super::json::{number::Problem, write_seconds_and_nanos};
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
        match kind {
            Kind::String => {
                tag.write(out);
                write_varint(self.text.len() as u64, out);
                out.extend_from_slice(self.text.as_bytes());
            }
            Kind::Bytes => {
                tag.write(out);
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
                tag.write(out);
                Raw::enum_number(number).write(out);
            }
            Kind::Message(id) => {
                tag.write(out);
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
                tag.write(out);
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
