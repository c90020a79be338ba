//! The way for messages whose fields do not each stand together: their values are sorted first.
//! Nothing is copied, and the index takes at most six times the wire bytes it is of.

use super::{Encoder, Range, Result, scalar};
use crate::codec::wire::{LEN, Reader, START_GROUP};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId};

/// One value on the wire, without its tag.
#[derive(Debug, Clone, Copy)]
struct Value {
    index: u32,
    start: u32,
    end: u32,
}

impl Value {
    fn new(index: usize, range: Range) -> Self {
        // Wire bytes are under 4 GiB, and field numbers under 2^29.
        Self { index: index as u32, start: range.start as u32, end: range.end as u32 }
    }

    fn index(self) -> usize {
        self.index as usize
    }

    fn range(self) -> Range {
        Range { start: self.start as usize, end: self.end as usize }
    }
}

impl<'a> Encoder<'a> {
    /// The fields of the message that these stretches make, by number, each with a comma before it.
    #[inline(never)]
    pub(super) fn merged(
        &mut self,
        id: ShapeId,
        shape: &'a Shape,
        pieces: &[Range],
        depth: u32,
    ) -> Result<()> {
        let table = self.view.table(id);
        let values = self.sorted(shape, pieces, depth)?;
        for run in values.chunk_by(|a, b| a.index() == b.index()) {
            let Some(first) = run.first() else { continue };
            let index = first.index();
            let Some(field) = shape.fields.get(index) else { continue };
            let before = self.out.len();
            if !table.key(index).is_some_and(|key| table.write_key(key, &mut self.out)) {
                continue;
            }
            let written = self.run(field, run, depth).map_err(|stop| {
                stop.map(|fault| fault.in_field(table.written(index).unwrap_or_default()))
            })?;
            if !written {
                self.out.truncate(before);
            }
        }
        if self.options.emit_defaults {
            self.defaults(shape, table, |index| {
                values.binary_search_by_key(&index, |value| value.index()).is_ok()
            });
        }
        Ok(())
    }

    /// A field far down: its value, or its default where it or a message on the way is not there.
    pub(super) fn field_at(
        &mut self,
        steps: &[(ShapeId, usize)],
        pieces: Vec<Range>,
        depth: u32,
    ) -> Result<()> {
        let [(id, index), below @ ..] = steps else { return Ok(()) };
        let (shape, table) = (self.shapes.get(*id), self.view.table(*id));
        let Some(field) = shape.fields.get(*index) else { return Ok(()) };
        let depth = self.deeper(depth, 0)?;
        let mut values = self.sorted(shape, &pieces, depth)?;
        values.retain(|value| value.index() == *index);
        let written = if !below.is_empty() {
            self.field_at(below, values.iter().map(|value| value.range()).collect(), depth)
        } else if values.is_empty() {
            self.default_value(field.cardinality, field.kind);
            Ok(())
        } else {
            let before = self.out.len();
            self.run(field, &values, depth).map(|written| {
                if !written && self.out.len() == before {
                    self.default_value(field.cardinality, field.kind);
                }
            })
        };
        written.map_err(|stop| {
            stop.map(|fault| fault.in_field(table.written(*index).unwrap_or_default()))
        })
    }

