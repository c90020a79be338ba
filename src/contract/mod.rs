//! What can be called: operations, their shapes and their HTTP rules, compiled once from protobuf
//! descriptors. `prost-reflect` is the source of all schema knowledge; none of it is asked again
//! while a call is under way.

mod build;
mod check;
mod comments;
mod compare;
mod compile;
mod described;
mod edition;
mod fingerprint;
mod lookup;
mod merge;
mod operation;
mod pool;
mod raw;
mod source;
mod standard;

pub mod change;
pub mod features;
pub mod graphql;
pub mod http_rule;
pub mod load;
pub mod openapi;
pub mod shape;
pub mod soap;
pub mod view;
pub mod wsdl;
pub mod xml;

pub use build::Contract;
pub use fingerprint::{Fingerprint, fingerprint};
pub use operation::{Idempotency, Operation, Streaming};
pub use source::{Loaded, LoadedFile, Problem, Severity, Source};

#[cfg(test)]
mod tests;
