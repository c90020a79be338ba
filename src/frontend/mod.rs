//! Protocols that clients speak: each turns an HTTP request into calls and replies into an HTTP
//! response.

pub mod accept;
mod assets;
pub mod body;
pub mod described;
pub mod details;
pub mod graphql;
pub mod grpc;
pub mod manners;
mod metadata;
mod query;
mod request_id;
pub mod rest;
pub mod soap;
mod status;
mod timeout;
pub mod upgrade;
pub mod websocket;

use std::sync::Arc;

use http::header::CONTENT_LENGTH;

/// An HTTP body, in either direction.
pub use axum::body::Body;

use crate::call::CallService;
use crate::contract::Operation;
use crate::telemetry::record::Recorder;

/// What a client sent.
pub type Request = http::Request<Body>;

/// What it is answered.
pub type Response = http::Response<Body>;

/// One operation as a listener exposes it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What is called.
    pub operation: Arc<Operation>,
    /// The operation's policies around its backend.
    pub service: CallService,
    /// Records requests that are refused before they become calls.
    pub recorder: Arc<Recorder>,
}

/// Takes the body of the answer to a HEAD request away, but not what it says of it (RFC 9110,
/// section 9.3.2).
fn without_body(response: &mut Response) {
    if let Some(length) = http_body::Body::size_hint(response.body()).exact() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = Body::empty();
}
