//! Between protobuf wire bytes and what clients write: pure, synchronous, led by compiled shapes.

pub mod canonical;
pub mod grpc;
pub mod json;
pub mod selection;
pub mod text;
pub mod wire;
pub mod xml;

mod error;
mod mask;
mod path;
mod scalar;
mod time;

pub use error::{DecodeError, EncodeError};
pub use path::{FieldPath, Found, PathError};
