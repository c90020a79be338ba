//! Maps: lists of entries on the wire, in which of two with one key the last counts.

use std::cmp::Ordering;

use super::{Encoder, Range, Result, scalar};
use crate::codec::wire::Reader;
use crate::contract::shape::{Field, Kind};

/// Where the keys of the maps that are being written stand in the output.
#[derive(Debug, Default)]
pub(super) struct Keys {
    first: [(u32, u32); FEW],
    len: usize,
    rest: Vec<(u32, u32)>,
}

/// Up to this many keys are compared with each other, more are sorted.
const FEW: usize = 12;

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.rest.truncate(self.len.saturating_sub(FEW));
    }

    /// Notes a key, and says whether it is none of the few since `base`.
    #[inline]
    fn add(&mut self, base: usize, start: usize, out: &[u8]) -> bool {
        let key = (start as u32, out.len() as u32);
        if self.len >= FEW {
            self.rest.push(key);
            self.len += 1;
            return true;
        }
        let known = self.first.get(base..self.len).unwrap_or_default();
        let text = text(key, out);
        if known.iter().any(|known| self::text(*known, out) == text) {
            return false;
        }
        if let Some(place) = self.first.get_mut(self.len) {
            *place = key;
        }
        self.len += 1;
        true
    }

    /// Whether no two keys since `base` are the same.
    #[inline]
    pub(super) fn are_distinct(&self, base: usize, out: &[u8]) -> bool {
        self.len <= FEW || self.many_are_distinct(base, out)
    }

    #[inline(never)]
    fn many_are_distinct(&self, base: usize, out: &[u8]) -> bool {
        let rest = self.rest.get(base.saturating_sub(FEW)..).unwrap_or_default();
        let first = self.first.get(base..).unwrap_or_default();
        let mut keys: Vec<&[u8]> = first.iter().chain(rest).map(|key| text(*key, out)).collect();
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair.first() != pair.last())
    }
}

fn text(key: (u32, u32), out: &[u8]) -> &[u8] {
    out.get(key.0 as usize..key.1 as usize).unwrap_or_default()
}

/// The key and the value fields of a map's entry.
#[derive(Clone, Copy)]
struct Entry<'a> {
    key: &'a Field,
    value: &'a Field,
}

/// Where the last key and the values of an entry stand.
#[derive(Debug, Default)]
struct Parts {
    key: Option<Range>,
    value: Option<Range>,
    /// Values before the last one; a message is merged of all.
    earlier: Vec<Range>,
}

/// An entry and its key: a number's bits, or where a text stands. Wire bytes are under 4 GiB.
struct Keyed {
    raw: u64,
    text: (u32, u32),
    start: u32,
    end: u32,
}

