//! The field mask of a request: what is selected of the reply, as paths.

use std::collections::BTreeSet;

use crate::codec::selection::{Selected, Selection, Source, Value};
use crate::codec::wire;
use crate::contract::shape::{Cardinality, ShapeId, Shapes};
use crate::frontend::graphql::engine::plan::{self, Node, Part};

/// What is shown of a call.
pub struct Shown<'a> {
    /// The message that is shown: its reply, or an item of a batch's.
    pub start: ShapeId,
    /// What is shown of that.
    pub shown: &'a plan::Shown,
    /// What fills the holes in it.
    pub nodes: &'a [Node],
    /// A field of it that is needed beside what is shown: the fields down to it.
    pub key: &'a [usize],
}

/// The wire bytes of the field `mask` of a request, a `google.protobuf.FieldMask`, for what is
/// shown and what the calls below need of it. `None` where all of it is wanted.
pub fn write(shapes: &Shapes, request: ShapeId, mask: usize, what: &Shown<'_>) -> Option<Vec<u8>> {
    let Shown { start, shown, nodes, key } = *what;
    let mut paths = BTreeSet::new();
    let (selection, prefix) = match shown {
        plan::Shown::Object(selection) => (selection, String::new()),
        plan::Shown::Field { path, selection } => (selection, names(shapes, start, path)?),
        plan::Shown::Leaf(_) | plan::Shown::True => return None,
    };
    let mut collect = Collect { shapes, nodes, paths: &mut paths };
    match items(shapes, start) {
        None => collect.fields(selection.shape, &selection.fields, &prefix),
        Some(items) if selection.shape == start => {
            for selected in &selection.fields {
                if let Source::Field { index, value: Value::Object(item), .. } = &selected.source
                    && *index == items
                {
                    collect.selection(item, "");
                }
            }
        }
        Some(_) => {}
    }
    // An empty mask asks for everything, as none does.
    if paths.is_empty() {
        return None;
    }
    if !key.is_empty() {
        paths.insert(names(shapes, start, key)?.trim_end_matches('.').to_owned());
    }
    let field = shapes.get(request).fields.get(mask)?;
    let mut content = Vec::new();
    for path in &paths {
        // google/protobuf/field_mask.proto: `repeated string paths = 1`.
        wire::write_bytes(1, path.as_bytes(), &mut content);
    }
    let mut bytes = Vec::new();
    wire::write_bytes(field.number, &content, &mut bytes);
    Some(bytes)
}

/// The list that a reply is about, where it is a page or a batch of messages: the mask is one of
/// theirs then (<https://google.aip.dev/157>). Such replies are called `...Response`
/// (<https://google.aip.dev/132>), and what they have beside the list is no message.
fn items(shapes: &Shapes, reply: ShapeId) -> Option<usize> {
    let shape = shapes.get(reply);
    if !shape.full_name.ends_with("Response") {
        return None;
    }
    let fields = shape.fields.iter().enumerate();
    let mut messages = fields.filter(|(_, field)| field.message().is_some());
    match (messages.next(), messages.next()) {
        (Some((index, field)), None) if field.cardinality == Cardinality::Repeated => Some(index),
        _ => None,
    }
}

/// `a.b.` for the path to a field of a message.
fn names(shapes: &Shapes, shape: ShapeId, path: &[usize]) -> Option<String> {
    let mut text = String::new();
    let mut shape = Some(shape);
    for index in path {
        let field = shapes.get(shape?).fields.get(*index)?;
        text.push_str(&field.name);
        text.push('.');
        shape = field.message();
    }
    Some(text)
}

struct Collect<'a> {
    shapes: &'a Shapes,
    nodes: &'a [Node],
    paths: &'a mut BTreeSet<String>,
}

impl Collect<'_> {
    fn selection(&mut self, selection: &Selection, prefix: &str) {
        self.fields(selection.shape, &selection.fields, prefix);
    }

    fn fields(&mut self, shape: ShapeId, fields: &[Selected], prefix: &str) {
        for selected in fields {
            match &selected.source {
                Source::Constant(_) => {}
                Source::Field { index, value, .. } => {
                    self.field(shape, *index, Some(value), prefix)
                }
                Source::Oneof(members) => {
                    for member in members {
                        self.field(shape, member.index, None, prefix);
                    }
                }
                Source::Hole(hole) => self.needed(shape, *hole, prefix),
            }
        }
    }

    fn field(&mut self, shape: ShapeId, index: usize, value: Option<&Value>, prefix: &str) {
        let Some(field) = self.shapes.get(shape).fields.get(index) else { return };
        let path = format!("{prefix}{}", field.name);
        match value {
            // A mask does not lead through lists and maps (google/protobuf/field_mask.proto).
            Some(Value::Object(selection)) if field.cardinality == Cardinality::Singular => {
                let before = self.paths.len();
                self.selection(selection, &format!("{path}."));
                if self.paths.len() == before {
                    self.paths.insert(path);
                }
            }
            _ => {
                self.paths.insert(path);
            }
        }
    }

    /// What a call needs of its parent.
    fn needed(&mut self, shape: ShapeId, hole: usize, prefix: &str) {
        let Some(Node::Call(call)) = self.nodes.get(hole) else { return };
        let from_parts = call.parts.iter().filter_map(|part| match part {
            Part::Parent { path, .. } => Some(path),
            Part::Bytes(_) | Part::Argument { .. } => None,
        });
        let from_batch = call.batch.iter().map(|batch| &batch.parent);
        for path in from_parts.chain(from_batch) {
            if let Some(names) = names(self.shapes, shape, path) {
                self.paths.insert(format!("{prefix}{}", names.trim_end_matches('.')));
            }
        }
    }
}
