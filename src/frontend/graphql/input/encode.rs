//! Values to wire bytes, led by the model.

use std::slice;

use async_graphql::Value as ConstValue;

use super::coerce::{check_one_of, enum_number, missing, not_for_input, unknown_field};
use super::error::InputError;
use super::scalar::{self, Taken};
use super::{MAX_DEPTH, literal};
use crate::codec::json::{self, DecodeOptions, UnknownFields};
use crate::codec::text;
use crate::codec::wire::{END_GROUP, Reader, close_length, open_length, write_varint};
use crate::contract::graphql::{Input, Model, Named, Place, Scalar, TypeRef};
use crate::contract::shape::{Cardinality, Field, Kind, ShapeId, Tag, WellKnown};
use crate::contract::view::View;

/// Appends the fields, each with its tag, that a value of type `ty` sets at `place` in a message of
/// shape `shape`. Null sets nothing. Variables in the value must have been replaced; enum values
/// must be such, not text. On an error `out` is as long as it was.
pub fn encode(
    model: &Model,
    view: &View,
    ty: &TypeRef,
    shape: ShapeId,
    place: Place,
    value: &ConstValue,
    out: &mut Vec<u8>,
) -> Result<(), InputError> {
    let before = out.len();
    let encoder = Encoder { model, view };
    let written = encoder.place(ty, shape, place, value, MAX_DEPTH, out);
    written.inspect_err(|_| out.truncate(before))
}

struct Encoder<'a> {
    model: &'a Model,
    view: &'a View,
}

type Result<T = (), E = InputError> = std::result::Result<T, E>;

impl<'a> Encoder<'a> {
    fn place(
        &self,
        ty: &TypeRef,
        shape: ShapeId,
        place: Place,
        value: &ConstValue,
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result {
        if let ConstValue::Null = value {
            return match ty.non_null {
                true => Err(InputError::expected(self.model.written(ty), value)),
                false => Ok(()),
            };
        }
        match place {
            Place::Field(index) => match self.view.shapes().get(shape).fields.get(index) {
                Some(field) => self.field(ty, field, value, depth, out),
                None => Err(not_for_input()),
            },
            // A member of the message itself, no message of its own.
            Place::Oneof(_) => self.object(self.input(ty.named)?, value, depth, out),
        }
    }

    fn input(&self, named: Named) -> Result<&'a Input> {
        match named {
            Named::Input(id) => self.model.inputs.get(id.0).ok_or_else(not_for_input),
            _ => Err(not_for_input()),
        }
    }

