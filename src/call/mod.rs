//! What the middle of the gateway works on: a [`Call`] on its way in, a [`Reply`] or a
//! [`CallError`] on its way out. Nothing in here can tell which protocol the client spoke.

mod error;
mod metadata;
mod payload;
mod service;

pub mod core;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

pub use error::{CallError, Code, Detail, Origin};
pub use metadata::{Metadata, Name, Value};
pub use payload::{Messages, Outcome, Payload, Step};
pub use service::{Answer, BoxFuture, CallService};

use crate::contract::Operation;

/// One request in normal form.
#[derive(Debug)]
pub struct Call {
    /// What is called.
    pub operation: Arc<Operation>,
    /// What came with the payload; names are lower case.
    pub metadata: Metadata,
    /// One request message or a stream of them, as protobuf wire bytes.
    pub payload: Payload,
    /// When the client stops waiting. `None` until a frontend or the deadline policy sets it.
    pub deadline: Option<Instant>,
    /// On whose behalf the call is made.
    pub principal: Principal,
    /// Where the call came from.
    pub source: Source,
}

/// One answer in normal form.
#[derive(Debug)]
pub struct Reply {
    /// What came before the first message (leading metadata).
    pub metadata: Metadata,
    /// One reply message or a stream of them, as protobuf wire bytes.
    pub payload: Payload,
    /// What came after a single message. A stream hands out its own at its end
    /// ([`Messages::trailers`]).
    pub trailers: Metadata,
    /// To be dropped when a single message has been read, or to be told why it cannot be. A stream
    /// has its own way ([`Messages::reject`]).
    pub outcome: Outcome,
}

impl Reply {
    /// A reply of one message, with no metadata.
    pub fn message(message: impl Into<bytes::Bytes>) -> Self {
        Self {
            metadata: Metadata::default(),
            payload: Payload::Message(message.into()),
            trailers: Metadata::default(),
            outcome: Outcome::default(),
        }
    }

    /// A reply of a stream of messages, with no leading metadata.
    pub fn stream(messages: Messages) -> Self {
        Self {
            metadata: Metadata::default(),
            payload: Payload::Stream(messages),
            trailers: Metadata::default(),
            outcome: Outcome::default(),
        }
    }
}

/// Who calls. Authentication policies make it more than anonymous.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Principal {
    /// Nobody has said who they are.
    #[default]
    Anonymous,
}

/// Where a call came from: what the log, the limits and the audit want to know of the client.
#[derive(Debug, Clone)]
pub struct Source {
    /// The protocol family the client spoke (`rest`, `grpc`, ...), as a label for logs and metrics.
    pub frontend: &'static str,
    /// The client's address as the socket saw it; `None` where there was no socket.
    pub peer: Option<SocketAddr>,
    /// Ties log lines, backend logs and the client's own records together.
    pub request_id: Arc<str>,
    /// When its head had been read: durations count from here.
    pub arrived: Instant,
}

#[cfg(test)]
pub(crate) mod tests {
    //! A call for the tests of those who handle calls.

    use http::uri::PathAndQuery;

    use super::{Arc, Call, Instant, Metadata, Payload, Principal, Source};
    use crate::contract::shape::ShapeId;
    use crate::contract::{Idempotency, Operation, Streaming};

    /// A call to `test.v1.Test/Call` with an empty message.
    pub fn call() -> Call {
        let operation = Operation {
            service: "test.v1.Test".into(),
            method: "Call".into(),
            path: PathAndQuery::from_static("/test.v1.Test/Call"),
            input: ShapeId(0),
            output: ShapeId(0),
            input_name: "test.v1.Request".into(),
            output_name: "test.v1.Reply".into(),
            streaming: Streaming::Unary,
            idempotency: Idempotency::Unknown,
            http: Vec::new(),
            deprecated: false,
        };
        Call {
            operation: Arc::new(operation),
            metadata: Metadata::default(),
            payload: Payload::Message(bytes::Bytes::new()),
            deadline: None,
            principal: Principal::Anonymous,
            source: Source {
                frontend: "test",
                peer: None,
                request_id: "1".into(),
                arrived: Instant::now(),
            },
        }
    }
}
