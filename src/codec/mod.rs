//! Between protobuf wire bytes and what clients write: pure, synchronous, led by compiled shapes.

pub mod canonical;
pub mod grpc;
pub mod json;
pub mod raw_body;
pub mod selection;
pub mod text;
pub mod wire;
pub mod xml;

mod error;
mod mask;
mod path;
mod scalar;
mod time;
mod without;

pub use error::{DecodeError, EncodeError};
pub use path::{FieldPath, Found, PathError};
pub use without::without;
