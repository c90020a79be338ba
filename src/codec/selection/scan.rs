//! The one pass over a message's wire bytes that notes where its selected fields stand.

use crate::codec::json::read_number;
use crate::codec::wire::{LEN, Malformed, Reader, START_GROUP, VARINT};
use crate::contract::shape::{EnumId, EnumShape, Kind, ShapeId, Shapes};

use super::plan::{Place, Plan};
use super::{Member, Selection, Span, Stop};

/// What is noted of the messages that are being written, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    slots: Vec<Slot>,
    entries: Vec<Entry>,
}

/// Where a field's value stands without its tag; of a list from its first tag to behind its last
/// value. Of a oneof `start` is its member's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    start: u32,
    end: u32,
}

const UNSET: Slot = Slot { start: u32::MAX, end: 0 };

impl Slot {
    #[inline]
    pub(super) fn span(self) -> Option<Span> {
        (self != UNSET).then_some(Span { start: self.start as usize, end: self.end as usize })
    }
}

/// An entry of a map: its key, a number's bits or where a text stands, and where it stands itself.
#[derive(Debug, Clone, Copy)]
struct Entry {
    raw: u64,
    text: (u32, u32),
    start: u32,
    end: u32,
}

/// Finds things on the wire.
pub(super) struct Scanner<'a> {
    pub(super) shapes: &'a Shapes,
    pub(super) wire: &'a [u8],
    pub(super) scratch: Scratch,
}

