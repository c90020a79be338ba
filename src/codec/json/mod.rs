//! ProtoJSON: JSON text straight to wire bytes and back, with no tree of values in between.

mod decode;
mod encode;
mod integer;
mod seen;

pub(in crate::codec) mod number;
pub(in crate::codec) mod string;

pub(in crate::codec) use decode::write_seconds_and_nanos;
pub use decode::{DecodeOptions, Decoded, UnknownFields, decode, decode_field, field_mask};
pub use encode::{EncodeOptions, encode, encode_field};
pub(in crate::codec) use encode::{encode_part, read_number, write_number};

#[cfg(test)]
pub(in crate::codec) mod tests;
