//! Writes what was found of a message, field by field.

use std::collections::BTreeMap;

use super::collect::{Collected, write_unknown};
use super::{Range, Result, Rewriter, Value, deeper};
use crate::codec::scalar::Raw;
use crate::codec::wire::{
    END_GROUP, FIXED32, FIXED64, Reader, close_length, open_length, write_varint,
};
use crate::contract::shape::{Cardinality, Field, Kind, ShapeId, Tag};

impl Rewriter<'_> {
    /// The message that these stretches make: wire bytes merge by being concatenated.
    pub(super) fn message(&mut self, id: ShapeId, pieces: &[Range], depth: u32) -> Result<()> {
        let depth = deeper(depth, pieces.first().copied().unwrap_or(Range { start: 0, end: 0 }))?;
        let shape = self.shapes.get(id);
        let Collected { mut values, mut unknown } = self.collect(shape, pieces, depth)?;
        if !shape.oneofs.is_empty() {
            self.keep_last_members(shape, &mut values, depth)?;
        }
        // Stable: within a field the order of the wire counts.
        values.sort_by_key(|value| value.index);
        for run in values.chunk_by(|a, b| a.index == b.index) {
            let index = run.first().map_or(0, |value| value.index);
            let Some(field) = shape.fields.get(index) else { continue };
            match field.cardinality {
                Cardinality::Singular if shape.message_set => self.item(field, run, depth)?,
                Cardinality::Singular => self.single(field, run, field.presence, depth)?,
                Cardinality::Repeated => self.list(field, run, depth)?,
                Cardinality::Map => self.map(field, run, depth, &mut unknown)?,
            }
        }
        self.out.extend_from_slice(&unknown);
        Ok(())
    }

    /// A field of one value, made of all that stand on the wire. Without `keep` a value that an
    /// absent field reads as is not written.
    fn single(&mut self, field: &Field, values: &[Value], keep: bool, depth: u32) -> Result<()> {
        let last = values.last().map(|value| value.range);
        match field.kind {
            Kind::Message(_) | Kind::Group(_) => {
                let pieces: Vec<Range> = values.iter().map(|value| value.range).collect();
                self.submessage(field, &pieces, depth)?;
            }
            Kind::String | Kind::Bytes => {
                let bytes = last.map(|range| self.bytes(range)).unwrap_or_default();
                if keep || !bytes.is_empty() {
                    field.tag.write(self.out);
                    write_varint(bytes.len() as u64, self.out);
                    self.out.extend_from_slice(bytes);
                }
            }
            kind => {
                let raw = match last {
                    Some(range) => Raw::read(kind, &mut self.reader(range))?,
                    None => self.default(kind),
                };
                if keep || !raw.is_default() {
                    field.tag.write(self.out);
                    raw.write(self.out);
                }
            }
        }
        Ok(())
    }

    /// What a map's entry without a value reads as.
    fn default(&self, kind: Kind) -> Raw {
        match (kind, kind.wire_type()) {
            (_, FIXED32) => Raw::Fixed32(0),
            (_, FIXED64) => Raw::Fixed64(0),
            (Kind::Enum(id), _) => {
                // A closed enum need not have a zero; its first value is the default then.
                let shape = self.shapes.get_enum(id);
                let first = shape.values.first().filter(|_| shape.closed);
                Raw::enum_number(first.map_or(0, |(_, number)| *number))
            }
            _ => Raw::Varint(0),
        }
    }

    fn submessage(&mut self, field: &Field, pieces: &[Range], depth: u32) -> Result<()> {
        let Some(id) = field.message() else { return Ok(()) };
        field.tag.write(self.out);
        if let Kind::Group(_) = field.kind {
            self.message(id, pieces, depth)?;
            Tag::new(field.number, END_GROUP).write(self.out);
        } else {
            let start = open_length(1, self.out);
            self.message(id, pieces, depth)?;
            close_length(start, 1, self.out);
        }
        Ok(())
    }

    fn list(&mut self, field: &Field, values: &[Value], depth: u32) -> Result<()> {
        match field.kind {
            Kind::Message(_) | Kind::Group(_) => {
                for value in values {
                    self.submessage(field, &[value.range], depth)?;
                }
            }
            Kind::String | Kind::Bytes => {
                for value in values {
                    let bytes = self.bytes(value.range);
                    field.tag.write(self.out);
                    write_varint(bytes.len() as u64, self.out);
                    self.out.extend_from_slice(bytes);
                }
            }
            _ if field.packed => {
                let before = self.out.len();
                field.tag.write(self.out);
                let start = open_length(1, self.out);
                self.numbers(field, values, None)?;
                if self.out.len() == start {
                    self.out.truncate(before);
                } else {
                    close_length(start, 1, self.out);
                }
            }
            _ => self.numbers(field, values, Some(&field.element_tag))?,
        }
        Ok(())
    }

    /// The numbers of a list, each behind `tag`.
    fn numbers(&mut self, field: &Field, values: &[Value], tag: Option<&Tag>) -> Result<()> {
        for value in values {
            let mut run = Reader::new(self.wire, value.range.start, value.range.end);
            while !run.is_empty() {
                let raw = Raw::read(field.kind, &mut run)?;
                if self.is_value(field.kind, raw) {
                    if let Some(tag) = tag {
                        tag.write(self.out);
                    }
                    raw.write(self.out);
                }
            }
        }
        Ok(())
    }

    /// A map's entries by their keys, of those with one key the last. An entry whose value is none
    /// goes to `unknown`.
    fn map(
        &mut self,
        field: &Field,
        values: &[Value],
        depth: u32,
        unknown: &mut Vec<u8>,
    ) -> Result<()> {
        let shapes = self.shapes;
        let Some(entry) = field.message().map(|id| shapes.get(id)) else { return Ok(()) };
        let (Some(key), Some(value)) = (entry.field(1), entry.field(2)) else { return Ok(()) };
        let mut entries = BTreeMap::new();
        for Value { range, .. } in values {
            let parts = self.collect(entry, &[*range], deeper(depth, *range)?)?.values;
            let (keys, values): (Vec<Value>, Vec<Value>) =
                parts.into_iter().partition(|part| Some(part.index) == entry.index(1));
            if let (Kind::Enum(_), Some(last)) = (value.kind, values.last()) {
                let raw = Raw::read(value.kind, &mut self.reader(last.range))?;
                if !self.is_value(value.kind, raw) {
                    write_unknown(&field.tag, self.bytes(*range), unknown);
                    continue;
                }
            }
            let before = self.out.len();
            self.single(key, &keys, true, depth)?;
            let key_bytes = self.out.split_off(before);
            self.single(value, &values, true, depth)?;
            entries.insert(key_bytes, self.out.split_off(before));
        }
        for (key, value) in entries {
            field.tag.write(self.out);
            write_varint(key.len() as u64 + value.len() as u64, self.out);
            self.out.extend_from_slice(&key);
            self.out.extend_from_slice(&value);
        }
        Ok(())
    }

    /// One item of a message set.
    fn item(&mut self, field: &Field, values: &[Value], depth: u32) -> Result<()> {
        let Kind::Message(id) = field.kind else {
            return self.single(field, values, field.presence, depth);
        };
        let pieces: Vec<Range> = values.iter().map(|value| value.range).collect();
        // group Item = 1 { int32 type_id = 2; bytes message = 3; }
        self.out.extend_from_slice(&[0x0b, 0x10]);
        write_varint(u64::from(field.number), self.out);
        self.out.push(0x1a);
        let start = open_length(1, self.out);
        self.message(id, &pieces, depth)?;
        close_length(start, 1, self.out);
        self.out.push(0x0c);
        Ok(())
    }
}
