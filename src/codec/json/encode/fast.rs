//! The one pass over a message whose fields each stand together, which they nearly always do.

use super::{Encoder, Range, Result, Stop, scalar};
use crate::codec::json::seen::Seen;
use crate::codec::wire::{END_GROUP, LEN, Reader};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId};
use crate::contract::view::{Key, Table};

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

/// What a tag announces.
enum Met<'t> {
    /// Nothing that is written; it was skipped.
    Nothing,
    /// The group's end.
    End,
    /// A value of that field, or a packed run of them.
    Field(usize, &'t Key, bool),
}

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
            let start = reader.position();
            let tag = reader.varint()?;
            let (index, key, packed) = match table.tagged(shape, tag) {
                Some((index, key)) => (index, key, false),
                None => {
                    // Another reader, so that the one of the loop stays in registers.
                    let mut other = Reader::new(self.wire, start, range.end);
                    let met = self.unusual(shape, table, &mut other, group, depth)?;
                    reader = Reader::new(self.wire, other.position(), range.end);
                    match met {
                        Met::Nothing => continue,
                        Met::End => break,
                        Met::Field(index, key, packed) => (index, key, packed),
                    }
                }
            };
            if index != open.index {
                if open.index != usize::MAX {
                    if !self.close_open(shape, &open) {
                        return Ok(None);
                    }
                    open = NOTHING_OPEN;
                }
                if packed && is_empty_run(reader)? {
                    reader.range()?;
                    continue;
                }
                if seen.set(index) {
                    return Ok(None);
                }
                if !key.plain {
                    let Some(field) = shape.fields.get(index) else { return Ok(None) };
                    if let Some(oneof) = field.oneof()
                        && seen.set(shape.fields.len() + oneof)
                    {
                        return Ok(None);
                    }
                    if key.is_hidden() {
                        // Later runs of a hidden list are no split.
                        if field.is_repeated() {
                            return Ok(None);
                        }
                        let mut other = Reader::new(self.wire, start, range.end);
                        let head = other.head()?;
                        other.skip(head, depth)?;
                        reader = Reader::new(self.wire, other.position(), range.end);
                        continue;
                    }
                    if field.is_repeated() {
                        table.write_key(key, &mut self.out);
                        let (start, keys) = (self.out.len(), self.keys.len());
                        open = Open { index, start, count: 0, keys };
                    }
                }
                if open.index != index {
                    let written = self
                        .single(table, key, tag, &mut reader, depth)
                        .map_err(|stop| stop.map(|fault| fault.in_field(name(table, index))))?;
                    if !written {
                        return Ok(None);
                    }
                    continue;
                }
            }
            let Some(field) = shape.fields.get(index) else { return Ok(None) };
            let written = match field.cardinality {
                Cardinality::Map => {
                    let (start, end) = reader.range()?;
                    self.entry(field, Range { start, end }, open.keys, depth)
                }
                _ if packed => {
                    let (start, end) = reader.range()?;
                    self.packed_run(field.kind, Range { start, end })
                }
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

    /// What comes with a tag that is not the one of a single value of a low number's field.
    #[inline(never)]
    fn unusual<'t>(
        &self,
        shape: &Shape,
        table: &'t Table,
        reader: &mut Reader<'a>,
        group: u32,
        depth: u32,
    ) -> Result<Met<'t>> {
        let head = reader.head()?;
        if let Some(index) = shape.index(head.number)
            && let (Some(field), Some(key)) = (shape.fields.get(index), table.key(index))
        {
            let single = head.wire_type == field.element_tag.wire_type();
            if single || is_packed(field, head.wire_type) {
                return Ok(Met::Field(index, key, !single));
            }
            // A wrong wire type makes it an unknown field.
        }
        if head.wire_type == END_GROUP && group == head.number {
            return Ok(Met::End);
        }
        reader.skip(head, depth)?;
        Ok(Met::Nothing)
    }

    /// One field of one value, with its key.
    #[inline(always)]
    fn single(
        &mut self,
        table: &Table,
        key: &Key,
        tag: u64,
        reader: &mut Reader<'a>,
        depth: u32,
    ) -> Result<bool> {
        let keep = key.presence || self.options.emit_defaults;
        match key.kind {
            Kind::Message(id) => {
                let (start, end) = reader.range()?;
                table.write_key(key, &mut self.out);
                self.message(id, Range { start, end }, depth)?;
            }
            Kind::String => {
                let (start, end) = reader.range()?;
                if keep || start != end {
                    table.write_key(key, &mut self.out);
                    self.string(start, end)?;
                }
            }
            Kind::Bytes => {
                let (start, end) = reader.range()?;
                if keep || start != end {
                    table.write_key(key, &mut self.out);
                    self.bytes(start, end);
                }
            }
            Kind::Group(id) => {
                table.write_key(key, &mut self.out);
                let (start, limit) = (reader.position(), reader.end());
                let after = self.group(id, (tag >> 3) as u32, start, limit, depth)?;
                *reader = Reader::new(self.wire, after, limit);
            }
            kind => {
                let raw = scalar::read(kind, reader)?;
                if !self.is_value(kind, raw) {
                    return Ok(false);
                }
                if keep || raw != 0 {
                    table.write_key(key, &mut self.out);
                    self.number(kind, raw);
                }
            }
        }
        Ok(true)
    }

    /// One element of a list, with a comma before it.
    #[inline(always)]
    fn element(&mut self, field: &Field, reader: &mut Reader<'a>, depth: u32) -> Result<bool> {
        self.out.push(b',');
        match field.kind {
            Kind::Message(id) => {
                let (start, end) = reader.range()?;
                self.message(id, Range { start, end }, depth)?;
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
    fn packed_run(&mut self, kind: Kind, range: Range) -> Result<bool> {
        let mut run = Reader::new(self.wire, range.start, range.end);
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
        let distinct = self.keys.are_distinct(open.keys, &self.out);
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
