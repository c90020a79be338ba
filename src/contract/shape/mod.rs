//! Message types compiled for speed: an arena of [`Shape`]s, made once from a descriptor pool and
//! asked on every call instead of it.

mod compile;
mod enums;
mod names;
mod well_known;

use std::collections::HashMap;

pub use enums::{EnumId, EnumShape};
pub use names::NameTable;
pub use well_known::WellKnown;

/// All message and enum types of a contract.
#[derive(Debug, Default)]
pub struct Shapes {
    shapes: Vec<Shape>,
    enums: Vec<EnumShape>,
    by_name: HashMap<Box<str>, ShapeId>,
}

impl Shapes {
    /// The message type of that full name.
    pub fn id(&self, full_name: &str) -> Option<ShapeId> {
        self.by_name.get(full_name).copied()
    }

    /// The shape behind an id of this arena. An id of another arena may name another shape, or,
    /// past the end, one without fields.
    #[inline]
    pub fn get(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id.0 as usize).unwrap_or(&NO_SHAPE)
    }

    /// The enum behind an id of this arena; see [`get`](Self::get).
    #[inline]
    pub fn get_enum(&self, id: EnumId) -> &EnumShape {
        self.enums.get(id.0 as usize).unwrap_or(&enums::NO_ENUM)
    }

    /// All shapes, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (ShapeId, &Shape)> {
        (0..).map(ShapeId).zip(&self.shapes)
    }

    /// How many shapes there are.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }
}

/// Names a shape within its [`Shapes`] arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeId(pub u32);

/// One message type.
#[derive(Debug)]
pub struct Shape {
    /// `shop.v1.Product`.
    pub full_name: Box<str>,
    /// In the order of their numbers, extensions among them.
    pub fields: Vec<Field>,
    /// Names of the oneofs that were declared as such, in declaration order.
    pub oneofs: Vec<Box<str>>,
    /// Which well-known type this is, if it is one.
    pub well_known: Option<WellKnown>,
    /// Whether this is the entry type of a map field.
    pub map_entry: bool,
    /// Whether the wire holds `message_set_wire_format` items.
    pub message_set: bool,
    /// Index of each field below [`DENSE`] by its number; `NO_FIELD` in gaps.
    dense: Box<[u8]>,
    /// Numbers of the other fields, ascending.
    tail: Box<[u32]>,
}

impl Shape {
    /// The index in [`fields`](Self::fields) of the field of that number.
    #[inline]
    pub fn index(&self, number: u32) -> Option<usize> {
        match self.dense.get(number as usize) {
            Some(&NO_FIELD) => None,
            Some(&index) => Some(usize::from(index)),
            None if self.tail.is_empty() => None,
            None => {
                let before = self.fields.len() - self.tail.len();
                self.tail.binary_search(&number).ok().map(|index| index + before)
            }
        }
    }

    /// The only index that the field of that tag can have if its number is low: whether it does is
    /// left to a comparison of the whole tags.
    #[inline]
    pub(crate) fn likely_index(&self, tag: u64) -> Option<usize> {
        self.dense.get((tag >> 3) as usize).map(|index| usize::from(*index))
    }

    /// The field of that number.
    #[inline]
    pub fn field(&self, number: u32) -> Option<&Field> {
        self.index(number).and_then(|index| self.fields.get(index))
    }

    /// The field of that original name (of an extension: its full name). For paths that are
    /// compiled once; a call looks names up in a [`View`](super::view::View).
    pub fn field_named(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| &*field.name == name)
    }
}

/// Numbers below this are found by one lookup.
const DENSE: u32 = 256;
/// Marks a gap; 255 numbers from 1 on fill the indexes 0 to 254.
const NO_FIELD: u8 = u8::MAX;

static NO_SHAPE: std::sync::LazyLock<Shape> =
    std::sync::LazyLock::new(|| Shape::new("", Vec::new(), Vec::new()));

