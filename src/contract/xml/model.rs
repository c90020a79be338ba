//! The model's types. They are plain data: whoever makes a view fills them, and the codec compiles
//! what it needs from them once.

use std::sync::Arc;

use super::Builtin;
use crate::contract::shape::{EnumId, Kind, ShapeId, Shapes};

/// All types of one schema, over the shapes they hold.
#[derive(Debug, Clone)]
pub struct View {
    /// What is looked at.
    pub shapes: Arc<Shapes>,
    /// Namespace names by id. The first is empty: it stands for no namespace.
    pub namespaces: Vec<Arc<str>>,
    /// Complex types by id.
    pub types: Vec<Type>,
    /// Texts of enums by id.
    pub enumerations: Vec<Enumeration>,
}

/// Names a namespace within [`View::namespaces`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamespaceId(pub u16);

impl NamespaceId {
    /// No namespace: what an unqualified name is in.
    pub const NONE: Self = Self(0);
}

/// Names a complex type within [`View::types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// Names an enumeration within [`View::enumerations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumerationId(pub u32);

/// An expanded name: never a prefix, always its namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The namespace it is in.
    pub namespace: NamespaceId,
    /// The part behind the colon.
    pub local: Box<str>,
}

/// Where a value is in a message: each message on the way and the index of the field in it. An
/// empty path is the message itself. All but the last step are single messages.
pub type Path = Box<[(ShapeId, usize)]>;

/// A complex type: what stands between the tags of an element, and which message it is.
#[derive(Debug, Clone)]
pub struct Type {
    /// Its name in the schema; `None` for an anonymous one.
    pub name: Option<Name>,
    /// The message that elements of this type hold. Paths below count from it.
    pub shape: ShapeId,
    /// Its attributes, in the order they are written.
    pub attributes: Vec<Attribute>,
    /// What stands between the tags.
    pub content: Content,
    /// Types that an element may name by `xsi:type` in this one's place; of the same shape.
    pub derived: Vec<TypeId>,
    /// The name that is written as `xsi:type`: the one of a type in an abstract one's place.
    pub says: Option<Name>,
    /// Whether simple values say their types by `xsi:type`, as SOAP's own encoding has it.
    pub encoded: bool,
    /// What the contract's sources say of it, for `xs:documentation`.
    pub comment: Option<Box<str>>,
}

/// What stands between an element's tags.
#[derive(Debug, Clone)]
pub enum Content {
    /// Elements, written in this order and read in any.
    Elements(Vec<Element>),
    /// Text: a simple value at that path (`simpleContent`).
    Text(Path, Simple),
}

/// One child element, or any number of the same name.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// How often it may stand there.
    pub occurs: Occurs,
    /// Whether it may say `xsi:nil="true"`.
    pub nillable: bool,
    /// Elements that stand side by side with the same number are alternatives: one `xs:choice`.
    pub choice: Option<u16>,
    /// What it holds.
    pub holds: Holds,
    /// The text that an empty element stands for (`default` of XML Schema).
    pub default: Option<Box<str>>,
    /// The text of a value that is not there: what a missing element stands for, and what is written
    /// where the message has no value.
    pub absent: Option<Box<str>>,
    /// What the contract's sources say of it.
    pub comment: Option<Box<str>>,
}

/// `minOccurs` and `maxOccurs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurs {
    /// At least so many.
    pub min: u32,
    /// At most so many; `None` is `unbounded`.
    pub max: Option<u32>,
}

impl Occurs {
    /// Exactly one.
    pub const ONE: Self = Self { min: 1, max: Some(1) };
    /// At most one.
    pub const OPTIONAL: Self = Self { min: 0, max: Some(1) };
    /// Any number.
    pub const ANY: Self = Self { min: 0, max: None };
}

/// What an element holds.
#[derive(Debug, Clone)]
pub enum Holds {
    /// A simple value: of the field at that path; of a repeated field one element each.
    Value(Path, Simple),
    /// A message: of the field at that path; of a repeated field, or of the entries of a map, one
    /// element each.
    Message(Path, TypeId),
    /// More of the message that the element itself stands in: an element with no message of its own,
    /// such as the one around the items of a list. The type has the same shape.
    Inner(TypeId),
    /// Something that is in no message: written as it is, read over.
    Literal(Literal),
}

