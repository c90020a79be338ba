//! Protocols that services speak. Each has one verb: a call in, a reply or an error out.

pub mod grpc;
pub mod rest;
mod tls;

pub use tls::TlsError;
