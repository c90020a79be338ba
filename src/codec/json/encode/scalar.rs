//! Scalars: from the wire, and to text.

use super::{Encoder, Result, Stop};
use crate::codec::json::{integer, string};
use crate::codec::scalar::encode_base64;
use crate::codec::wire::{Malformed, Reader, unzigzag};
use crate::contract::shape::{Cardinality, Kind, Shape};
use crate::contract::view::Table;

/// The bits of a number, boolean or enum, cut to what its kind holds: 0 is the default.
#[inline(always)]
pub(in crate::codec) fn read(kind: Kind, reader: &mut Reader) -> Result<u64, Malformed> {
    Ok(match kind {
        Kind::Int32 | Kind::Enum(_) => i64::from(reader.varint()? as i32) as u64,
        Kind::Uint32 | Kind::Sint32 => u64::from(reader.varint()? as u32),
        Kind::Bool => u64::from(reader.varint()? != 0),
        Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => u64::from(reader.fixed32()?),
        Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => reader.fixed64()?,
        _ => reader.varint()?,
    })
}

/// Below these every whole number is one that the type has, so its digits are exact.
const DOUBLES_ARE_WHOLE: f64 = 9_007_199_254_740_992.0;
const FLOATS_ARE_WHOLE: f32 = 16_777_216.0;

/// The same number as an integer, if it is one; a negative zero is none.
#[inline]
fn whole(value: f64) -> Option<i64> {
    let number = value as i64;
    ((number as f64).to_bits() == value.to_bits()).then_some(number)
}

/// Appends a number or boolean as [`read`] gives it, of an enum the number.
#[inline]
pub(in crate::codec) fn write_number(kind: Kind, raw: u64, out: &mut Vec<u8>) {
    match kind {
        Kind::Int32 | Kind::Sfixed32 | Kind::Enum(_) => write_integer(i64::from(raw as i32), out),
        Kind::Uint32 | Kind::Fixed32 => write_integer(i64::from(raw as u32), out),
        Kind::Sint32 => write_integer(i64::from(unzigzag(raw) as i32), out),
        Kind::Int64 | Kind::Sfixed64 => write_quoted(raw as i64, out),
        Kind::Uint64 | Kind::Fixed64 => {
            out.push(b'"');
            integer::write(raw, out);
            out.push(b'"');
        }
        Kind::Sint64 => write_quoted(unzigzag(raw), out),
        Kind::Bool => out.extend_from_slice(if raw == 0 { b"false" } else { b"true" }),
        Kind::Double => {
            let value = f64::from_bits(raw);
            match whole(value) {
                Some(number) if value.abs() < DOUBLES_ARE_WHOLE => write_integer(number, out),
                _ if value.is_finite() => {
                    write_finite(zmij::Buffer::new().format_finite(value), out);
                }
                _ => write_not_finite(value, out),
            }
        }
        Kind::Float => {
            let value = f32::from_bits(raw as u32);
            match whole(f64::from(value)) {
                Some(number) if value.abs() < FLOATS_ARE_WHOLE => write_integer(number, out),
                _ if value.is_finite() => {
                    write_finite(zmij::Buffer::new().format_finite(value), out);
                }
                _ => write_not_finite(f64::from(value), out),
            }
        }
        Kind::String | Kind::Bytes | Kind::Message(_) | Kind::Group(_) => {}
    }
}

#[inline]
fn write_integer(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    integer::write(value.unsigned_abs(), out);
}

#[inline]
fn write_quoted(value: i64, out: &mut Vec<u8>) {
    out.push(b'"');
    write_integer(value, out);
    out.push(b'"');
}

#[inline]
fn write_finite(text: &str, out: &mut Vec<u8>) {
    // Of a negative zero, and of whole numbers that are too large for the short way.
    let text = text.strip_suffix(".0").unwrap_or(text);
    out.extend_from_slice(text.as_bytes());
}

#[cold]
fn write_not_finite(value: f64, out: &mut Vec<u8>) {
    let text: &[u8] = match value {
        f64::INFINITY => b"\"Infinity\"",
        f64::NEG_INFINITY => b"\"-Infinity\"",
        _ => b"\"NaN\"",
    };
    out.extend_from_slice(text);
}

impl Encoder<'_> {
    /// Whether a number is one the kind has: an unknown number of a closed enum is not.
    #[inline(always)]
    pub(super) fn is_value(&self, kind: Kind, raw: u64) -> bool {
        match kind {
            Kind::Enum(id) => {
                let shape = self.shapes.get_enum(id);
                !shape.closed || shape.name(raw as i32).is_some()
            }
            _ => true,
        }
    }

    /// A number, boolean or enum as [`read`] gives it.
    #[inline]
    pub(super) fn number(&mut self, kind: Kind, raw: u64) {
        let Kind::Enum(id) = kind else { return write_number(kind, raw, &mut self.out) };
        let shape = self.shapes.get_enum(id);
        let number = raw as i32;
        if shape.null_value {
            self.out.extend_from_slice(b"null");
            return;
        }
        match shape.quoted_name(number) {
            Some(name) if !self.options.enum_as_number => {
                self.out.extend_from_slice(name.as_bytes());
            }
            _ => write_integer(i64::from(number), &mut self.out),
        }
    }

    /// The same as a map's key.
    pub(super) fn quoted_number(&mut self, kind: Kind, raw: u64) {
        let bare = !matches!(
            kind,
            Kind::Int64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 | Kind::Sint64
        );
        if bare {
            self.out.push(b'"');
        }
        self.number(kind, raw);
        if bare {
            self.out.push(b'"');
        }
    }

    /// A string, which must be UTF-8 to be JSON.
    #[inline]
    pub(super) fn string(&mut self, start: usize, end: usize) -> Result<()> {
        if string::write(self.wire, start, end, &mut self.out) {
            Ok(())
        } else {
            Err(Stop::new(start, format!("a string that is not UTF-8 at byte {start}")))
        }
    }

    pub(super) fn bytes(&mut self, start: usize, end: usize) {
        self.out.push(b'"');
        encode_base64(self.wire.get(start..end).unwrap_or_default(), &mut self.out);
        self.out.push(b'"');
    }

    /// What a field without a value reads as.
    pub(super) fn default_value(&mut self, cardinality: Cardinality, kind: Kind) {
        match (cardinality, kind) {
            (Cardinality::Repeated, _) => self.out.extend_from_slice(b"[]"),
            (Cardinality::Map, _) => self.out.extend_from_slice(b"{}"),
            (_, Kind::Message(_) | Kind::Group(_)) => self.out.extend_from_slice(b"null"),
            (_, Kind::String | Kind::Bytes) => self.out.extend_from_slice(b"\"\""),
            (_, Kind::Enum(id)) => {
                // A closed enum need not have a zero; its first value is the default then.
                let shape = self.shapes.get_enum(id);
                let first = shape.values.first().map_or(0, |(_, number)| *number);
                let number = if shape.closed { first } else { 0 };
                self.number(kind, i64::from(number) as u64);
            }
            (_, kind) => self.number(kind, 0),
        }
    }

    /// The fields without presence that were not written.
    #[inline(never)]
    pub(super) fn defaults(
        &mut self,
        shape: &Shape,
        table: &Table,
        written: impl Fn(usize) -> bool,
    ) {
        for (index, field) in shape.fields.iter().enumerate() {
            // Extensions are no part of what a message always has.
            if field.extension || (field.presence && !field.is_repeated()) || written(index) {
                continue;
            }
            if table.key(index).is_some_and(|key| table.write_key(key, &mut self.out)) {
                self.default_value(field.cardinality, field.kind);
            }
        }
    }
}