/// A message whose fields were found.
#[derive(Clone, Copy)]
pub(super) struct Frame<'s> {
    pub(super) plan: &'s Plan,
    pub(super) span: Span,
    base: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(shapes: &'a Shapes, wire: &'a [u8], scratch: Scratch) -> Result<Self, Stop> {
        // The last number is kept for what is not set.
        if wire.len() >= u32::MAX as usize {
            return Err(Malformed { offset: 0, what: "a message of 4 GiB or more" }.into());
        }
        Ok(Self { shapes, wire, scratch })
    }

    /// Finds the fields of a message.
    pub(super) fn open<'s>(
        &mut self,
        selection: &'s Selection,
        span: Span,
        depth: u32,
    ) -> Result<Frame<'s>, Stop> {
        let plan = &selection.plan;
        let base = self.scratch.slots.len();
        let size = plan.size();
        self.scratch.slots.resize(base + size, UNSET);
        let frame = Frame { plan, span, base };
        if size > 0
            && let Err(stop) = self.scan(frame, depth)
        {
            self.close(frame);
            return Err(stop);
        }
        Ok(frame)
    }

    /// Forgets a message that was opened, and those that were since.
    #[inline]
    pub(super) fn close(&mut self, frame: Frame) {
        self.scratch.slots.truncate(frame.base);
    }

    /// Where the field of that place is.
    #[inline]
    pub(super) fn slot(&self, frame: Frame, slot: u32) -> Slot {
        self.scratch.slots.get(frame.base + slot as usize).copied().unwrap_or(UNSET)
    }

    /// Which of these members of a oneof is set.
    pub(super) fn member<'m>(&self, frame: Frame, members: &'m [Member]) -> Option<&'m Member> {
        members.iter().find(|member| {
            let place = frame.plan.indexed(member.index);
            place.is_some_and(|(slot, _)| self.slot(frame, slot) != UNSET)
        })
    }

    fn scan(&mut self, Frame { plan, span, base }: Frame, depth: u32) -> Result<(), Stop> {
        let (shapes, wire) = (self.shapes, self.wire);
        let Some(slots) = self.scratch.slots.get_mut(base..) else { return Ok(()) };
        let mut reader = Reader::new(wire, span.start, span.end);
        while !reader.is_empty() {
            let at = reader.position();
            let head = reader.head()?;
            let Some((slot, place)) = plan.numbered(head.number) else {
                if plan.message_set && (head.number, head.wire_type) == (1, START_GROUP) {
                    message_set_item(plan, slots, &mut reader, wire, depth)?;
                } else {
                    reader.skip(head, depth)?;
                }
                continue;
            };
            let from = reader.position();
            let (start, end) = match head.wire_type {
                LEN => reader.range()?,
                START_GROUP => (from, reader.skip_group(head.number, depth)?),
                _ => {
                    reader.skip(head, depth)?;
                    (from, reader.position())
                }
            };
            if head.wire_type != place.wire_type {
                // A wrong wire type makes it an unknown field.
                if !place.packable || head.wire_type != LEN || start == end {
                    continue;
                }
            } else if let Some(id) = place.closed
                && !is_known(
                    shapes,
                    id,
                    read_number(place.kind, &mut Reader::new(wire, start, end))?,
                )
            {
                continue;
            }
            let value = Slot { start: start as u32, end: end as u32 };
            let field = Slot { start: at as u32, end: reader.position() as u32 };
            note(slots, slot, place, value, field)?;
        }
        Ok(())
    }

    /// The values of a list, or the entries of a map as they stand.
    pub(super) fn values(&self, place: &Place, list: Span, depth: u32) -> Values<'a> {
        Values {
            reader: Reader::new(self.wire, list.start, list.end),
            run: Reader::new(self.wire, 0, 0),
            wire: self.wire,
            closed: place.closed.map(|id| self.shapes.get_enum(id)),
            place: *place,
            depth,
        }
    }

    /// Finds the entries of a map, one for each key: the last, in the order of the wire. Says which
    /// ones they are for [`entry`](Self::entry); [`forget`](Self::forget) makes an end of them.
    pub(super) fn entries(
        &mut self,
        place: &Place,
        map: Span,
        depth: u32,
    ) -> Result<std::ops::Range<usize>, Stop> {
        let base = self.scratch.entries.len();
        let found = self.find_entries(place, map, depth);
        if let Err(stop) = found {
            self.forget(base);
            return Err(stop);
        }
        let wire = self.wire;
        let text = |entry: &Entry| {
            wire.get(entry.text.0 as usize..entry.text.1 as usize).unwrap_or_default()
        };
        let same = |a: &Entry, b: &Entry| a.raw == b.raw && text(a) == text(b);
        let entries = &mut self.scratch.entries;
        let few = entries.get_mut(base..).unwrap_or_default();
        if !is_distinct(few, same) {
            few.sort_unstable_by(|a, b| {
                a.raw.cmp(&b.raw).then_with(|| text(a).cmp(text(b))).then(a.start.cmp(&b.start))
            });
            // Of those with one key the last moves to the front, the others go.
            let mut kept = base;
            for at in base..entries.len() {
                let (Some(entry), next) = (entries.get(at).copied(), entries.get(at + 1)) else {
                    break;
                };
                if !next.is_some_and(|next| same(&entry, next)) {
                    entries.swap(kept, at);
                    kept += 1;
                }
            }
            entries.truncate(kept);
            if let Some(few) = entries.get_mut(base..) {
                few.sort_unstable_by_key(|entry| entry.start);
            }
        }
        Ok(base..self.scratch.entries.len())
    }

    /// Where an entry stands.
    pub(super) fn entry(&self, at: usize) -> Span {
        self.scratch.entries.get(at).map_or(Span { start: 0, end: 0 }, |entry| Span {
            start: entry.start as usize,
            end: entry.end as usize,
        })
    }

    /// Forgets the entries from that one on.
    pub(super) fn forget(&mut self, base: usize) {
        self.scratch.entries.truncate(base);
    }

    fn find_entries(&mut self, place: &Place, map: Span, depth: u32) -> Result<(), Stop> {
        let Kind::Message(id) = place.kind else { return Ok(()) };
        let mut values = self.values(place, map, depth);
        while let Some(found) = values.next()? {
            if let Some(entry) = self.keyed(id, found.span, depth)? {
                self.scratch.entries.push(entry);
            }
        }
        Ok(())
    }

    /// An entry with its key; `None` where its value is none that its enum has.
    fn keyed(&self, id: ShapeId, span: Span, depth: u32) -> Result<Option<Entry>, Malformed> {
        let shape = self.shapes.get(id);
        let (Some(key), Some(value)) = (shape.field(1), shape.field(2)) else { return Ok(None) };
        let mut entry =
            Entry { raw: 0, text: (0, 0), start: span.start as u32, end: span.end as u32 };
        let mut known = true;
        let mut reader = Reader::new(self.wire, span.start, span.end);
        while !reader.is_empty() {
            let head = reader.head()?;
            match (head.number, value.kind) {
                (1, _) if head.wire_type != key.tag.wire_type() => reader.skip(head, depth)?,
                (1, _) if head.wire_type == LEN => {
                    let (start, end) = reader.range()?;
                    entry.text = (start as u32, end as u32);
                }
                (1, _) => entry.raw = read_number(key.kind, &mut reader)?,
                (2, Kind::Enum(id)) if head.wire_type == VARINT => {
                    let number = read_number(value.kind, &mut reader)?;
                    known = !self.shapes.get_enum(id).closed || is_known(self.shapes, id, number);
                }
                _ => reader.skip(head, depth)?,
            }
        }
        Ok(known.then_some(entry))
    }
}

