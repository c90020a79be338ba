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
        // Taken out for as long as the wire is walked.
        let mut out = std::mem::take(&mut self.out);
        out.push(b'"');
        let start = out.len();
        let mut wrong = None;
        let walked = pieces.iter().try_for_each(|piece| {
            self.lengths(*piece, depth, |path| {
                if out.len() > start {
                    out.push(b',');
                }
                let text =
                    std::str::from_utf8(self.wire.get(path.start..path.end).unwrap_or_default());
                if !text.is_ok_and(|text| mask::encode(text, &mut out)) {
                    wrong.get_or_insert(path.start);
                }
            })
        });
        self.out = out;
        walked?;
        if let Some(start) = wrong {
            return Err(Stop::new(start, "a field mask path that JSON would read as another"));
        }
        self.out.push(b'"');
        Ok(())
    }
}