    /// The values that count, by field and within a field in the order of the wire.
    fn sorted(&self, shape: &Shape, pieces: &[Range], depth: u32) -> Result<Vec<Value>> {
        let mut values: Vec<Value> = Vec::new();
        // Per oneof: the member that was set last, and since when without another between.
        let mut members: Vec<Option<(usize, usize)>> = vec![None; shape.oneofs.len()];
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while !reader.is_empty() {
                let Some(value) = self.next_value(shape, &mut reader, depth)? else { continue };
                let oneof = shape.fields.get(value.index()).and_then(Field::oneof);
                if let Some(member) = oneof.and_then(|oneof| members.get_mut(oneof))
                    && member.is_none_or(|(index, _)| index != value.index())
                {
                    *member = Some((value.index(), value.range().start));
                }
                values.push(value);
            }
        }
        if members.iter().any(Option::is_some) {
            values.retain(|value| {
                let oneof = shape.fields.get(value.index()).and_then(Field::oneof);
                match oneof.and_then(|oneof| members.get(oneof).copied().flatten()) {
                    Some((index, since)) => value.index() == index && value.range().start >= since,
                    None => true,
                }
            });
        }
        values.sort_unstable_by_key(|value| (value.index(), value.start, value.end));
        Ok(values)
    }

    /// The next field of a message, if it is known and its value one it can have.
    fn next_value(&self, shape: &Shape, reader: &mut Reader, depth: u32) -> Result<Option<Value>> {
        let head = reader.head()?;
        if shape.message_set && head.number == 1 && head.wire_type == START_GROUP {
            return self.message_set_item(shape, reader, depth);
        }
        let known = shape.index(head.number);
        let Some((index, field)) = known.and_then(|index| Some((index, shape.fields.get(index)?)))
        else {
            reader.skip(head, depth)?;
            return Ok(None);
        };
        let single = head.wire_type == field.element_tag.wire_type();
        let packed = head.wire_type == LEN
            && field.cardinality == Cardinality::Repeated
            && !matches!(field.kind, Kind::Group(_));
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
        let range = Range { start, end };
        let counts = match field.kind {
            _ if !single => packed && start != end,
            kind @ Kind::Enum(_) => {
                self.is_value(kind, scalar::read(kind, &mut Reader::new(self.wire, start, end))?)
            }
            _ => true,
        };
        Ok(counts.then(|| Value::new(index, range)))
    }

    /// `group Item = 1 { int32 type_id = 2; bytes message = 3; }`, whose type is an extension.
    fn message_set_item(
        &self,
        shape: &Shape,
        reader: &mut Reader,
        depth: u32,
    ) -> Result<Option<Value>> {
        let start = reader.position();
        let end = reader.skip_group(1, depth)?;
        let mut item = Reader::new(self.wire, start, end);
        let (mut type_id, mut message) = (None, None);
        while !item.is_empty() {
            let head = item.head()?;
            match (head.number, head.wire_type) {
                (2, 0) => type_id = u32::try_from(item.varint()?).ok(),
                (3, LEN) => message = Some(item.range()?),
                _ => item.skip(head, depth)?,
            }
        }
        let known = type_id.and_then(|number| shape.index(number));
        let is_message = known
            .and_then(|index| shape.fields.get(index))
            .is_some_and(|field| matches!(field.kind, Kind::Message(_)));
        Ok(match (known, message) {
            (Some(index), Some((start, end))) if is_message => {
                Some(Value::new(index, Range { start, end }))
            }
            _ => None,
        })
    }

    /// The value of one field made of all its values on the wire; `false` where there is nothing
    /// to write after all.
    fn run(&mut self, field: &Field, values: &[Value], depth: u32) -> Result<bool> {
        let start = self.out.len();
        match field.cardinality {
            Cardinality::Map => {
                self.entries(field, values.iter().map(|value| value.range()), depth)?;
                let some = self.out.len() > start || self.options.emit_defaults;
                self.close(start, b'{', b'}');
                Ok(some)
            }
            Cardinality::Repeated => {
                for (index, value) in values.iter().enumerate() {
                    self.elements(field, *value, depth)
                        .map_err(|stop| stop.map(|fault| fault.at_index(index)))?;
                }
                let some = self.out.len() > start || self.options.emit_defaults;
                self.close(start, b'[', b']');
                Ok(some)
            }
            Cardinality::Singular => self.last(field, values, depth),
        }
    }

    /// A list's element or packed run, each element with a comma before it.
    fn elements(&mut self, field: &Field, value: Value, depth: u32) -> Result<()> {
        let Range { start, end } = value.range();
        match field.kind {
            Kind::Message(id) | Kind::Group(id) => {
                self.out.push(b',');
                self.message(id, value.range(), depth)
            }
            Kind::String => {
                self.out.push(b',');
                self.string(start, end)
            }
            Kind::Bytes => {
                self.out.push(b',');
                self.bytes(start, end);
                Ok(())
            }
            kind => {
                let mut reader = Reader::new(self.wire, start, end);
                while !reader.is_empty() {
                    let raw = scalar::read(kind, &mut reader)?;
                    if self.is_value(kind, raw) {
                        self.out.push(b',');
                        self.number(kind, raw);
                    }
                }
                Ok(())
            }
        }
    }

    /// A single field: of a message all values merge, of others the last counts.
    fn last(&mut self, field: &Field, values: &[Value], depth: u32) -> Result<bool> {
        let Some(last) = values.last() else { return Ok(false) };
        let Range { start, end } = last.range();
        let keep = field.presence || self.options.emit_defaults;
        match field.kind {
            Kind::Message(id) | Kind::Group(id) => {
                let pieces: Vec<Range> = values.iter().map(|value| value.range()).collect();
                self.pieces(id, &pieces, depth)?;
            }
            Kind::String if keep || start != end => self.string(start, end)?,
            Kind::Bytes if keep || start != end => self.bytes(start, end),
            Kind::String | Kind::Bytes => return Ok(false),
            kind => {
                let raw = scalar::read(kind, &mut Reader::new(self.wire, start, end))?;
                if !keep && raw == 0 {
                    return Ok(false);
                }
                self.number(kind, raw);
            }
        }
        Ok(true)
    }
}
