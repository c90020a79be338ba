//! SOAP services: which operations a WSDL describes, and how each of their messages stands in an
//! envelope. One model serves a WSDL that is made from the contract and one that clients already
//! have; the frontend answers by it.

use std::sync::Arc;

use crate::contract::Operation;
use crate::contract::xml::{Literal, Name, Path, Simple, TypeId, View};

/// One service as SOAP clients see it.
#[derive(Debug, Clone)]
pub struct Service {
    /// `wsdl:service` name.
    pub name: Box<str>,
    /// Where it is below the frontend's path: `shop.v1.ProductService`.
    pub path: Box<str>,
    /// `targetNamespace` of its WSDL.
    pub namespace: Box<str>,
    /// What its messages are in XML.
    pub view: Arc<View>,
    /// Its operations, in the order of the WSDL.
    pub operations: Vec<SoapOperation>,
    /// Which versions of SOAP its WSDL has bindings for.
    pub versions: Versions,
    /// What the contract's sources say of it.
    pub comment: Option<Box<str>>,
}

/// Versions of SOAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// SOAP 1.1.
    pub soap11: bool,
    /// SOAP 1.2.
    pub soap12: bool,
}

/// One operation of a SOAP service.
#[derive(Debug, Clone)]
pub struct SoapOperation {
    /// `wsdl:operation` name.
    pub name: Box<str>,
    /// What is called.
    pub operation: Arc<Operation>,
    /// `soapAction`; may be empty.
    pub action: Box<str>,
    /// How its messages stand in the body.
    pub style: Style,
    /// The request.
    pub input: Message,
    /// The reply; `None` for a one-way operation, which is answered before it is done.
    pub output: Option<Message>,
    /// Faults that the WSDL declares.
    pub faults: Vec<Fault>,
    /// How many messages of a server stream are answered as a list; `None` for unary operations.
    pub stream: Option<StreamLimit>,
    /// What the contract's sources say of it.
    pub comment: Option<Box<str>>,
}

/// The binding's style and use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// document/literal, wrapped or bare: the body holds one element.
    Document,
    /// rpc/literal: the body holds an element named for the operation, its parts unqualified.
    Rpc,
    /// rpc/encoded: the same, and values carry `xsi:type`.
    Encoded,
}

/// One message of an operation.
#[derive(Debug, Clone)]
pub struct Message {
    /// `wsdl:message` name.
    pub name: Box<str>,
    /// The element in the body; `None` for an empty body.
    pub element: Option<Name>,
    /// Its type; its shape is the operation's message. Of a stream that is a list: the type of each
    /// of its items.
    pub body: TypeId,
    /// Header blocks.
    pub headers: Vec<Header>,
    /// `wsa:Action` of WS-Addressing.
    pub action: Box<str>,
    /// Fields of the request that are set whatever the client says. Wire bytes of the message; empty
    /// for none.
    pub constants: Box<[u8]>,
}

/// A header block that a WSDL declares (`soap:header`).
#[derive(Debug, Clone)]
pub struct Header {
    /// Its element.
    pub element: Name,
    /// Whether a request without it is refused.
    pub required: bool,
    /// What it holds.
    pub holds: HeaderHolds,
}

/// What a header block holds.
#[derive(Debug, Clone)]
pub enum HeaderHolds {
    /// Part of the operation's message: a type of the same shape.
    Message(TypeId),
    /// A simple value of the field at that path of the operation's message.
    Value(Path, Simple),
    /// Call metadata of that (lower case) name: the block's text.
    Metadata(Box<str>),
    /// In no message.
    Literal(Literal),
}

/// A fault that a WSDL declares.
#[derive(Debug, Clone)]
pub struct Fault {
    /// `wsdl:fault` name.
    pub name: Box<str>,
    /// The element in `detail`.
    pub element: Name,
    /// Which of the call error's details it is: a full message name such as
    /// `google.rpc.ErrorInfo`; `google.rpc.Status` stands for the error as a whole.
    pub detail: Box<str>,
    /// The element's type; its shape is that message.
    pub body: TypeId,
}

/// A server stream answered as a list: the element of the reply's body holds one of these for each
/// message, whose type is the body's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLimit {
    /// More messages than that are an error.
    pub messages: u32,
    /// The element of one message.
    pub item: Name,
}
