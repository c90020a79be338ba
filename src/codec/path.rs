//! Paths to fields, as path variables, query parameters and `body` name them.

use std::fmt;

use super::wire::{self, Malformed, Reader};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId, Shapes, WellKnown};
use crate::contract::view::View;

/// A compiled path like `book.author.id`. Two of them are equal where they lead to the same field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath {
    /// At least one: the message, and the index of the field in it.
    steps: Vec<(ShapeId, usize)>,
}

/// A client names paths, and what reads them recurses.
const MAX_STEPS: usize = 64;

/// How deep groups may nest that are passed by: deeper than any decoder writes them.
const MAX_GROUPS: u32 = 200;

impl FieldPath {
    /// The path that `text` names below `root`, by either name of each field. All but the last
    /// must be single messages.
    pub fn resolve(view: &View, root: ShapeId, text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        let mut id = root;
        let mut parts = text.split('.').peekable();
        while let Some(part) = parts.next() {
            if steps.len() == MAX_STEPS {
                return Err(PathError::TooLong);
            }
            let shape = view.shapes().get(id);
            let table = view.table(id);
            let Some((index, field)) = table
                .index(part.as_bytes())
                .and_then(|index| Some((index, shape.fields.get(index)?)))
            else {
                return Err(PathError::Unknown {
                    name: part.to_owned(),
                    message: shape.full_name.to_string(),
                    nearest: table.nearest(part).map(str::to_owned),
                });
            };
            steps.push((id, index));
            if parts.peek().is_none() {
                break;
            }
            if field.is_repeated() {
                return Err(PathError::Repeated { name: part.to_owned() });
            }
            let Some(inner) = field.message() else {
                return Err(PathError::NotAMessage {
                    name: part.to_owned(),
                    kind: field.kind.name(),
                });
            };
            id = inner;
        }
        Ok(Self { steps })
    }

    /// The message each step is in and the index of the field there.
    pub fn steps(&self) -> &[(ShapeId, usize)] {
        &self.steps
    }

    /// The message that the last field is in, and that field.
    pub fn leaf<'s>(&self, shapes: &'s Shapes) -> Option<(&'s Shape, &'s Field)> {
        let (id, index) = self.steps.last()?;
        let shape = shapes.get(*id);
        Some((shape, shape.fields.get(*index)?))
    }

    /// Whether the last field takes any number of values.
    pub fn is_repeated(&self, shapes: &Shapes) -> bool {
        self.leaf(shapes).is_some_and(|(_, field)| field.is_repeated())
    }

    /// Whether one of the two leads to the other or through it: setting both sets one thing twice.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.steps.iter().zip(&other.steps).all(|(a, b)| a == b)
    }

    /// Whether the two set different members of one oneof.
    pub fn excludes(&self, other: &Self, shapes: &Shapes) -> bool {
        let differing = self.steps.iter().zip(&other.steps).find(|(a, b)| a != b);
        let Some(((a, first), (b, second))) = differing else { return false };
        let oneof = |index: &usize| shapes.get(*a).fields.get(*index)?.oneof();
        a == b && oneof(first).is_some() && oneof(first) == oneof(second)
    }

    /// What `message` says of the field: where it stands more than once, the last time. Messages
    /// on the way are taken as the decoders write them, each in one piece.
    pub fn find<'m>(&self, shapes: &Shapes, message: &'m [u8]) -> Result<Found<'m>, Malformed> {
        let mut part = message;
        for (depth, (id, index)) in self.steps.iter().enumerate() {
            let shape = shapes.get(*id);
            let Some(field) = shape.fields.get(*index) else { return Ok(Found::Absent) };
            let excluded = |number| {
                let other = shape.field(number).and_then(Field::oneof);
                number != field.number && other.is_some() && other == field.oneof()
            };
            let mut found = None;
            let mut reader = Reader::new(part, 0, part.len());
            while !reader.is_empty() {
                let head = reader.head()?;
                if head.number != field.number {
                    reader.skip(head, MAX_GROUPS)?;
                    if excluded(head.number) {
                        return Ok(Found::Excluded);
                    }
                    continue;
                }
                let (start, end) = match head.wire_type {
                    wire::LEN => reader.range()?,
                    wire::START_GROUP => {
                        let start = reader.position();
                        (start, reader.skip_group(head.number, MAX_GROUPS)?)
                    }
                    _ => {
                        let start = reader.position();
                        reader.skip(head, MAX_GROUPS)?;
                        (start, reader.position())
                    }
                };
                found = part.get(start..end);
            }
            match found {
                None => return Ok(Found::Absent),
                Some(value) if depth + 1 == self.steps.len() => return Ok(Found::Value(value)),
                Some(inner) => part = inner,
            }
        }
        Ok(Found::Absent)
    }

    /// Whether [`text::decode`](super::text::decode) can set it: the last field is a scalar, an
    /// enum, or a message with a text form of its own. Says why not.
    pub fn check_text(&self, shapes: &Shapes) -> Result<(), PathError> {
        let Some((_, field)) = self.leaf(shapes) else { return Ok(()) };
        let has_text = field.cardinality != Cardinality::Map
            && match field.kind {
                Kind::Group(_) => false,
                Kind::Message(id) => matches!(
                    shapes.get(id).well_known,
                    Some(
                        WellKnown::Timestamp
                            | WellKnown::Duration
                            | WellKnown::FieldMask
                            | WellKnown::Wrapper(_)
                    )
                ),
                _ => true,
            };
        if has_text {
            return Ok(());
        }
        let message = field.message().map(|id| shapes.get(id).full_name.to_string());
        Err(PathError::NoText {
            name: field.name.to_string(),
            message: message.unwrap_or_default(),
            map: field.cardinality == Cardinality::Map,
        })
    }
}

/// What a message says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'m> {
    /// Nothing.
    Absent,
    /// The field's value as wire bytes, without tag and length.
    Value(&'m [u8]),
    /// Another member of a oneof on the way is set, so this one is not.
    Excluded,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// There is no such field.
    Unknown {
        /// What was asked for.
        name: String,
        /// The message that does not have it.
        message: String,
        /// A field it does have, with a name like that.
        nearest: Option<String>,
    },
    /// More follows a field that has none below it.
    NotAMessage {
        /// The field.
        name: String,
        /// What it holds.
        kind: &'static str,
    },
    /// More follows a field of any number of values.
    Repeated {
        /// The field.
        name: String,
    },
    /// It has more steps than messages may nest.
    TooLong,
    /// The last field is a message that has no text form.
    NoText {
        /// The field.
        name: String,
        /// Its message type.
        message: String,
        /// Whether it is a map.
        map: bool,
    },
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, message, nearest } => {
                write!(f, "no field named {:?} in {message}", super::error::shortened(name))?;
                match nearest {
                    Some(nearest) => write!(f, ", did you mean {nearest:?}?"),
                    None => Ok(()),
                }
            }
            Self::NotAMessage { name, kind } => {
                write!(f, "field {name:?} is a {kind}, it has no fields of its own")
            }
            Self::Repeated { name } => {
                write!(f, "field {name:?} is repeated, its elements have no path")
            }
            Self::TooLong => write!(f, "a path of more than {MAX_STEPS} fields"),
            Self::NoText { name, map: true, .. } => {
                write!(f, "field {name:?} is a map, which cannot be given as text")
            }
            Self::NoText { name, message, .. } => {
                write!(f, "field {name:?} is a {message}, which cannot be given as text")
            }
        }
    }
}

impl std::error::Error for PathError {}
