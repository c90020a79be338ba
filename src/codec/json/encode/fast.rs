//! The one pass over a message whose fields each stand together, which they nearly always do.

use super::{Encoder, Range, Result, Stop, scalar};
use crate::codec::json::seen::Seen;
use crate::codec::wire::{END_GROUP, LEN, Reader};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId};
use crate::contract::view::Table;

/// The list or map that is being written.
#[derive(Clone, Copy)]
struct Open {
    index: usize,
    /// Where its output starts.
    start: usize,
    /// How many elements it has.
    count: usize,
    /// Of a map: how many keys were noted before it.
    keys: usize,
}

const NOTHING_OPEN: Open = Open { index: usize::MAX, start: 0, count: 0, keys: 0 };

impl<'a> Encoder<'a> {
    /// Writes the fields, each with a comma before it, and says where the message ended. `None`:
    /// not every field stands together, or one of its values is none; nothing is known then of
    /// what was written. `group` is the number of the group it is, 0 if it is none.
    pub(super) fn one_pass(
        &mut self,
        id: ShapeId,
        shape: &'a Shape,
        range: Range,
        group: u32,
        depth: u32,
    ) -> Result<Option<usize>> {
        let table = self.view.table(id);
        let mut reader = Reader::new(self.wire, range.start, range.end);
        let mut seen = Seen::default();
        let mut open = NOTHING_OPEN;
        loop {
            if reader.is_empty() {
                if group != 0 {
                    return Err(Stop::new(reader.position(), "a group does not end"));
                }
                break;
            }
            let head = reader.head()?;
            let known = shape.index(head.number);
            let Some((index, field)) =
                known.and_then(|index| Some((index, shape.fields.get(index)?)))
            else {
                if head.wire_type == END_GROUP && group == head.number {
                    break;
                }
                reader.skip(head, depth)?;
                continue;
            };
            let single = field.element_tag.wire_type();
            let packed = head.wire_type != single;
            if packed && !is_packed(field, head.wire_type) {
                // A wrong wire type makes it an unknown field.
                if head.wire_type == END_GROUP && group == head.number {
                    break;
                }
                reader.skip(head, depth)?;
                continue;
            }
            if index != open.index {
                if open.index != usize::MAX {
                    if !self.close_open(shape, &open) {
                        return Ok(None);
                    }
                    open = NOTHING_OPEN;
                }
                if packed && is_empty_run(reader)? {
                    reader.skip(head, depth)?;
                    continue;
                }
                let oneof = field.oneof().map(|oneof| shape.fields.len() + oneof);
                if seen.set(index) || oneof.is_some_and(|bit| seen.set(bit)) {
                    return Ok(None);
                }
                if table.is_hidden(index) {
                    reader.skip(head, depth)?;
                    // Later runs of a hidden list are no split.
                    if field.is_repeated() {
                        return Ok(None);
                    }
                    continue;
                }
                if field.cardinality == Cardinality::Singular {
                    let written = self
                        .single(table, index, field, &mut reader, depth)
                        .map_err(|stop| stop.map(|fault| fault.in_field(name(table, index))))?;
                    if !written {
                        return Ok(None);
                    }
                    continue;
                }
                table.write_key(index, self.out);
                open = Open { index, start: self.out.len(), count: 0, keys: self.keys.len() };
            }
            let written = match field.cardinality {
                Cardinality::Map => self.entry(field, &mut reader, open.keys, depth),
                _ if packed => self.packed_run(field.kind, &mut reader),
                _ => self.element(field, &mut reader, depth),
            };
            let written = written.map_err(|stop| {
                stop.map(|fault| match field.cardinality {
                    Cardinality::Map => fault.in_field(name(table, index)),
                    _ => fault.at_index(open.count).in_field(name(table, index)),
                })
            })?;
            if !written {
                return Ok(None);
            }
            open.count += 1;
        }
        if open.index != usize::MAX && !self.close_open(shape, &open) {
            return Ok(None);
        }
        if self.options.emit_defaults {
            self.defaults(shape, table, |index| seen.has(index));
        }
        Ok(Some(reader.position()))
    }

