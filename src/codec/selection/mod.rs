//! Wire bytes to the JSON of a GraphQL selection: only what was asked for, under the names and in
//! the order it was asked for, with no tree of values in between.

mod key;
mod leaf;
mod output;
mod plan;
mod scan;
mod visit;
mod write;

#[cfg(test)]
mod tests;

pub use output::{FieldError, Note, Output, Segment};
pub use visit::visit;
pub use write::{write_object, write_value};

use std::sync::Arc;

use crate::contract::shape::{ShapeId, Shapes};

/// What is written of one message, as an object. Compiled once for a query.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The message.
    pub shape: ShapeId,
    /// What is written, in this order.
    pub fields: Vec<Selected>,
    plan: plan::Plan,
}

impl Selection {
    /// These fields of a message of that shape.
    pub fn new(shapes: &Shapes, shape: ShapeId, fields: Vec<Selected>) -> Self {
        let plan = plan::Plan::new(shapes.get(shape), shapes, &fields);
        Self { shape, fields, plan }
    }

    /// Whether there are holes in it, or in what is selected below it.
    pub fn has_holes(&self) -> bool {
        self.plan.holes
    }
}

/// One field of an answer.
#[derive(Debug, Clone)]
pub struct Selected {
    /// The response name.
    pub name: Arc<str>,
    /// Whether null is an error here that takes the whole object with it.
    pub non_null: bool,
    /// Where the value comes from.
    pub source: Source,
    key: key::Key,
}

impl Selected {
    /// A field under that response name.
    pub fn new(name: Arc<str>, non_null: bool, source: Source) -> Self {
        let key = key::Key::new(&name);
        Self { name, non_null, source, key }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A JSON text that is always the same: `__typename`.
    Constant(Box<str>),
    /// The field of that index in the message. Lists are never null; a map is a list of its
    /// entries, one for each key.
    Field {
        /// The field's index in the shape.
        index: usize,
        /// How one value is written.
        value: Value,
        /// Of a list: whether a null in it is an error that takes the whole list with it.
        items_non_null: bool,
    },
    /// A oneof, as an object that depends on which member is set; null where none of these is.
    Oneof(Vec<Member>),
    /// Nothing of the message: whoever runs the query fills it ([`Holes`]).
    Hole(usize),
}

/// How one value is written.
#[derive(Debug, Clone)]
pub enum Value {
    /// A scalar, or a message that GraphQL sees as a scalar (wrappers, timestamps, structs): as
    /// ProtoJSON has it, except that what is not finite is null with an error.
    Leaf,
    /// An enum: the name of each number, without quotes, sorted by number. Another number is null
    /// with a note.
    Enum(Arc<[(i32, Box<str>)]>),
    /// A message, or an entry of a map.
    Object(Selection),
    /// A message without fields that GraphQL sees as `true`.
    True,
}

/// What is written where one member of a oneof is set.
#[derive(Debug, Clone)]
pub struct Member {
    /// The member's index in the shape.
    pub index: usize,
    /// What is written of the message that the oneof is in.
    pub fields: Vec<Selected>,
}

/// A stretch of the wire bytes that is one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it starts. No other message with the same selection starts there.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Why a value was not written.
#[derive(Debug)]
pub enum Stop {
    /// It is null where that is an error, which was noted: what holds it is null in its place.
    Null,
    /// A message stands in several pieces. After
    /// [`canonical::rewrite`](crate::codec::canonical::rewrite) it stands in one.
    Split,
    /// It is not a message of that shape.
    Malformed(crate::codec::wire::Malformed),
}

impl From<crate::codec::wire::Malformed> for Stop {
    #[cold]
    fn from(malformed: crate::codec::wire::Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// Fills the holes of a selection.
pub trait Holes {
    /// Writes the value of `hole` in the object whose message is `parent`. Null is written as such;
    /// whether that is an error is the writer's to say. What stops the value from being written
    /// stops the whole answer, but for [`Stop::Null`].
    fn fill(&mut self, hole: usize, parent: Span, output: &mut Output) -> Result<(), Stop>;
}
