//! `Any`: a message of a type that stands beside it.

use super::{Encoder, Range, Result, Stop};
use crate::codec::error::shortened;
use crate::codec::wire::{LEN, Reader};
use crate::contract::shape::WellKnown;

impl Encoder<'_> {
    /// `string type_url = 1; bytes value = 2` as an object with `@type`.
    pub(super) fn any(&mut self, pieces: &[Range], depth: u32) -> Result<()> {
        let offset = pieces.first().map_or(0, |piece| piece.start);
        let depth = self.deeper(depth, offset)?;
        let mut url = Range { start: offset, end: offset };
        let mut value = url;
        for piece in pieces {
            let mut reader = Reader::new(self.wire, piece.start, piece.end);
            while !reader.is_empty() {
                let head = reader.head()?;
                let range = match (head.number, head.wire_type) {
                    (1, LEN) => &mut url,
                    (2, LEN) => &mut value,
                    _ => {
                        reader.skip(head, depth)?;
                        continue;
                    }
                };
                let (start, end) = reader.range()?;
                *range = Range { start, end };
            }
        }
        if url.start == url.end {
            if value.start != value.end {
                return Err(Stop::new(value.start, "a google.protobuf.Any without a type"));
            }
            self.out.extend_from_slice(b"{}");
            return Ok(());
        }
        let text = self.wire.get(url.start..url.end).unwrap_or_default();
        let text = std::str::from_utf8(text)
            .map_err(|_| Stop::new(url.start, "a type URL that is not UTF-8"))?;
        let name = text.rsplit_once('/').map(|(_, name)| name);
        let Some(id) = name.and_then(|name| self.shapes.id(name)) else {
            let text = shortened(text);
            return Err(Stop::new(url.start, format!("no message type has the URL {text:?}")));
        };
        self.out.extend_from_slice(b"{\"@type\":");
        self.string(url.start, url.end)?;
        let shape = self.shapes.get(id);
        match shape.well_known {
            // An Empty has no fields: every reader takes it without a value.
            None | Some(WellKnown::Empty) => self.fields(id, shape, &[value], depth)?,
            Some(well_known) => {
                self.out.extend_from_slice(b",\"value\":");
                self.well_known(well_known, id, &[value], depth)
                    .map_err(|stop| stop.map(|fault| fault.in_field("value")))?;
            }
        }
        self.out.push(b'}');
        Ok(())
    }
}
