//! What can be called: operations, their shapes and their HTTP rules, compiled once from protobuf
//! descriptors. `prost-reflect` is the source of all schema knowledge; none of it is asked again
//! while a call is under way.

mod operation;

pub mod features;
pub mod http_rule;
pub mod shape;
pub mod view;

pub use operation::{Idempotency, Operation, Streaming};
