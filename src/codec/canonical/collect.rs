//! Finds the values of a message, whatever the order of the wire.

use super::{Range, Result, Rewriter, Value};
use crate::codec::scalar::Raw;
use crate::codec::wire::{Head, LEN, Malformed, Reader, START_GROUP, VARINT, write_varint};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, Tag};

/// What the stretches that make a message hold.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// In the order of the wire.
    pub(super) values: Vec<Value>,
    /// Fields that the shape does not know, with their tags.
    pub(super) unknown: Vec<u8>,
}

impl Rewriter<'_> {
    pub(super) fn collect(&self, shape: &Shape, pieces: &[Range], depth: u32) -> Result<Collected> {
        let mut collected = Collected::default();
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while !reader.is_empty() {
                let start = reader.position();
                match self.next(shape, &mut reader, depth, &mut collected.unknown)? {
                    Some(value) => collected.values.push(value),
                    None => {
                        let field = Range { start, end: reader.position() };
                        collected.unknown.extend_from_slice(self.bytes(field));
                    }
                }
            }
        }
        Ok(collected)
    }

    /// The next field, or the numbers of its packed run that go to `unknown`; `None` for one that
    /// is unknown as a whole.
    fn next(
        &self,
        shape: &Shape,
        reader: &mut Reader,
        depth: u32,
        unknown: &mut Vec<u8>,
    ) -> Result<Option<Value>> {
        let head = reader.head()?;
        let range = value_range(head, reader, depth)?;
        if shape.message_set && head.number == 1 && head.wire_type == START_GROUP {
            return self.message_set_item(shape, range, depth);
        }
        let known = shape.index(head.number);
        let Some((index, field)) = known.and_then(|index| Some((index, shape.fields.get(index)?)))
        else {
            return Ok(None);
        };
        let value = Value { index, range };
        if head.wire_type != field.element_tag.wire_type() {
            // A wrong wire type makes it an unknown field.
            let packed = head.wire_type == LEN
                && field.cardinality == Cardinality::Repeated
                && !matches!(field.kind, Kind::Group(_));
            return match packed {
                true => self.check_run(field, range, unknown).map(|()| Some(value)),
                false => Ok(None),
            };
        }
        match field.kind {
            Kind::String
                if field.verify_utf8 && simdutf8::basic::from_utf8(self.bytes(range)).is_err() =>
            {
                let what = "a string that is not UTF-8";
                return Err(Malformed { offset: range.start, what });
            }
            // An entry with such a value is unknown as a whole, which its map finds out.
            Kind::Enum(_) if !shape.map_entry => {
                let raw = Raw::read(field.kind, &mut self.reader(range))?;
                if !self.is_value(field.kind, raw) {
                    return Ok(None);
                }
            }
            _ => {}
        }
        Ok(Some(value))
    }

    /// Reads a packed run to its end, and puts what a closed enum does not know where it belongs.
    fn check_run(&self, field: &Field, range: Range, unknown: &mut Vec<u8>) -> Result<()> {
        let mut reader = self.reader(range);
        while !reader.is_empty() {
            let raw = Raw::read(field.kind, &mut reader)?;
            if !self.is_value(field.kind, raw) {
                field.element_tag.write(unknown);
                raw.write(unknown);
            }
        }
        Ok(())
    }

    /// `group Item = 1 { int32 type_id = 2; bytes message = 3; }`, whose type is an extension.
    fn message_set_item(&self, shape: &Shape, item: Range, depth: u32) -> Result<Option<Value>> {
        let mut reader = self.reader(item);
        let (mut type_id, mut message) = (None, None);
        while !reader.is_empty() {
            let head = reader.head()?;
            match (head.number, head.wire_type) {
                (2, VARINT) => type_id = u32::try_from(reader.varint()?).ok(),
                (3, LEN) => message = Some(reader.range()?),
                _ => reader.skip(head, depth)?,
            }
        }
        let index = type_id.and_then(|number| shape.index(number));
        let is_message = |index: &usize| {
            shape.fields.get(*index).is_some_and(|field| matches!(field.kind, Kind::Message(_)))
        };
        Ok(index
            .filter(is_message)
            .zip(message)
            .map(|(index, (start, end))| Value { index, range: Range { start, end } }))
    }

    /// Leaves the member of each oneof that was set last, since no other one stood between.
    pub(super) fn keep_last_members(
        &mut self,
        shape: &Shape,
        values: &mut Vec<Value>,
        depth: u32,
    ) -> Result<()> {
        // Per oneof: the member, and since where.
        let mut members: Vec<Option<(usize, usize)>> = vec![None; shape.oneofs.len()];
        let oneof = |value: &Value| shape.fields.get(value.index).and_then(Field::oneof);
        for value in values.iter() {
            if let Some(member) = oneof(value).and_then(|oneof| members.get_mut(oneof))
                && member.is_none_or(|(index, _)| index != value.index)
            {
                *member = Some((value.index, value.range.start));
            }
        }
        let mut gone = Vec::new();
        values.retain(|value| {
            let member = oneof(value).and_then(|oneof| members.get(oneof).copied().flatten());
            let kept = member
                .is_none_or(|(index, since)| index == value.index && value.range.start >= since);
            if !kept {
                gone.push(*value);
            }
            kept
        });
        // They must be sound all the same.
        for value in gone {
            let field = shape.fields.get(value.index).and_then(Field::message);
            if let Some(id) = field {
                let before = self.out.len();
                self.message(id, &[value.range], depth)?;
                self.out.truncate(before);
            }
        }
        Ok(())
    }

    pub(super) fn reader(&self, range: Range) -> Reader<'_> {
        Reader::new(self.wire, range.start, range.end)
    }
}

/// Where the value of a field stands, with the cursor behind it.
fn value_range(head: Head, reader: &mut Reader, depth: u32) -> Result<Range> {
    let (start, end) = match head.wire_type {
        LEN => reader.range()?,
        START_GROUP => {
            let start = reader.position();
            (start, reader.skip_group(head.number, depth)?)
        }
        _ => {
            let start = reader.position();
            reader.skip(head, depth)?;
            (start, reader.position())
        }
    };
    Ok(Range { start, end })
}

/// Appends a field that is unknown as a whole.
pub(super) fn write_unknown(tag: &Tag, content: &[u8], unknown: &mut Vec<u8>) {
    tag.write(unknown);
    write_varint(content.len() as u64, unknown);
    unknown.extend_from_slice(content);
}
