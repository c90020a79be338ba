//! Wire bytes to the canonical wire bytes of the same message, checked against its shape on the
//! way.

mod collect;
mod write;

#[cfg(test)]
mod tests;

use crate::contract::shape::{Kind, ShapeId, Shapes};

use super::scalar::Raw;
use super::wire::Malformed;

/// Appends to `out` the canonical form of the message that `wire` is: fields by number, what is
/// written twice merged, numbers in their shortest form, lists packed or not as the contract says,
/// maps sorted by key, defaults without presence left out. What the shape does not know is kept
/// behind the rest, and what an `Any` holds is left as it is. Refused is what no parser takes:
/// broken bytes, and text that is not UTF-8 where the contract asks for it. On an error `out` is
/// as long as it was.
pub fn rewrite(
    shapes: &Shapes,
    shape: ShapeId,
    wire: &[u8],
    max_depth: u32,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let before = out.len();
    let mut rewriter = Rewriter { shapes, wire, out };
    let whole = Range { start: 0, end: wire.len() };
    rewriter.message(shape, &[whole], max_depth).inspect_err(|_| out.truncate(before))
}

type Result<T, E = Malformed> = std::result::Result<T, E>;

/// Rewrites one message. All ranges are of `wire`.
struct Rewriter<'a> {
    shapes: &'a Shapes,
    wire: &'a [u8],
    out: &'a mut Vec<u8>,
}

/// A stretch of the wire bytes.
#[derive(Debug, Clone, Copy)]
struct Range {
    start: usize,
    end: usize,
}

/// One value on the wire, or a packed run of them, without its tag and length.
#[derive(Debug, Clone, Copy)]
struct Value {
    /// Of the field in its shape.
    index: usize,
    range: Range,
}

impl<'a> Rewriter<'a> {
    fn bytes(&self, range: Range) -> &'a [u8] {
        self.wire.get(range.start..range.end).unwrap_or_default()
    }

    /// Whether the number is one that its kind has: an unknown number of a closed enum is not.
    fn is_value(&self, kind: Kind, raw: Raw) -> bool {
        match (kind, raw) {
            (Kind::Enum(id), Raw::Varint(number)) => {
                let shape = self.shapes.get_enum(id);
                !shape.closed || shape.name(number as i32).is_some()
            }
            _ => true,
        }
    }
}

fn deeper(depth: u32, at: Range) -> Result<u32> {
    let too_deep = Malformed { offset: at.start, what: "messages nest too deep" };
    depth.checked_sub(1).ok_or(too_deep)
}
