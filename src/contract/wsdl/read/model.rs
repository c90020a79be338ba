//! What an existing WSDL says, resolved: every reference followed, every extension and group in its
//! place. Plain data, with the place in the files that each piece is from.

use std::fmt;
use std::sync::Arc;

use super::super::Document;
use crate::contract::xml::{Builtin, Occurs};

/// A WSDL with all files that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wsdl {
    /// The file, as people see it.
    pub name: Arc<str>,
    /// Its services, each at an address of its own.
    pub services: Vec<Service>,
    /// Complex types by id.
    pub types: Vec<Complex>,
    /// The files as they were found, the WSDL first, but for the address of the service and of each
    /// other: `?wsdl=N` and `?xsd=N` name them by their place.
    pub files: Vec<Document>,
    /// What is in it that cannot be served.
    pub notes: Vec<Note>,
}

/// Something that is told of a place in the files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note {
    /// Where it is.
    pub place: Place,
    /// What is told.
    pub message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as people see it.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// An expanded name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QName {
    /// Empty for none.
    pub namespace: Arc<str>,
    /// The part behind the colon.
    pub local: Box<str>,
}

/// A `wsdl:service`, all its SOAP ports together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: Box<str>,
    /// The target namespace of the WSDL that defines it.
    pub namespace: Arc<str>,
    /// The operations of its ports.
    pub operations: Vec<Operation>,
    /// Where it is.
    pub place: Place,
}

/// How messages of an operation stand in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// document/literal.
    Document,
    /// rpc/literal.
    Rpc,
    /// rpc/encoded: values say their types.
    Encoded,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub name: Box<str>,
    /// `soapAction`; may be empty.
    pub action: Box<str>,
    /// How its messages stand in the body.
    pub binding: Binding,
    /// The request.
    pub input: Message,
    /// The reply; `None` for a one-way operation.
    pub output: Option<Message>,
    /// Its faults.
    pub faults: Vec<Part>,
    /// Where it is.
    pub place: Place,
}

/// A message: the one element in the body, and header blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The element in the body.
    pub body: Part,
    /// Header blocks.
    pub headers: Vec<Part>,
    /// `wsa:Action`.
    pub action: Box<str>,
}

/// An element that stands in a body, a header or a fault's detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The element's name.
    pub element: QName,
    /// Its type.
    pub of: TypeRef,
    /// Where it is.
    pub place: Place,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeRef {
    /// One text.
    Simple(Simple),
    /// Elements and attributes: an index into [`Wsdl::types`].
    Complex(usize),
    /// `xs:anyType`.
    Any,
}

/// A simple type, as far as it matters to how values are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simple {
    /// Its local name, where it has one of its own.
    pub name: Option<Box<str>>,
    /// The built-in type at its root.
    pub builtin: Builtin,
    /// Whether it is a list, separated by blanks.
    pub list: bool,
    /// The only texts it may be; empty for any.
    pub values: Vec<Box<str>>,
}

/// A complex type, those it extends in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complex {
    /// Its name; `None` for an anonymous one.
    pub name: Option<QName>,
    /// What config calls it: its local name, or for an anonymous one the names of the elements around
    /// it, with slashes between them.
    pub label: Box<str>,
    /// Whether only a type that extends it may stand in its place.
    pub is_abstract: bool,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What stands between the tags.
    pub content: Content,
    /// Types that extend or restrict it.
    pub derived: Vec<usize>,
    /// Where it is.
    pub place: Place,
}

/// What stands between the tags of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Elements, in this order.
    Elements(Vec<Element>),
    /// A text.
    Text(Simple),
}

/// An element in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name; without a namespace where it is unqualified.
    pub name: QName,
    /// How often it may stand there, what is around it counted in.
    pub occurs: Occurs,
    /// Whether it may be nil.
    pub nillable: bool,
    /// What an empty one stands for.
    pub default: Option<Box<str>>,
    /// The only text it may have.
    pub fixed: Option<Box<str>>,
    /// Alternatives have the same number.
    pub choice: Option<u16>,
    /// Its type.
    pub of: TypeRef,
    /// Where it is.
    pub place: Place,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name; without a namespace where it is unqualified.
    pub name: QName,
    /// Whether it must be there.
    pub required: bool,
    /// What a missing one stands for.
    pub default: Option<Box<str>>,
    /// The only text it may have.
    pub fixed: Option<Box<str>>,
    /// Its type.
    pub of: Simple,
    /// Where it is.
    pub place: Place,
}

impl Wsdl {
    /// The type of that id; past the end there is none.
    pub fn get(&self, id: usize) -> Option<&Complex> {
        self.types.get(id)
    }
}
