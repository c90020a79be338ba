//! Protocols that clients speak: each turns an HTTP request into calls and replies into an HTTP
//! response.

pub mod body;

/// An HTTP body, in either direction.
pub use axum::body::Body;

/// What a client sent.
pub type Request = http::Request<Body>;

/// What it is answered.
pub type Response = http::Response<Body>;