/// Whether no two of them are the same: many are not compared, but sorted.
fn is_distinct(entries: &[Entry], same: impl Fn(&Entry, &Entry) -> bool) -> bool {
    const FEW: usize = 12;
    entries.len() <= FEW
        && entries
            .iter()
            .enumerate()
            .all(|(at, entry)| entries.iter().take(at).all(|earlier| !same(earlier, entry)))
}

#[inline]
fn is_known(shapes: &Shapes, id: EnumId, number: u64) -> bool {
    shapes.get_enum(id).name(number as i32).is_some()
}

/// Notes one occurrence of a field: `value` without its tag, `field` with it.
#[inline]
fn note(
    slots: &mut [Slot],
    slot: u32,
    place: &Place,
    value: Slot,
    field: Slot,
) -> Result<(), Stop> {
    // A member of a oneof makes an end of the one before it, if that is another.
    if let Some(member) = slots.get_mut(place.oneof as usize)
        && member.start != slot
    {
        let before = std::mem::replace(member, Slot { start: slot, end: 0 });
        if let Some(before) = slots.get_mut(before.start as usize) {
            *before = UNSET;
        }
    }
    let Some(noted) = slots.get_mut(slot as usize) else { return Ok(()) };
    if place.cardinality != crate::contract::shape::Cardinality::Singular {
        noted.start = noted.start.min(field.start);
        noted.end = field.end;
    } else if place.message && *noted != UNSET {
        return Err(Stop::Split);
    } else {
        *noted = value;
    }
    Ok(())
}

/// `group Item = 1 { int32 type_id = 2; bytes message = 3; }`, whose type is an extension.
#[cold]
fn message_set_item(
    plan: &Plan,
    slots: &mut [Slot],
    reader: &mut Reader,
    wire: &[u8],
    depth: u32,
) -> Result<(), Stop> {
    let start = reader.position();
    let end = reader.skip_group(1, depth)?;
    let mut item = Reader::new(wire, start, end);
    let (mut type_id, mut message) = (None, None);
    while !item.is_empty() {
        let head = item.head()?;
        match (head.number, head.wire_type) {
            (2, VARINT) => type_id = u32::try_from(item.varint()?).ok(),
            (3, LEN) => message = Some(item.range()?),
            _ => item.skip(head, depth)?,
        }
    }
    let known = type_id.and_then(|number| plan.numbered(number));
    match (known, message) {
        (Some((slot, place)), Some((start, end))) if place.message => {
            let value = Slot { start: start as u32, end: end as u32 };
            note(slots, slot, place, value, value)
        }
        _ => Ok(()),
    }
}

/// The values of a list, one after the other, however they are packed.
pub(super) struct Values<'a> {
    reader: Reader<'a>,
    /// The packed run that is being read.
    run: Reader<'a>,
    wire: &'a [u8],
    place: Place,
    closed: Option<&'a EnumShape>,
    depth: u32,
}

/// One value: where it stands, or of a number its bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) span: Span,
    pub(super) raw: u64,
}

impl Values<'_> {
    /// The next one that is a value of its kind.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Found>, Malformed> {
        loop {
            let raw = if !self.run.is_empty() {
                read_number(self.place.kind, &mut self.run)?
            } else if self.reader.is_empty() {
                return Ok(None);
            } else {
                let head = self.reader.head()?;
                if head.number != self.place.number {
                    self.reader.skip(head, self.depth)?;
                    continue;
                }
                let start = self.reader.position();
                match head.wire_type {
                    LEN if self.place.wire_type == LEN => {
                        let (start, end) = self.reader.range()?;
                        return Ok(Some(Found { span: Span { start, end }, raw: 0 }));
                    }
                    LEN if self.place.packable => {
                        let (start, end) = self.reader.range()?;
                        self.run = Reader::new(self.wire, start, end);
                        continue;
                    }
                    START_GROUP if self.place.wire_type == START_GROUP => {
                        let end = self.reader.skip_group(head.number, self.depth)?;
                        return Ok(Some(Found { span: Span { start, end }, raw: 0 }));
                    }
                    wire_type if wire_type == self.place.wire_type => {
                        read_number(self.place.kind, &mut self.reader)?
                    }
                    _ => {
                        self.reader.skip(head, self.depth)?;
                        continue;
                    }
                }
            };
            if self.closed.is_none_or(|shape| shape.name(raw as i32).is_some()) {
                return Ok(Some(Found { span: Span { start: 0, end: 0 }, raw }));
            }
        }
    }
}
