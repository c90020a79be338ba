//! SOAP services: which operations a WSDL describes, and how each of their messages stands in an
//! envelope. The frontend answers by this model, and the WSDL is written from it.

mod generate;

use std::sync::Arc;

pub use generate::{Exposed, Options, generate, view};

use crate::contract::Operation;
use crate::contract::xml::{Name, TypeId, View};

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
    /// What a fault's detail holds.
    pub error: ErrorElement,
    /// What the contract's sources say of it.
    pub comment: Option<Box<str>>,
}

/// The element in the detail of faults: the error's code and message, and then its typed details.
#[derive(Debug, Clone)]
pub struct ErrorElement {
    /// The element.
    pub name: Name,
    /// The elements of the code's name (`NOT_FOUND`) and of the message.
    pub parts: [Name; 2],
    /// The details that have elements of their own.
    pub details: Vec<Detail>,
}

/// A typed detail of an error.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The full name of its message: `google.rpc.ErrorInfo`.
    pub message: Box<str>,
    /// Its element.
    pub element: Name,
    /// The element's type.
    pub body: TypeId,
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
    /// The reply.
    pub output: Message,
    /// How many messages of a server stream are answered as a list; `None` for unary operations.
    pub stream: Option<StreamLimit>,
    /// What the contract's sources say of it.
    pub comment: Option<Box<str>>,
}

/// The binding's style and use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// document/literal, wrapped: the body holds one element.
    Document,
    /// rpc/literal: the body holds an element named for the operation, its parts unqualified.
    Rpc,
}

/// One message of an operation.
#[derive(Debug, Clone)]
pub struct Message {
    /// `wsdl:message` name.
    pub name: Box<str>,
    /// The element in the body.
    pub element: Name,
    /// Its type; its shape is the operation's message. Of a stream that is a list: the type of each
    /// of its items.
    pub body: TypeId,
    /// `wsa:Action` of WS-Addressing.
    pub action: Box<str>,
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
