//! How messages stand in XML: which elements and attributes hold which fields, in which order, under
//! which names. One model serves both a schema that is made from the contract and one that clients
//! already have; the codec reads and writes by it, and the schema of a WSDL is written from it, so
//! that no answer contradicts its schema.

mod builtin;
mod model;
mod text;

pub use builtin::Builtin;
pub use model::{
    Attribute, Content, Element, Enumeration, EnumerationId, Form, Holds, Literal, Name,
    NamespaceId, Occurs, Path, Simple, Type, TypeId, Value, View,
};
pub use text::{TextError, decode_text, is_illegal};