impl<'a> Encoder<'a> {
    fn entry_of(&self, field: &Field) -> Option<Entry<'a>> {
        let shape = self.shapes.get(field.message()?);
        Some(Entry { key: shape.field(1)?, value: shape.field(2)? })
    }

    /// One entry with a comma before it; `false` where its key was there before or its value is
    /// none.
    pub(super) fn entry(
        &mut self,
        field: &Field,
        range: Range,
        base: usize,
        depth: u32,
    ) -> Result<bool> {
        let Some(entry) = self.entry_of(field) else { return Ok(false) };
        if let Some((key, value)) = self.texts(entry, range) {
            self.out.push(b',');
            let start = self.out.len();
            self.string(key.start, key.end)?;
            self.out.push(b':');
            if !self.keys.add(base, start, &self.out) {
                return Ok(false);
            }
            return match entry.value.kind {
                Kind::Message(id) => self.message(id, value, depth),
                _ => self.string(value.start, value.end),
            }
            .map_err(|stop| self.at_key(stop, start))
            .map(|()| true);
        }
        let parts = self.parts(entry, range, depth)?;
        if !self.has_value(entry.value.kind, &parts)? {
            return Ok(false);
        }
        self.out.push(b',');
        let start = self.out.len();
        self.map_key(entry.key.kind, &parts)?;
        if !self.keys.add(base, start, &self.out) {
            return Ok(false);
        }
        self.map_value(entry.value.kind, &parts, depth).map_err(|stop| self.at_key(stop, start))?;
        Ok(true)
    }

    /// All entries of a map, wherever they stand, each with a comma before it.
    pub(super) fn entries(
        &mut self,
        field: &Field,
        ranges: impl Iterator<Item = Range>,
        depth: u32,
    ) -> Result<()> {
        let Some(entry) = self.entry_of(field) else { return Ok(()) };
        let mut kept = Vec::new();
        for range in ranges {
            let parts = self.parts(entry, range, depth)?;
            if self.has_value(entry.value.kind, &parts)? {
                kept.push(self.keyed(entry.key.kind, &parts, range)?);
            }
        }
        // Of the entries with one key the last is kept, where it stood.
        kept.sort_unstable_by(|a, b| self.by_key(a, b).then(a.start.cmp(&b.start)));
        kept.dedup_by(|later, earlier| {
            let same = self.by_key(later, earlier).is_eq();
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        kept.sort_unstable_by_key(|keyed| keyed.start);
        for Keyed { start, end, .. } in kept {
            let range = Range { start: start as usize, end: end as usize };
            let parts = self.parts(entry, range, depth)?;
            self.out.push(b',');
            let start = self.out.len();
            self.map_key(entry.key.kind, &parts)?;
            self.map_value(entry.value.kind, &parts, depth)
                .map_err(|stop| self.at_key(stop, start))?;
        }
        Ok(())
    }

    /// The key and the value of an entry that is like most: a text, then a text or a message.
    #[inline]
    fn texts(&self, entry: Entry, range: Range) -> Option<(Range, Range)> {
        if entry.key.kind != Kind::String
            || !matches!(entry.value.kind, Kind::String | Kind::Message(_))
        {
            return None;
        }
        let mut reader = Reader::new(self.wire, range.start, range.end);
        if reader.varint().ok()? != 0x0a {
            return None;
        }
        let key = reader.range().ok()?;
        if reader.varint().ok()? != 0x12 {
            return None;
        }
        let value = reader.range().ok()?;
        let range = |(start, end)| Range { start, end };
        reader.is_empty().then_some((range(key), range(value)))
    }

    fn parts(&self, entry: Entry, range: Range, depth: u32) -> Result<Parts> {
        let mut reader = Reader::new(self.wire, range.start, range.end);
        let mut parts = Parts::default();
        while !reader.is_empty() {
            let head = reader.head()?;
            let field = match head.number {
                1 if head.wire_type == entry.key.tag.wire_type() => entry.key,
                2 if head.wire_type == entry.value.tag.wire_type() => entry.value,
                _ => {
                    reader.skip(head, depth)?;
                    continue;
                }
            };
            let range = match field.kind.wire_type() {
                2 => {
                    let (start, end) = reader.range()?;
                    Range { start, end }
                }
                _ => {
                    let start = reader.position();
                    reader.skip(head, depth)?;
                    Range { start, end: reader.position() }
                }
            };
            if head.number == 1 {
                parts.key = Some(range);
            } else if let Some(earlier) = parts.value.replace(range)
                && matches!(field.kind, Kind::Message(_))
            {
                parts.earlier.push(earlier);
            }
        }
        Ok(parts)
    }

    /// Whether the value is one that the kind has.
    fn has_value(&self, kind: Kind, parts: &Parts) -> Result<bool> {
        match (kind, parts.value) {
            (Kind::Enum(_), Some(range)) => Ok(self.is_value(kind, self.raw(kind, range)?)),
            _ => Ok(true),
        }
    }

    fn raw(&self, kind: Kind, range: Range) -> Result<u64> {
        Ok(scalar::read(kind, &mut Reader::new(self.wire, range.start, range.end))?)
    }

    fn keyed(&self, kind: Kind, parts: &Parts, range: Range) -> Result<Keyed> {
        let (raw, text) = match (kind, parts.key) {
            (_, None) => (0, Range { start: 0, end: 0 }),
            (Kind::String, Some(text)) => (0, text),
            (kind, Some(key)) => (self.raw(kind, key)?, Range { start: 0, end: 0 }),
        };
        Ok(Keyed {
            raw,
            text: (text.start as u32, text.end as u32),
            start: range.start as u32,
            end: range.end as u32,
        })
    }

    fn by_key(&self, a: &Keyed, b: &Keyed) -> Ordering {
        a.raw.cmp(&b.raw).then_with(|| text(a.text, self.wire).cmp(text(b.text, self.wire)))
    }

    #[inline]
    fn map_key(&mut self, kind: Kind, parts: &Parts) -> Result<()> {
        match (kind, parts.key) {
            (Kind::String, Some(range)) => self.string(range.start, range.end)?,
            (Kind::String, None) => self.out.extend_from_slice(b"\"\""),
            (kind, range) => {
                let raw = range.map_or(Ok(0), |range| self.raw(kind, range))?;
                self.quoted_number(kind, raw);
            }
        }
        self.out.push(b':');
        Ok(())
    }

    fn map_value(&mut self, kind: Kind, parts: &Parts, depth: u32) -> Result<()> {
        match (kind, parts.value) {
            (Kind::Message(id), Some(range)) if parts.earlier.is_empty() => {
                self.message(id, range, depth)
            }
            (Kind::Message(id), value) => {
                let pieces: Vec<Range> = parts.earlier.iter().copied().chain(value).collect();
                self.pieces(id, &pieces, depth)
            }
            (Kind::String, Some(range)) => self.string(range.start, range.end),
            (Kind::Bytes, Some(range)) => {
                self.bytes(range.start, range.end);
                Ok(())
            }
            (kind, Some(range)) => {
                let raw = self.raw(kind, range)?;
                self.number(kind, raw);
                Ok(())
            }
            (kind, None) => {
                self.default_value(crate::contract::shape::Cardinality::Singular, kind);
                Ok(())
            }
        }
    }

    /// The key's text stands in the output, from `start` to a colon.
    #[cold]
    fn at_key(&self, stop: super::Stop, start: usize) -> super::Stop {
        let text = self.out.get(start..).unwrap_or_default();
        let mut json = serde_json::Deserializer::from_slice(text).into_iter::<String>();
        let key = json.next().and_then(std::result::Result::ok).unwrap_or_default();
        stop.map(|fault| fault.at_key(&key))
    }
}
