//! A message without some of its fields.

use super::wire::{LEN, Malformed, Reader, START_GROUP, write_bytes};
use crate::contract::shape::{ShapeId, Shapes};

/// How deep groups may nest that are passed by.
const MAX_GROUPS: u32 = 200;

/// Appends `wire`, a message of shape `id`, without the fields at those paths. All other bytes stay as
/// they are.
pub fn without(
    shapes: &Shapes,
    id: ShapeId,
    wire: &[u8],
    paths: &[&[(ShapeId, usize)]],
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let shape = shapes.get(id);
    let number = |path: &&[(ShapeId, usize)]| {
        let (_, index) = path.first()?;
        shape.fields.get(*index).map(|field| field.number)
    };
    let mut reader = Reader::new(wire, 0, wire.len());
    while !reader.is_empty() {
        let start = reader.position();
        let head = reader.head()?;
        let mut here = paths.iter().filter(|path| number(path) == Some(head.number)).peekable();
        if here.peek().is_none() || head.wire_type == START_GROUP {
            reader.skip(head, MAX_GROUPS)?;
            out.extend_from_slice(wire.get(start..reader.position()).unwrap_or_default());
            continue;
        }
        if head.wire_type != LEN {
            reader.skip(head, MAX_GROUPS)?;
            continue;
        }
        let (from, to) = reader.range()?;
        let below: Vec<_> =
            here.filter_map(|path| path.split_first().map(|(_, below)| below)).collect();
        let inner = below.iter().find_map(|below| below.first()).map(|(id, _)| *id);
        // A path that ends here takes all of it.
        if let Some(inner) = inner
            && below.iter().all(|below| !below.is_empty())
        {
            let mut rest = Vec::new();
            without(shapes, inner, wire.get(from..to).unwrap_or_default(), &below, &mut rest)?;
            write_bytes(head.number, &rest, out);
        }
    }
    Ok(())
}