/// What stands in XML and in no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Written with this text; whatever a client says there is passed over.
    Text(Box<str>),
    /// Written as nil; whatever a client says there is passed over.
    Nil,
    /// Not written; whatever a client says there is passed over.
    Ignored,
    /// Not written, and refused where a client sends it.
    Refused,
}

/// One attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name: most have no namespace.
    pub name: Name,
    /// Whether `use="required"`.
    pub required: bool,
    /// The field at that path and the form of its text; or none.
    pub holds: Result<(Path, Simple), Literal>,
    /// The text that a missing attribute stands for.
    pub default: Option<Box<str>>,
}

/// A value that is one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simple {
    /// The type in the schema, or the base of a restriction: it says how the value is written.
    pub builtin: Builtin,
    /// What the value is in the message.
    pub form: Form,
    /// Whether the text is a list, separated by blanks, of all values of a repeated field
    /// (`xs:list`).
    pub list: bool,
}

/// What a text is in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A scalar of that kind, in the lexical form of the built-in type. Enums have a form of their
    /// own; a string field takes the text as it is, whatever the built-in type.
    Scalar(Kind),
    /// An enum by texts of its own, in an enum field, a string field or an integer one.
    Enumeration(EnumerationId, Kind),
    /// A wrapper message (`google.protobuf.Int32Value` and the like) around such a scalar.
    Wrapper(ShapeId, Kind),
    /// A `google.protobuf.Timestamp`, as `xs:dateTime`, or as `xs:date` at midnight UTC.
    Timestamp,
    /// A `google.protobuf.Duration`, as `xs:duration` of days and below.
    Duration,
    /// A `google.protobuf.FieldMask`, its paths separated by commas.
    FieldMask,
    /// A `google.type.Date` (`year`, `month`, `day` are the indexes of its fields), as `xs:date`.
    Date(ShapeId),
    /// A message of `units` (int64) and `nanos` (int32), as `xs:decimal`: the indexes of the two
    /// fields, as `google.type.Money` and its like have them.
    Decimal {
        /// Index of the field of whole units.
        units: usize,
        /// Index of the field of billionths.
        nanos: usize,
    },
    /// A message that JSON can say better than XML (`Struct`, `Value`, `ListValue`, `Any`): its
    /// ProtoJSON as text.
    Json(ShapeId),
}

/// The texts of an enum.
#[derive(Debug, Clone)]
pub struct Enumeration {
    /// Its name in the schema; `None` for an anonymous one.
    pub name: Option<Name>,
    /// The contract's enum, where it is one.
    pub of: Option<EnumId>,
    /// Each text and what it is in the message: a number of the enum or of an integer field, or a
    /// text of a string field. The first text of a value is the one that is written.
    pub values: Vec<(Box<str>, Value)>,
    /// What the contract's sources say of it.
    pub comment: Option<Box<str>>,
}

/// What a text of an [`Enumeration`] is in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of an enum or an integer field.
    Number(i32),
    /// Of a string field.
    Text(Box<str>),
}

static NO_TYPE: Type = Type {
    name: None,
    shape: ShapeId(u32::MAX),
    attributes: Vec::new(),
    content: Content::Elements(Vec::new()),
    derived: Vec::new(),
    says: None,
    encoded: false,
    comment: None,
};

impl View {
    /// A view without types over those shapes.
    pub fn new(shapes: Arc<Shapes>) -> Self {
        Self { shapes, namespaces: vec!["".into()], types: Vec::new(), enumerations: Vec::new() }
    }

    /// The id of a namespace, which is added where it is new. `None` when there are too many.
    pub fn namespace(&mut self, uri: &str) -> Option<NamespaceId> {
        let found = self.namespaces.iter().position(|known| &**known == uri);
        let index = found.unwrap_or_else(|| {
            self.namespaces.push(uri.into());
            self.namespaces.len() - 1
        });
        u16::try_from(index).ok().map(NamespaceId)
    }

    /// The name of a namespace.
    pub fn uri(&self, id: NamespaceId) -> &str {
        self.namespaces.get(usize::from(id.0)).map_or("", |uri| uri)
    }

    /// The type behind an id of this view; past the end, one without content.
    pub fn get(&self, id: TypeId) -> &Type {
        self.types.get(id.0 as usize).unwrap_or(&NO_TYPE)
    }
}
