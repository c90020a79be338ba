//! The values of one message, noted once: fields may come in any order, split and merged.

use std::cell::Cell;

use super::lexical::Wire;
use crate::codec::error::Fault;
use crate::codec::json;
use crate::codec::wire::Reader;
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId, Shapes};

type Result<T, E = Box<Fault>> = std::result::Result<T, E>;

/// One value of a field.
#[derive(Clone, Copy)]
pub(super) struct Item<'m> {
    pub field: u32,
    pub value: Wire<'m>,
}

/// The values of a message, by field. Elements mostly ask for them in that order.
pub(super) struct Items<'i, 'm> {
    pub all: &'i [Item<'m>],
    /// Behind those that were asked for last.
    next: Cell<usize>,
}

impl<'i, 'm> Items<'i, 'm> {
    pub fn new(all: &'i [Item<'m>]) -> Self {
        Self { all, next: Cell::new(0) }
    }

    /// The values of one field: they stand together.
    #[inline]
    pub fn of(&self, field: usize) -> &'i [Item<'m>] {
        let field = u32::try_from(field).unwrap_or(u32::MAX);
        let mut start = self.next.get();
        let before = start.checked_sub(1).and_then(|before| self.all.get(before));
        if before.is_some_and(|before| before.field >= field) {
            start = self.all.partition_point(|item| item.field < field);
        }
        while self.all.get(start).is_some_and(|item| item.field < field) {
            start += 1;
        }
        let mut end = start;
        while self.all.get(end).is_some_and(|item| item.field == field) {
            end += 1;
        }
        self.next.set(end);
        self.all.get(start..end).unwrap_or_default()
    }
}

/// The room of a list, for values of other messages.
pub(super) fn reused<'n>(mut items: Vec<Item<'_>>) -> Vec<Item<'n>> {
    items.clear();
    // Nothing is left to be converted, and the room stays.
    items.into_iter().map(|Item { field, .. }| Item { field, value: Wire::Number(0) }).collect()
}

/// All values of a message that its shape knows, by field, in the order they came.
pub(super) fn collect<'m>(
    shapes: &Shapes,
    id: ShapeId,
    message: &'m [u8],
    items: &mut Vec<Item<'m>>,
) -> Result<()> {
    let shape = shapes.get(id);
    let mut reader = Reader::new(message, 0, message.len());
    let mut sorted = true;
    let mut exclusive = false;
    while !reader.is_empty() {
        let head = reader.head()?;
        let Some(index) = shape.index(head.number) else {
            reader.skip(head, 100)?;
            continue;
        };
        let Some(field) = shape.fields.get(index) else { continue };
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        sorted &= items.last().is_none_or(|last| last.field <= index);
        exclusive |= field.oneof().is_some();
        let mut push = |value| {
            // An unknown number of a closed enum is no value of its field.
            let known = match (field.kind, value) {
                (Kind::Enum(id), Wire::Number(number)) => {
                    let of = shapes.get_enum(id);
                    !of.closed || of.name(number as i32).is_some()
                }
                _ => true,
            };
            if known {
                items.push(Item { field: index, value });
            }
        };
        match (field.kind, head.wire_type) {
            (Kind::Group(_), 3) => {
                let start = reader.position();
                let end = reader.skip_group(head.number, 100)?;
                push(Wire::Bytes(message.get(start..end).unwrap_or_default()));
            }
            (kind, wire_type) if kind.wire_type() == wire_type => {
                if wire_type == 2 {
                    let (start, end) = reader.range()?;
                    push(Wire::Bytes(message.get(start..end).unwrap_or_default()));
                } else {
                    push(Wire::Number(json::read_number(kind, &mut reader)?));
                }
            }
            // A packed run.
            (kind, 2) if field.cardinality == Cardinality::Repeated && kind.wire_type() != 2 => {
                let (start, end) = reader.range()?;
                let mut run = Reader::new(message, start, end);
                while !run.is_empty() {
                    push(Wire::Number(json::read_number(kind, &mut run)?));
                }
            }
            _ => reader.skip(head, 100)?,
        }
    }
    if exclusive {
        keep_last_of_oneofs(shape, items);
    }
    if !sorted {
        items.sort_by_key(|item| item.field);
    }
    Ok(())
}

/// Of the members of a oneof the last one counts, and of that what came since another was there.
fn keep_last_of_oneofs(shape: &Shape, items: &mut Vec<Item<'_>>) {
    let oneof = |item: &Item<'_>| shape.fields.get(item.field as usize).and_then(Field::oneof);
    // The last member, and whether one before it was another.
    let mut last: Vec<Option<(u32, bool)>> = vec![None; shape.oneofs.len()];
    let mut dropped = Vec::new();
    for (place, item) in items.iter().enumerate().rev() {
        let Some(slot) = oneof(item).and_then(|oneof| last.get_mut(oneof)) else { continue };
        match slot {
            None => *slot = Some((item.field, false)),
            Some((field, over)) => {
                *over |= *field != item.field;
                if *over {
                    dropped.push(place);
                }
            }
        }
    }
    let mut place = 0;
    items.retain(|_| {
        let keep = dropped.last() != Some(&place);
        if !keep {
            dropped.pop();
        }
        place += 1;
        keep
    });
}