    /// A field that is not null.
    fn field(
        &self,
        ty: &TypeRef,
        field: &Field,
        value: &ConstValue,
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result {
        match (field.cardinality, value) {
            (Cardinality::Singular, _) if ty.list.is_some() => Err(not_for_input()),
            // A message that says only that it is there: it is not.
            (Cardinality::Singular, ConstValue::Boolean(false)) if self.is_flag(ty, field) => {
                Ok(())
            }
            (Cardinality::Singular, _) => {
                field.tag.write(out);
                self.value(ty.named, field, value, depth, out)
            }
            (Cardinality::Repeated, _) => self.list(ty, field, items(value), depth, out),
            (Cardinality::Map, _) => self.map(ty, field, items(value), depth, out),
        }
    }

    fn list(
        &self,
        ty: &TypeRef,
        field: &Field,
        items: &[ConstValue],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result {
        let mut each = items.iter().enumerate();
        let item = |item: &ConstValue, out: &mut Vec<u8>| match item {
            ConstValue::Null if !self.takes_null(field.kind) => {
                Err(InputError::expected("an item", item))
            }
            item => self.value(ty.named, field, item, depth, out),
        };
        if !field.packed || items.is_empty() {
            return each.try_for_each(|(index, value)| {
                field.element_tag.write(out);
                item(value, out).map_err(|error| error.at_index(index))
            });
        }
        field.tag.write(out);
        let start = open_length(1, out);
        each.try_for_each(|(index, value)| {
            item(value, out).map_err(|error| error.at_index(index))
        })?;
        close_length(start, 1, out);
        Ok(())
    }

    fn map(
        &self,
        ty: &TypeRef,
        field: &Field,
        items: &[ConstValue],
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result {
        let input = self.input(ty.named)?;
        let mut keys = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let mut entry = || {
                field.tag.write(out);
                let start = open_length(1, out);
                self.object(input, item, depth, out)?;
                let start = start - 1 + close_length(start, 1, out);
                key(start, out).ok_or_else(|| InputError::new("a map's entry without a key"))
            };
            let key = entry().map_err(|error| error.at_index(index))?;
            keys.push((key, index));
        }
        // Equal keys stand together then, in the order of the list.
        let text = |(start, end): (usize, usize)| out.get(start..end).unwrap_or_default();
        keys.sort_by(|(a, _), (b, _)| text(*a).cmp(text(*b)));
        for pair in keys.windows(2) {
            if let [(a, _), (b, index)] = pair
                && text(*a) == text(*b)
            {
                return Err(InputError::new("this key is there twice").at_index(*index));
            }
        }
        Ok(())
    }

    /// The fields of an input object, without a length.
    fn object(&self, input: &Input, value: &ConstValue, depth: u32, out: &mut Vec<u8>) -> Result {
        let ConstValue::Object(given) = value else {
            return Err(InputError::expected(format!("an object of type {}", input.name), value));
        };
        let depth = depth.checked_sub(1).ok_or_else(scalar::too_deep)?;
        if input.one_of {
            check_one_of(input, given)?;
        }
        let is_entry = self.view.shapes().get(input.shape).map_entry;
        let mut met = 0;
        for (argument, place) in &input.fields {
            let default;
            let value = match given.get(&*argument.name) {
                Some(value) => {
                    met += 1;
                    value
                }
                None => match argument.default.as_deref().and_then(literal) {
                    Some(value) => {
                        default = value;
                        &default
                    }
                    None if argument.ty.non_null => {
                        return Err(missing(self.model, &argument.ty).within(&*argument.name));
                    }
                    None if is_entry => &ConstValue::Null,
                    None => continue,
                },
            };
            let (ty, shape) = (&argument.ty, input.shape);
            let written = match (value, place) {
                (ConstValue::Null, Place::Field(index)) if is_entry => {
                    self.null_entry(ty, shape, *index, depth, out)
                }
                _ => self.place(ty, shape, *place, value, depth, out),
            };
            written.map_err(|error| error.within(&*argument.name))?;
        }
        if met == given.len() {
            return Ok(());
        }
        let known = |name: &str| input.fields.iter().any(|(argument, _)| argument.name == name);
        let unknown = given.keys().find(|name| !known(name));
        Err(unknown.map_or_else(not_for_input, |name| unknown_field(input, name)))
    }

    /// Null in an entry of a map: a value where that can be one, else nothing.
    fn null_entry(
        &self,
        ty: &TypeRef,
        shape: ShapeId,
        index: usize,
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result {
        match self.view.shapes().get(shape).fields.get(index) {
            Some(field) if self.takes_null(field.kind) => {
                field.tag.write(out);
                self.value(ty.named, field, &ConstValue::Null, depth, out)
            }
            _ => self.place(ty, shape, Place::Field(index), &ConstValue::Null, depth, out),
        }
    }

    /// Whether null is a value of that kind.
    fn takes_null(&self, kind: Kind) -> bool {
        let shapes = self.view.shapes();
        match kind {
            Kind::Message(id) => shapes.get(id).well_known == Some(WellKnown::Value),
            Kind::Enum(id) => shapes.get_enum(id).null_value,
            _ => false,
        }
    }

    /// Whether it is a message that GraphQL gives as a boolean.
    fn is_flag(&self, ty: &TypeRef, field: &Field) -> bool {
        ty.named == Named::Scalar(Scalar::Boolean)
            && field.message().is_some_and(|id| {
                !matches!(self.view.shapes().get(id).well_known, Some(WellKnown::Wrapper(_)))
            })
    }

    /// One value behind its tag: of text, bytes and messages with its length.
    fn value(
        &self,
        named: Named,
        field: &Field,
        value: &ConstValue,
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result {
        match field.kind {
            Kind::Message(id) => {
                let start = open_length(1, out);
                self.message(named, id, value, depth, out)?;
                close_length(start, 1, out);
                Ok(())
            }
            Kind::Group(id) => {
                self.message(named, id, value, depth, out)?;
                Tag::new(field.number, END_GROUP).write(out);
                Ok(())
            }
            kind => self.scalar(named, kind, value, out),
        }
    }

    /// A message without its length.
    fn message(
        &self,
        named: Named,
        id: ShapeId,
        value: &ConstValue,
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result {
        let scalar = match named {
            Named::Scalar(scalar) => scalar,
            _ => return self.object(self.input(named)?, value, depth, out),
        };
        let taken = scalar::take(scalar, value)?;
        match (taken, self.view.shapes().get(id).well_known) {
            (Taken::Json, _) => self.json(id, value, depth, out),
            (_, Some(WellKnown::Wrapper(kind))) => {
                Tag::new(1, kind.wire_type()).write(out);
                self.scalar(named, kind, value, out)
            }
            (Taken::Text(text), Some(_)) => {
                // With its length, which goes.
                let start = out.len();
                text::decode_value(self.view, Kind::Message(id), text, out)
                    .map_err(|error| InputError::new(error.message()))?;
                let mut reader = Reader::new(out, start, out.len());
                if let Ok((from, _)) = reader.range() {
                    out.drain(start..from);
                }
                Ok(())
            }
            (Taken::Boolean(true), _) => Ok(()),
            _ => Err(InputError::expected("true", value)),
        }
    }

    /// A message as ProtoJSON has it.
    fn json(&self, id: ShapeId, value: &ConstValue, depth: u32, out: &mut Vec<u8>) -> Result {
        let text = serde_json::to_vec(value).map_err(|error| InputError::new(error.to_string()))?;
        let options = DecodeOptions { unknown_fields: UnknownFields::Refuse, max_depth: depth };
        match json::decode(self.view, id, &text, &options, out) {
            Ok(_) => Ok(()),
            Err(error) if error.path().is_empty() => Err(InputError::new(error.message())),
            Err(error) => Err(InputError::new(error.message()).within(error.path())),
        }
    }

    /// A scalar or enum without a tag.
    fn scalar(&self, named: Named, kind: Kind, value: &ConstValue, out: &mut Vec<u8>) -> Result {
        let scalar = match named {
            Named::Scalar(scalar) => scalar,
            Named::Enum(id) => {
                let of = self.model.enums.get(id.0).ok_or_else(not_for_input)?;
                let ConstValue::Enum(name) = value else {
                    let expected = format!("a value of enum {}", of.name);
                    return Err(InputError::expected(expected, value));
                };
                write_varint(i64::from(enum_number(of, name)?) as u64, out);
                return Ok(());
            }
            _ => return Err(not_for_input()),
        };
        let expected = || scalar::expected(scalar, value);
        match (scalar::take(scalar, value)?, kind) {
            (Taken::Integer { negative, magnitude }, Kind::String) => {
                let sign = if negative { "-" } else { "" };
                let text = format!("{sign}{magnitude}");
                write_varint(text.len() as u64, out);
                out.extend_from_slice(text.as_bytes());
            }
            (Taken::Integer { negative, magnitude }, kind) => {
                if !text::write_integer(kind, negative, magnitude, out) {
                    return Err(expected());
                }
            }
            (Taken::Float(number), Kind::Double) => out.extend_from_slice(&number.to_le_bytes()),
            (Taken::Float(number), Kind::Float) => {
                let number = number as f32;
                if !number.is_finite() {
                    return Err(InputError::expected("Float within the range of 32 bits", value));
                }
                out.extend_from_slice(&number.to_le_bytes());
            }
            (Taken::Boolean(value), Kind::Bool) => out.push(u8::from(value)),
            (Taken::Bytes(bytes), Kind::Bytes) => {
                write_varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
            (Taken::Text(text), kind) if kind != Kind::Bool => {
                text::decode_value(self.view, kind, text, out).map_err(|_| expected())?;
            }
            (Taken::Json, Kind::Enum(_)) if *value == ConstValue::Null => out.push(0),
            _ => return Err(expected()),
        }
        Ok(())
    }
}

/// A single item is a list of it.
fn items(value: &ConstValue) -> &[ConstValue] {
    match value {
        ConstValue::List(items) => items,
        one => slice::from_ref(one),
    }
}

/// Where the key is in the entry that starts there and ends the bytes.
fn key(start: usize, out: &[u8]) -> Option<(usize, usize)> {
    let mut reader = Reader::new(out, start, out.len());
    let mut key = None;
    while !reader.is_empty() {
        let head = reader.head().ok()?;
        let from = reader.position();
        reader.skip(head, MAX_DEPTH).ok()?;
        if head.number == 1 {
            key = Some((from, reader.position()));
        }
    }
    key
}
