//! Protocols that clients speak: each turns an HTTP request into calls and replies into an HTTP
//! response.

pub mod accept;
pub mod body;
pub mod described;
pub mod details;
pub mod graphql;
pub mod manners;
pub mod rest;
pub mod upgrade;
pub mod websocket;

use std::sync::Arc;

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
