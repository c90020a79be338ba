//! Tests of the codec as a whole: tables of JSON and wire bytes, then random ones against another
//! implementation.

mod agrees;
mod allocations;
mod decodes;
mod described;
mod encodes;
mod fields;
pub(in crate::codec) mod random;

use std::sync::{Arc, LazyLock};

use prost_reflect::{DescriptorPool, DynamicMessage, prost::Message};

use super::{DecodeOptions, EncodeOptions, UnknownFields, decode, encode};
use crate::contract::features::Features;
use crate::contract::shape::Shapes;
use crate::contract::view::{JsonNames, View};

pub(in crate::codec) struct Contract {
    pub(in crate::codec) pool: DescriptorPool,
    pub(in crate::codec) view: View,
}

impl Contract {
    pub(super) fn new(pool: DescriptorPool, features: &Features) -> Self {
        let shapes = Arc::new(Shapes::compile(&pool, features));
        Self { pool, view: View::json(shapes, JsonNames::default()) }
    }

    pub(in crate::codec) fn decode(
        &self,
        message: &str,
        json: &[u8],
        options: &DecodeOptions,
    ) -> Result<Vec<u8>, crate::codec::DecodeError> {
        let shape = self.view.shapes().id(message).unwrap();
        let mut out = Vec::new();
        decode(&self.view, shape, json, options, &mut out)?;
        Ok(out)
    }

    pub(super) fn encode(
        &self,
        message: &str,
        wire: &[u8],
        options: &EncodeOptions,
    ) -> Result<String, crate::codec::EncodeError> {
        let shape = self.view.shapes().id(message).unwrap();
        let mut out = Vec::new();
        encode(&self.view, shape, wire, options, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    pub(in crate::codec) fn dynamic(&self, message: &str, wire: &[u8]) -> DynamicMessage {
        let descriptor = self.pool.get_message_by_name(message).unwrap();
        DynamicMessage::decode(descriptor, wire).unwrap()
    }
}

/// The messages of `kinds.proto` and `legacy.proto`.
pub(in crate::codec) static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let mut files = protox::file::ChainFileResolver::new();
    files.add(Sources);
    files.add(protox::file::GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_imports(true);
    compiler.open_files(["kinds.proto", "legacy.proto"]).unwrap();
    // The compiler's own pool was made before the options were read.
    let set = compiler.encode_file_descriptor_set();
    Contract::new(DescriptorPool::decode(set.as_slice()).unwrap(), &Features::default())
});

struct Sources;

impl protox::file::FileResolver for Sources {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        let source = match name {
            "kinds.proto" => include_str!("kinds.proto"),
            "legacy.proto" => include_str!("legacy.proto"),
            _ => return Err(protox::Error::file_not_found(name)),
        };
        protox::file::File::from_source(name, source)
    }
}

pub(super) const IGNORE: DecodeOptions =
    DecodeOptions { unknown_fields: UnknownFields::Ignore, max_depth: 100 };
pub(in crate::codec) const STRICT: DecodeOptions =
    DecodeOptions { unknown_fields: UnknownFields::Refuse, max_depth: 100 };
pub(super) const PLAIN: EncodeOptions =
    EncodeOptions { emit_defaults: false, enum_as_number: false, max_depth: 100 };

/// `json` reads as a message that is written as `expected`.
#[track_caller]
pub(super) fn reads_as(message: &str, json: &str, expected: &str) {
    let wire = match CONTRACT.decode(message, json.as_bytes(), &STRICT) {
        Ok(wire) => wire,
        Err(error) => panic!("{json}: {error}"),
    };
    assert_eq!(CONTRACT.encode(message, &wire, &PLAIN).unwrap(), expected, "{json}");
    // What was written is well-formed for others as well.
    assert!(CONTRACT.dynamic(message, &wire).encode_to_vec().len() <= wire.len());
}

/// `json` is refused with this error.
#[track_caller]
pub(super) fn refused(message: &str, json: &str, error: &str) {
    match CONTRACT.decode(message, json.as_bytes(), &STRICT) {
        Ok(_) => panic!("{json} was taken"),
        Err(refusal) => assert_eq!(refusal.to_string(), error, "{json}"),
    }
}

/// `wire` is written as `expected`.
#[track_caller]
pub(super) fn writes(message: &str, wire: &[u8], expected: &str) {
    match CONTRACT.encode(message, wire, &PLAIN) {
        Ok(json) => assert_eq!(json, expected, "{wire:x?}"),
        Err(error) => panic!("{wire:x?}: {error}"),
    }
}

/// `wire` is refused with this error.
#[track_caller]
pub(super) fn unwritable(message: &str, wire: &[u8], error: &str) {
    match CONTRACT.encode(message, wire, &PLAIN) {
        Ok(json) => panic!("written as {json}"),
        Err(refusal) => assert_eq!(refusal.to_string(), error, "{wire:x?}"),
    }
}