    /// One field of one value, with its key.
    #[inline]
    fn single(
        &mut self,
        table: &Table,
        index: usize,
        field: &Field,
        reader: &mut Reader<'a>,
        depth: u32,
    ) -> Result<bool> {
        let keep = field.presence || self.options.emit_defaults;
        match field.kind {
            Kind::Message(id) => {
                let (start, end) = reader.range()?;
                table.write_key(index, self.out);
                self.pieces(id, &[Range { start, end }], depth)?;
            }
            Kind::String => {
                let (start, end) = reader.range()?;
                if keep || start != end {
                    table.write_key(index, self.out);
                    self.string(start, end)?;
                }
            }
            Kind::Bytes => {
                let (start, end) = reader.range()?;
                if keep || start != end {
                    table.write_key(index, self.out);
                    self.bytes(start, end);
                }
            }
            Kind::Group(id) => {
                table.write_key(index, self.out);
                let (start, limit) = (reader.position(), reader.end());
                let after = self.group(id, field.number, start, limit, depth)?;
                *reader = Reader::new(self.wire, after, limit);
            }
            kind => {
                let raw = scalar::read(kind, reader)?;
                if !self.is_value(kind, raw) {
                    return Ok(false);
                }
                if keep || raw != 0 {
                    table.write_key(index, self.out);
                    self.number(kind, raw);
                }
            }
        }
        Ok(true)
    }

    /// One element of a list, with a comma before it.
    #[inline]
    fn element(&mut self, field: &Field, reader: &mut Reader<'a>, depth: u32) -> Result<bool> {
        self.out.push(b',');
        match field.kind {
            Kind::Message(id) => {
                let (start, end) = reader.range()?;
                self.pieces(id, &[Range { start, end }], depth)?;
            }
            Kind::Group(id) => {
                let (start, limit) = (reader.position(), reader.end());
                let after = self.group(id, field.number, start, limit, depth)?;
                *reader = Reader::new(self.wire, after, limit);
            }
            Kind::String => {
                let (start, end) = reader.range()?;
                self.string(start, end)?;
            }
            Kind::Bytes => {
                let (start, end) = reader.range()?;
                self.bytes(start, end);
            }
            kind => {
                let raw = scalar::read(kind, reader)?;
                if !self.is_value(kind, raw) {
                    return Ok(false);
                }
                self.number(kind, raw);
            }
        }
        Ok(true)
    }

    /// The elements of a packed run, each with a comma before it.
    fn packed_run(&mut self, kind: Kind, reader: &mut Reader<'a>) -> Result<bool> {
        let (start, end) = reader.range()?;
        let mut run = Reader::new(self.wire, start, end);
        while !run.is_empty() {
            let raw = scalar::read(kind, &mut run)?;
            if !self.is_value(kind, raw) {
                return Ok(false);
            }
            self.out.push(b',');
            self.number(kind, raw);
        }
        Ok(true)
    }

    /// Closes a list or a map; `false` where two keys of the map are the same.
    #[inline]
    fn close_open(&mut self, shape: &Shape, open: &Open) -> bool {
        let map = shape.fields.get(open.index).is_some_and(|f| f.cardinality == Cardinality::Map);
        if !map {
            self.close(open.start, b'[', b']');
            return true;
        }
        self.close(open.start, b'{', b'}');
        let distinct = self.keys.are_distinct(open.keys, self.out);
        self.keys.truncate(open.keys);
        distinct
    }
}

fn is_packed(field: &Field, wire_type: u8) -> bool {
    wire_type == LEN
        && field.cardinality == Cardinality::Repeated
        && !matches!(field.kind, Kind::Group(_))
}

fn is_empty_run(mut reader: Reader<'_>) -> Result<bool> {
    let (start, end) = reader.range()?;
    Ok(start == end)
}

fn name(table: &Table, index: usize) -> &str {
    table.written(index).unwrap_or_default()
}
