//! Writes the requests of calls: constants once, arguments and what parents say each time.

use async_graphql::{Name, Variables};
use async_graphql_value::{ConstValue, Value};

use super::planner::Schema;
use crate::codec::wire::{self, Malformed, Reader};
use crate::contract::graphql::{Argument, Place, Target, TypeRef};
use crate::contract::shape::{Kind, ShapeId, Shapes};
use crate::frontend::graphql::input;

/// Appends a constant: the wire bytes of the target's field with its tag.
pub fn write_constant(
    shapes: &Shapes,
    request: ShapeId,
    target: &Target,
    constant: &[u8],
    out: &mut Vec<u8>,
) {
    within(shapes, request, &target.path, out, |_, out| out.extend_from_slice(constant));
}

/// Appends what a value of an argument sets. The error is for the client.
pub fn write_argument(
    schema: &Schema,
    request: ShapeId,
    argument: &Argument,
    target: &Target,
    value: &ConstValue,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    write_value(schema, request, (&argument.name, &argument.ty), target, value, out)
}

/// The same of an argument that is known by its name and type alone.
pub fn write_value(
    schema: &Schema,
    request: ShapeId,
    (name, ty): (&str, &TypeRef),
    target: &Target,
    value: &ConstValue,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    if matches!(value, ConstValue::Null) && !ty.non_null {
        return Ok(());
    }
    let (model, view, shapes) = (&schema.model, &schema.view, &*schema.shapes);
    let mut written = Ok(());
    within(shapes, request, &target.path, out, |shape, out| {
        written = input::encode(model, view, ty, shape, target.leaf, value, out);
    });
    written.map_err(|error| format!("argument {name}: {error}"))
}

/// What a value with variables is when they have values; `None` where the value is one variable
/// that is not given. In a list such a variable is null, in an object its field is left out.
pub fn substitute(value: &Value, variables: &Variables) -> Option<ConstValue> {
    let given = |name: &Name| variables.get(name).cloned();
    Some(match value {
        Value::Variable(name) => given(name)?,
        Value::List(items) => ConstValue::List(
            items
                .iter()
                .map(|item| substitute(item, variables).unwrap_or(ConstValue::Null))
                .collect(),
        ),
        Value::Object(fields) => ConstValue::Object(
            fields
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), substitute(value, variables)?)))
                .collect(),
        ),
        constant => constant.clone().into_const()?,
    })
}

/// Appends what a parent's field sets: the value as it stands there, under the target's tag.
pub fn write_raw(
    shapes: &Shapes,
    request: ShapeId,
    target: &Target,
    value: Raw<'_>,
    out: &mut Vec<u8>,
) {
    within(shapes, request, &target.path, out, |shape, out| {
        let Place::Field(index) = target.leaf else { return };
        let Some(field) = shapes.get(shape).fields.get(index) else { return };
        field.element_tag.write(out);
        if value.wire_type == wire::LEN {
            wire::write_varint(value.bytes.len() as u64, out);
        }
        out.extend_from_slice(value.bytes);
    });
}

/// Has `write` write fields of the message that the path leads to.
fn within(
    shapes: &Shapes,
    shape: ShapeId,
    path: &[usize],
    out: &mut Vec<u8>,
    write: impl FnOnce(ShapeId, &mut Vec<u8>),
) {
    let mut tags = Vec::with_capacity(path.len());
    let mut inner = shape;
    for index in path {
        let Some(field) = shapes.get(inner).fields.get(*index) else { return };
        let Some(message) = field.message() else { return };
        tags.push(field);
        inner = message;
    }
    if tags.is_empty() {
        return write(inner, out);
    }
    let mut content = Vec::new();
    write(inner, &mut content);
    // From the inside out; such paths are short.
    for field in tags.iter().rev() {
        let mut outer = Vec::with_capacity(content.len() + 8);
        field.element_tag.write(&mut outer);
        if let Kind::Group(_) = field.kind {
            outer.extend_from_slice(&content);
            crate::contract::shape::Tag::new(field.number, wire::END_GROUP).write(&mut outer);
        } else {
            wire::write_varint(content.len() as u64, &mut outer);
            outer.extend_from_slice(&content);
        }
        content = outer;
    }
    out.extend_from_slice(&content);
}

/// A value on the wire without its tag and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    /// How it stands there.
    pub wire_type: u8,
    /// The value.
    pub bytes: &'a [u8],
    /// Where it starts in the whole message.
    pub start: usize,
}

/// How deep groups may nest that are passed by.
const MAX_GROUPS: u32 = 100;

/// All values of a field in the message that `wire[start..end]` is, where none is packed.
pub fn values<'w>(
    shapes: &Shapes,
    shape: ShapeId,
    index: usize,
    wire: &'w [u8],
    (start, end): (usize, usize),
    mut each: impl FnMut(Raw<'w>),
) -> Result<(), Malformed> {
    let Some(field) = shapes.get(shape).fields.get(index) else { return Ok(()) };
    let mut reader = Reader::new(wire, start, end);
    while !reader.is_empty() {
        let head = reader.head()?;
        if head.number != field.number || head.wire_type != field.kind.wire_type() {
            reader.skip(head, MAX_GROUPS)?;
            continue;
        }
        let (from, to) = match head.wire_type {
            wire::LEN => reader.range()?,
            wire::START_GROUP => {
                let from = reader.position();
                (from, reader.skip_group(head.number, MAX_GROUPS)?)
            }
            _ => {
                let from = reader.position();
                reader.skip(head, MAX_GROUPS)?;
                (from, reader.position())
            }
        };
        let bytes = wire.get(from..to).unwrap_or_default();
        each(Raw { wire_type: head.wire_type, bytes, start: from });
    }
    Ok(())
}
