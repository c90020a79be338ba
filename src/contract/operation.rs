//! One method of the contract, compiled.

use std::sync::Arc;

use http::uri::PathAndQuery;

use super::http_rule::HttpRule;
use super::shape::ShapeId;

/// One method of the contract with everything a frontend or a backend asks of it per call.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The service's full name: `shop.v1.ProductService`.
    pub service: Arc<str>,
    /// The method's own name: `GetProduct`.
    pub method: Arc<str>,
    /// The path gRPC calls it by: `/shop.v1.ProductService/GetProduct`. Parsed, so that no call has
    /// to do it.
    pub path: PathAndQuery,
    /// The shape of a request message.
    pub input: ShapeId,
    /// The shape of a reply message.
    pub output: ShapeId,
    /// The full names of the request and reply messages.
    pub input_name: Arc<str>,
    /// See [`input_name`](Self::input_name).
    pub output_name: Arc<str>,
    /// Which sides are streams.
    pub streaming: Streaming,
    /// The method's `idempotency_level` option.
    pub idempotency: Idempotency,
    /// HTTP bindings: the primary one first, then the additional ones. Empty where the contract
    /// gives none.
    pub http: Vec<HttpRule>,
    /// Whether the contract marks the method or its service deprecated.
    pub deprecated: bool,
}

impl Operation {
    /// The name used in config, logs and metrics: `shop.v1.ProductService/GetProduct`.
    pub fn name(&self) -> &str {
        &self.path.as_str()[1..]
    }
}

/// Which sides of an operation are streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Streaming {
    /// One message in, one out.
    Unary,
    /// A stream in, one message out.
    Client,
    /// One message in, a stream out.
    Server,
    /// Streams both ways.
    Both,
}

impl Streaming {
    /// Whether the client sends a stream.
    pub fn client(self) -> bool {
        matches!(self, Self::Client | Self::Both)
    }

    /// Whether the service answers with a stream.
    pub fn server(self) -> bool {
        matches!(self, Self::Server | Self::Both)
    }

    /// The word used in logs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Client => "client stream",
            Self::Server => "server stream",
            Self::Both => "bidirectional",
        }
    }
}

/// `google.protobuf.MethodOptions.idempotency_level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Nothing is promised.
    Unknown,
    /// Calling it has no side effects (`NO_SIDE_EFFECTS`).
    NoSideEffects,
    /// Calling it twice does what calling it once does (`IDEMPOTENT`).
    Idempotent,
}
