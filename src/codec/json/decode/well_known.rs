//! Well-known types, each from its form in JSON.

use super::{Decoder, Result};
use crate::codec::wire::{close_length, open_length, write_varint};
use crate::codec::{mask, time};
use crate::contract::shape::{ShapeId, Tag, WellKnown};

impl Decoder<'_> {
    /// A well-known message without its length.
    #[inline(never)]
    pub(super) fn well_known(
        &mut self,
        well_known: WellKnown,
        id: ShapeId,
        depth: u32,
    ) -> Result<()> {
        match well_known {
            WellKnown::Any => self.any(depth),
            WellKnown::Struct => self.structure(depth),
            WellKnown::Value => self.any_value(depth),
            WellKnown::ListValue => self.list_value(depth),
            WellKnown::Empty => self.fields(id, self.shapes.get(id), depth, false),
            WellKnown::Timestamp => self.seconds_and_nanos(
                "a timestamp like \"2026-01-31T12:00:00Z\"",
                time::parse_timestamp,
            ),
            WellKnown::Duration => {
                self.seconds_and_nanos("a duration like \"1.5s\"", time::parse_duration)
            }
            WellKnown::FieldMask => self.field_mask(),
            WellKnown::Wrapper(kind) => {
                self.peek();
                let tag = Tag::new(1, kind.wire_type());
                self.value(kind, &tag, false, &mut 1, depth).map(drop)
            }
        }
    }

    fn seconds_and_nanos(
        &mut self,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<(i64, i32)>,
    ) -> Result<()> {
        self.peek();
        let start = self.pos;
        let token = self.string(expected)?;
        let content = self.content(&token)?;
        let Some((seconds, nanos)) = parse(&content) else {
            self.pos = start;
            return Err(self.expected(expected));
        };
        write_seconds_and_nanos(seconds, nanos, self.out);
        Ok(())
    }

    fn field_mask(&mut self) -> Result<()> {
        const EXPECTED: &str = "a field mask like \"title,price.units\"";
        self.peek();
        let offset = self.pos;
        let token = self.string(EXPECTED)?;
        let content = self.content(&token)?;
        if content.is_empty() {
            return Ok(());
        }
        for path in content.split(',') {
            self.out.push(0x0a);
            let start = open_length(1, self.out);
            if !mask::decode(path, self.out) {
                self.pos = offset;
                return Err(self.expected(EXPECTED));
            }
            close_length(start, 1, self.out);
        }
        Ok(())
    }
}

/// Appends the two fields of a `Timestamp` or a `Duration`.
pub(in crate::codec) fn write_seconds_and_nanos(seconds: i64, nanos: i32, out: &mut Vec<u8>) {
    if seconds != 0 {
        out.push(0x08);
        write_varint(seconds as u64, out);
    }
    if nanos != 0 {
        out.push(0x10);
        write_varint(i64::from(nanos) as u64, out);
    }
}