/// One field of a message type.
#[derive(Debug)]
pub struct Field {
    /// What the field holds; of a map field: its entry type.
    pub kind: Kind,
    /// How many of it.
    pub cardinality: Cardinality,
    /// Whether an unset field differs from one set to its default value.
    pub presence: bool,
    /// Whether lists of it are written packed.
    pub packed: bool,
    /// Whether a value that is not UTF-8 is refused on the wire.
    pub verify_utf8: bool,
    /// Whether proto2 calls it `required`.
    pub required: bool,
    /// Whether an `extend` block declared it.
    pub extension: bool,
    /// Whether it is marked deprecated.
    pub deprecated: bool,
    /// The field's number.
    pub number: u32,
    /// Index of the oneof it is a member of; `NO_ONEOF` outside of oneofs.
    oneof: u32,
    /// The tag that starts the field: of the packed run where [`packed`](Self::packed).
    pub tag: Tag,
    /// The tag of a single value; differs from [`tag`](Self::tag) only where packed.
    pub element_tag: Tag,
    /// The name in the contract; the full name of an extension.
    pub name: Box<str>,
    /// The name in JSON: lowerCamelCase or what `json_name` says; `[full.name]` of an extension.
    pub json_name: Box<str>,
}

const NO_ONEOF: u32 = u32::MAX;

impl Field {
    /// Index in [`Shape::oneofs`] of the oneof it is a member of.
    #[inline]
    pub fn oneof(&self) -> Option<usize> {
        (self.oneof != NO_ONEOF).then_some(self.oneof as usize)
    }

    /// Whether it holds any number of values, be it as a list or as a map.
    pub fn is_repeated(&self) -> bool {
        self.cardinality != Cardinality::Singular
    }

    /// The message type it holds: of a map field the entry's.
    pub fn message(&self) -> Option<ShapeId> {
        match self.kind {
            Kind::Message(id) | Kind::Group(id) => Some(id),
            _ => None,
        }
    }
}

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// At most one.
    Singular,
    /// A list.
    Repeated,
    /// A list of entries that reads as a map; the kind is the entry's message type, whose field 1
    /// is the key and field 2 the value.
    Map,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are protobuf's")]
pub enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(EnumId),
    Message(ShapeId),
    Group(ShapeId),
}

impl Kind {
    /// The number a tag says for a single value of this kind.
    pub fn wire_type(self) -> u8 {
        match self {
            Self::Int32 | Self::Int64 | Self::Uint32 | Self::Uint64 => 0,
            Self::Sint32 | Self::Sint64 | Self::Bool | Self::Enum(_) => 0,
            Self::Fixed64 | Self::Sfixed64 | Self::Double => 1,
            Self::String | Self::Bytes | Self::Message(_) => 2,
            Self::Group(_) => 3,
            Self::Fixed32 | Self::Sfixed32 | Self::Float => 5,
        }
    }

    /// The word for it in a message to a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Enum(_) => "enum",
            Self::Message(_) => "message",
            Self::Group(_) => "group",
        }
    }
}

/// The bytes of a field's tag, ready to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    bytes: [u8; 5],
    len: u8,
    wire_type: u8,
}

impl Tag {
    /// The tag of a field number and wire type.
    pub fn new(number: u32, wire_type: u8) -> Self {
        let mut bytes = [0; 5];
        let mut len = 0u8;
        let mut rest = u64::from(number) << 3 | u64::from(wire_type & 7);
        for byte in &mut bytes {
            *byte = (rest & 0x7f) as u8;
            len += 1;
            rest >>= 7;
            if rest == 0 {
                break;
            }
            *byte |= 0x80;
        }
        Self { bytes, len, wire_type: wire_type & 7 }
    }

    /// Appends the tag.
    #[inline(always)]
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.len == 1 {
            out.push(self.bytes[0]);
        } else {
            out.extend_from_slice(self.bytes());
        }
    }

    /// The tag's bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&self.bytes)
    }

    /// What it is as a number.
    pub fn value(&self) -> u32 {
        let bits = self.bytes().iter().zip((0..).step_by(7));
        bits.fold(0, |value, (byte, shift)| value | u32::from(byte & 0x7f) << shift)
    }

    /// The wire type in it.
    #[inline]
    pub fn wire_type(&self) -> u8 {
        self.wire_type
    }
}

#[cfg(test)]
mod tests;
