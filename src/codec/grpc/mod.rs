//! What gRPC puts around protobuf: frames, their compression, metadata as headers, a status with its
//! details. Both ends of the gateway speak it.

pub mod compression;
pub mod frame;
pub mod metadata;
pub mod status;

pub use compression::{Coding, Encoding};
pub use frame::{Decoder, Frame, FrameError};
