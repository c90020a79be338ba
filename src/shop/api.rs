//! The shop's contract in Rust: messages, clients and servers, generated from `proto/shop/v1`.

#![allow(
    missing_docs,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::wildcard_imports,
    reason = "generated code follows its generator's taste"
)]

include!(concat!(env!("OUT_DIR"), "/shop_api.rs"));

/// The contract as an encoded `google.protobuf.FileDescriptorSet`, with imports, options and
/// comments.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shop.binpb"));
