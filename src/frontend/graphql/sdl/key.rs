//! Keys of Apollo Federation: selections of fields that tell one object from another.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, Selection, SelectionSet};

use super::change::Holder;
use super::parts::object_field;
use crate::config::{Place, Problem};
use crate::contract::graphql::{Model, Named, ObjectId};

/// How deep a key may lead.
const MOST_DEPTH: usize = 16;

/// A field of a key, and what of it.
#[derive(Debug)]
pub struct Part {
    of: ObjectId,
    field: usize,
    below: Vec<Self>,
}

/// Reads a key of an object.
pub fn read(model: &Model, id: ObjectId, text: &str, place: &Place) -> Result<Vec<Part>, Problem> {
    let broken = || {
        let message = format!("`{text}` is no key");
        let hint = "a key is names of fields, and in braces those of their own: `id owner { id }`";
        Problem::at(place.clone(), message).with_hint(hint)
    };
    // More than that is no key, and the parser recurses.
    let deep = text.matches(['{', '[', '(']).count() > MOST_DEPTH;
    if deep || text.contains('}') && !text.contains('{') {
        return Err(broken());
    }
    let document = parse_query(format!("{{ {text} }}")).map_err(|_| broken())?;
    match (&document.operations, document.fragments.is_empty()) {
        (DocumentOperations::Single(operation), true) if operation.node.directives.is_empty() => {
            parts(model, id, &operation.node.selection_set.node, place, &broken)
        }
        _ => Err(broken()),
    }
}

fn parts(
    model: &Model,
    id: ObjectId,
    set: &SelectionSet,
    place: &Place,
    broken: &impl Fn() -> Problem,
) -> Result<Vec<Part>, Problem> {
    let read = |selection: &async_graphql::Positioned<Selection>| {
        let Selection::Field(field) = &selection.node else { return Err(broken()) };
        let field = &field.node;
        if field.alias.is_some() || !field.arguments.is_empty() || !field.directives.is_empty() {
            return Err(broken());
        }
        let name = field.name.node.as_str();
        let (of, index) = object_field(model, Holder::Object(id), name, place.clone())?;
        let ty = model.objects.get(of.0).and_then(|object| object.fields.get(index));
        let ty = ty.ok_or_else(broken)?.ty;
        let set = &field.selection_set.node;
        let below = match (ty.named, set.items.is_empty()) {
            (Named::Object(inner), false) if ty.list.is_none() => {
                parts(model, inner, set, place, broken)?
            }
            (Named::Scalar(_) | Named::Enum(_), true) if ty.list.is_none() => Vec::new(),
            _ => {
                let message = format!("`{name}` cannot be part of a key");
                let hint = "a key is made of single scalars and enums";
                return Err(Problem::at(place.clone(), message).with_hint(hint));
            }
        };
        Ok(Part { of, field: index, below })
    };
    set.items.iter().map(read).collect()
}

/// The key under the names that `name` gives each field; the error is one that has none.
pub fn print(
    key: &[Part],
    name: &impl Fn(ObjectId, usize) -> Option<String>,
) -> Result<String, (ObjectId, usize)> {
    let one = |part: &Part| {
        let name_of = name(part.of, part.field).ok_or((part.of, part.field))?;
        Ok(match part.below.is_empty() {
            true => name_of,
            false => format!("{name_of} {{ {} }}", print(&part.below, name)?),
        })
    };
    Ok(key.iter().map(one).collect::<Result<Vec<_>, _>>()?.join(" "))
}
