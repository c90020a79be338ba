//! SOAP services: which operations a WSDL describes, and how each of their messages stands in an
//! envelope. The frontend answers by this model, and the WSDL is written from it.

pub mod bind;
mod generate;

use std::sync::Arc;

pub use generate::{Exposed, Options, generate, view};

use crate::contract::Operation;
use crate::contract::wsdl::Document;
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
    /// Where its WSDL is from.
    pub described: Described,
    /// Whether elements are also known by their local names alone.
    pub lenient_namespaces: bool,
    /// Header blocks that are read and written; a service that is made of the contract has none.
    pub headers: Vec<Header>,
    /// What the contract's sources say of it.
    pub comment: Option<Box<str>>,
}

/// Where the WSDL of a service is from.
#[derive(Debug, Clone)]
pub enum Described {
    /// It is written of the service; the element is what a fault's detail holds.
    Made(ErrorElement),
    /// It was there before: the files, the WSDL first.
    Given(Arc<[Document]>),
}

/// A header block, each of whose elements is a piece of metadata.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its element.
    pub element: Name,
    /// The elements in it, and the name of the metadata that each is.
    pub parts: Vec<(Name, Box<str>)>,
    /// Whether requests have it.
    pub in_requests: bool,
    /// Whether replies have it.
    pub in_replies: bool,
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
    /// The reply; `None` for a one-way operation, whose clients are told no more than that the call
    /// was taken.
    pub output: Option<Message>,
    /// What a fault's detail holds, in a service whose WSDL was there before.
    pub faults: Vec<Fault>,
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
    /// rpc/encoded: the same, and values say their types.
    Encoded,
}

/// An element of a fault's detail, of an older WSDL.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The element.
    pub element: Name,
    /// When it is there, and what is in it.
    pub holds: FaultContent,
}

/// What an older WSDL's fault holds.
#[derive(Debug, Clone)]
pub enum FaultContent {
    /// The detail of that type, where the error has one.
    Detail(Box<str>, TypeId),
    /// The error itself: of the code of that number (`google.rpc.Code`), or of any.
    Error(Option<u8>, Vec<(Name, ErrorPart)>),
}

/// A piece of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorPart {
    /// The code's name: `NOT_FOUND`.
    Code,
    /// The code's number, as gRPC has it.
    Number,
    /// The message.
    Message,
    /// That text.
    Text(Box<str>),
}

impl Service {
    /// What a fault's detail holds, where the WSDL is made of the contract.
    pub fn error(&self) -> Option<&ErrorElement> {
        match &self.described {
            Described::Made(error) => Some(error),
            Described::Given(_) => None,
        }
    }
}

impl SoapOperation {
    /// The types of its request and its reply.
    pub fn bodies(&self) -> impl Iterator<Item = TypeId> {
        [Some(self.input.body), self.output.as_ref().map(|output| output.body)]
            .into_iter()
            .flatten()
    }
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
