//! Well-known types, each in its form in JSON.

use super::{Encoder, Range, Result, Stop};
use crate::codec::wire::Reader;
use crate::codec::{mask, time};
use crate::contract::shape::{ShapeId, WellKnown};

impl Encoder<'_> {
    /// A well-known message.
    #[inline(never)]
    pub(super) fn well_known(
        &mut self,
        well_known: WellKnown,
        id: ShapeId,
        pieces: &[Range],
        depth: u32,
    ) -> Result<()> {
        match well_known {
            WellKnown::Timestamp => self.seconds_and_nanos(pieces, depth, time::write_timestamp),
            WellKnown::Duration => self.seconds_and_nanos(pieces, depth, time::write_duration),
            WellKnown::Wrapper(kind) => self.wrapper(kind, pieces, depth),
            WellKnown::Struct => self.structure(id, pieces, depth),
            WellKnown::Value => self.any_value(id, pieces, depth),
            WellKnown::ListValue => self.list_value(id, pieces, depth),
            WellKnown::FieldMask => self.field_mask(pieces, depth),
            WellKnown::Any => self.any(pieces, depth),
            WellKnown::Empty => {
                let start = self.out.len();
                self.fields(id, self.shapes.get(id), pieces, depth)?;
                self.close_object(start);
                Ok(())
            }
        }
    }

    fn seconds_and_nanos(
        &mut self,
        pieces: &[Range],
        depth: u32,
        write: impl FnOnce(i64, i32, &mut Vec<u8>) -> Result<(), &'static str>,
    ) -> Result<()> {
        let (mut seconds, mut nanos) = (0, 0);
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while !reader.is_empty() {
                let start = reader.position();
                match reader.varint()? {
                    0x08 => seconds = reader.varint()? as i64,
                    0x10 => nanos = reader.varint()? as i32,
                    _ => {
                        let mut other = Reader::new(self.wire, start, piece.end);
                        let head = other.head()?;
                        other.skip(head, depth)?;
                        reader = Reader::new(self.wire, other.position(), piece.end);
                    }
                }
            }
        }
        self.out.push(b'"');
        write(seconds, nanos, &mut self.out)
            .map_err(|what| Stop::new(pieces.first().map_or(0, |piece| piece.start), what))?;
        self.out.push(b'"');
        Ok(())
    }

    fn field_mask(&mut self, pieces: &[Range], depth: u32) -> Result<()> {
        let mut paths = Vec::new();
        for piece in pieces {
            self.lengths(*piece, depth, |range| paths.push(range))?;
        }
        self.out.push(b'"');
        for (index, Range { start, end }) in paths.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            let path = std::str::from_utf8(self.wire.get(start..end).unwrap_or_default());
            if !path.is_ok_and(|path| mask::encode(path, &mut self.out)) {
                return Err(Stop::new(start, "a field mask path that JSON would read as another"));
            }
        }
        self.out.push(b'"');
        Ok(())
    }
}
