//! `Struct`, `Value` and `ListValue`: a message as JSON.

use super::{Encoder, Range, Result, Stop, scalar};
use crate::codec::wire::{FIXED64, LEN, Reader, VARINT};
use crate::contract::shape::{Kind, ShapeId};

/// What a `Value` holds; the ranges of messages are in `pieces`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    Null,
    Number(u64),
    String(Range),
    Bool(bool),
    Struct,
    List,
}

impl Encoder<'_> {
    /// `map<string, Value> fields = 1` as an object.
    pub(super) fn structure(&mut self, id: ShapeId, pieces: &[Range], depth: u32) -> Result<()> {
        let depth = self.deeper(depth, offset(pieces))?;
        let Some(field) = self.shapes.get(id).field(1) else { return Ok(()) };
        let (start, base) = (self.out.len(), self.keys.len());
        let mut distinct = !self.merge_all;
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while distinct && !reader.is_empty() {
                let head = reader.head()?;
                if (head.number, head.wire_type) == (1, LEN) {
                    let (start, end) = reader.range()?;
                    distinct = self.entry(field, Range { start, end }, base, depth)?;
                } else {
                    reader.skip(head, depth)?;
                }
            }
        }
        if distinct {
            distinct = self.keys.are_distinct(base, &self.out);
            self.keys.truncate(base);
        }
        if !distinct {
            self.again(start, base, pieces.iter().map(|piece| piece.end - piece.start).sum())?;
            let mut ranges = Vec::new();
            for piece in pieces {
                self.lengths(*piece, depth, |range| ranges.push(range))?;
            }
            self.entries(field, ranges.into_iter(), depth)?;
        }
        self.close_object(start);
        Ok(())
    }

    /// `repeated Value values = 1` as a list.
    pub(super) fn list_value(&mut self, id: ShapeId, pieces: &[Range], depth: u32) -> Result<()> {
        let depth = self.deeper(depth, offset(pieces))?;
        let Some(value) = self.shapes.get(id).field(1).and_then(|field| field.message()) else {
            return Ok(());
        };
        let start = self.out.len();
        let mut index = 0;
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while !reader.is_empty() {
                let head = reader.head()?;
                if (head.number, head.wire_type) != (1, LEN) {
                    reader.skip(head, depth)?;
                    continue;
                }
                let (start, end) = reader.range()?;
                self.out.push(b',');
                self.any_value(value, &[Range { start, end }], depth)
                    .map_err(|stop| stop.map(|fault| fault.at_index(index)))?;
                index += 1;
            }
        }
        self.close(start, b'[', b']');
        Ok(())
    }

    /// A `Value`: what its oneof was set to last.
    pub(super) fn any_value(&mut self, id: ShapeId, pieces: &[Range], depth: u32) -> Result<()> {
        let depth = self.deeper(depth, offset(pieces))?;
        let mut held = Held::Nothing;
        let mut last = Range { start: 0, end: 0 };
        let mut earlier: Vec<Range> = Vec::new();
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while !reader.is_empty() {
                let head = reader.head()?;
                let now = match (head.number, head.wire_type) {
                    (1, VARINT) => {
                        reader.varint()?;
                        Held::Null
                    }
                    (2, FIXED64) => Held::Number(reader.fixed64()?),
                    (3, LEN) => {
                        let (start, end) = reader.range()?;
                        Held::String(Range { start, end })
                    }
                    (4, VARINT) => Held::Bool(reader.varint()? != 0),
                    (5 | 6, LEN) => {
                        let (start, end) = reader.range()?;
                        let now = if head.number == 5 { Held::Struct } else { Held::List };
                        if now == held {
                            earlier.push(last);
                        } else {
                            earlier.clear();
                        }
                        last = Range { start, end };
                        now
                    }
                    _ => {
                        reader.skip(head, depth)?;
                        continue;
                    }
                };
                held = now;
            }
        }
        match held {
            Held::Nothing => {
                return Err(Stop::new(
                    offset(pieces),
                    "a google.protobuf.Value that holds nothing",
                ));
            }
            Held::Null => self.out.extend_from_slice(b"null"),
            Held::Number(bits) if f64::from_bits(bits).is_finite() => {
                self.number(Kind::Double, bits);
            }
            Held::Number(_) => {
                let message = "a google.protobuf.Value that holds a number JSON has no form for";
                return Err(Stop::new(offset(pieces), message));
            }
            Held::String(range) => self.string(range.start, range.end)?,
            Held::Bool(value) => self.number(Kind::Bool, u64::from(value)),
            Held::Struct | Held::List => {
                let number = if held == Held::Struct { 5 } else { 6 };
                let inner = self.shapes.get(id).field(number).and_then(|field| field.message());
                let Some(inner) = inner else { return Ok(()) };
                earlier.push(last);
                match held {
                    Held::Struct => self.structure(inner, &earlier, depth)?,
                    _ => self.list_value(inner, &earlier, depth)?,
                }
            }
        }
        Ok(())
    }

    /// Hands out the ranges of field 1.
    pub(super) fn lengths(
        &self,
        piece: Range,
        depth: u32,
        mut each: impl FnMut(Range),
    ) -> Result<()> {
        let mut reader = Reader::new(self.wire, piece.start, piece.end);
        while !reader.is_empty() {
            let head = reader.head()?;
            if (head.number, head.wire_type) == (1, LEN) {
                let (start, end) = reader.range()?;
                each(Range { start, end });
            } else {
                reader.skip(head, depth)?;
            }
        }
        Ok(())
    }

    /// The last value of field 1 of a wrapper.
    pub(super) fn wrapper(&mut self, kind: Kind, pieces: &[Range], depth: u32) -> Result<()> {
        let mut text = None;
        let mut raw = 0;
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while !reader.is_empty() {
                let head = reader.head()?;
                if head.number != 1 || head.wire_type != kind.wire_type() {
                    reader.skip(head, depth)?;
                } else if head.wire_type == LEN {
                    text = Some(reader.range()?);
                } else {
                    raw = scalar::read(kind, &mut reader)?;
                }
            }
        }
        match (kind, text) {
            (Kind::String, Some((start, end))) => self.string(start, end)?,
            (Kind::Bytes, Some((start, end))) => self.bytes(start, end),
            (Kind::String | Kind::Bytes, None) => self.out.extend_from_slice(b"\"\""),
            _ => self.number(kind, raw),
        }
        Ok(())
    }
}

fn offset(pieces: &[Range]) -> usize {
    pieces.first().map_or(0, |piece| piece.start)
}
