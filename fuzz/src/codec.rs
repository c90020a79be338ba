//! Inputs of the codec's targets: which message, how, and then JSON or wire bytes.

use std::sync::LazyLock;

use dragoman::codec::canonical;
use dragoman::codec::json::{DecodeOptions, EncodeOptions, UnknownFields, decode, encode};
use dragoman::contract::shape::ShapeId;
use dragoman::contract::view::{JsonNames, View};

use crate::CONTRACT;

/// The gateway's default.
const MAX_DEPTH: u32 = 100;

/// The messages that inputs are read as. The well-known types stand here by themselves too.
pub const MESSAGES: [&str; 14] = [
    "kinds.All",
    "legacy.Old",
    "legacy.Set",
    "legacy.Item",
    "cases.v1.Everything",
    "google.protobuf.Any",
    "google.protobuf.Struct",
    "google.protobuf.Value",
    "google.protobuf.FieldMask",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.DoubleValue",
    "google.rpc.Status",
    "google.api.HttpBody",
];

struct Messages {
    shapes: Vec<ShapeId>,
    json_names: View,
    original_names: View,
}

static CODEC: LazyLock<Messages> = LazyLock::new(|| {
    let shapes = CONTRACT.shapes();
    let view = |original_names| View::json(shapes.clone(), JsonNames { original_names });
    Messages {
        shapes: MESSAGES
            .iter()
            .map(|name| shapes.id(name).expect("it is in the contract"))
            .collect(),
        json_names: view(false),
        original_names: view(true),
    }
});

/// One input taken apart: a byte that picks the message, one of options, and the data.
pub struct Input<'d> {
    view: &'static View,
    shape: ShapeId,
    decode: DecodeOptions,
    encode: EncodeOptions,
    /// JSON or wire bytes.
    pub data: &'d [u8],
}

impl<'d> Input<'d> {
    /// `None` where there is not even a head.
    pub fn parse(bytes: &'d [u8]) -> Option<Self> {
        let ([message, options], data) = bytes.split_first_chunk()?;
        let is_set = |bit: u8| options & 1 << bit != 0;
        Some(Self {
            view: if is_set(0) { &CODEC.original_names } else { &CODEC.json_names },
            shape: CODEC.shapes[usize::from(*message) % MESSAGES.len()],
            decode: DecodeOptions {
                unknown_fields: if is_set(1) {
                    UnknownFields::Ignore
                } else {
                    UnknownFields::Refuse
                },
                max_depth: MAX_DEPTH,
            },
            encode: EncodeOptions {
                emit_defaults: is_set(2),
                enum_as_number: is_set(3),
                max_depth: MAX_DEPTH,
            },
            data,
        })
    }

    /// The wire bytes of the JSON, where it is JSON of this message.
    pub fn decode(&self, json: &[u8]) -> Result<Vec<u8>, String> {
        self.decode_with(json, &self.decode)
    }

    /// The same with unknown fields left out.
    pub fn decode_lax(&self, json: &[u8]) -> Result<Vec<u8>, String> {
        self.decode_with(
            json,
            &DecodeOptions { unknown_fields: UnknownFields::Ignore, ..self.decode },
        )
    }

    fn decode_with(&self, json: &[u8], options: &DecodeOptions) -> Result<Vec<u8>, String> {
        let mut wire = vec![0xA5];
        match decode(self.view, self.shape, json, options, &mut wire) {
            Ok(_) => {
                assert_eq!(wire[0], 0xA5, "what stood in the buffer was changed");
                Ok(wire.split_off(1))
            }
            Err(error) => {
                assert_eq!(wire, [0xA5], "a refused message left something behind");
                assert!(error.offset() <= json.len(), "{error} at {}", error.offset());
                assert!(!error.message().is_empty());
                Err(error.to_string())
            }
        }
    }

    /// The JSON of the wire bytes, where they are this message.
    pub fn encode(&self, wire: &[u8]) -> Result<String, String> {
        let mut json = vec![0xA5];
        match encode(self.view, self.shape, wire, &self.encode, &mut json) {
            Ok(()) => {
                let json = String::from_utf8(json.split_off(1)).expect("JSON is UTF-8");
                let parsed = serde_json::from_str::<serde::de::IgnoredAny>(&json);
                assert!(parsed.is_ok() || is_deep(&json), "{parsed:?}: {json}");
                Ok(json)
            }
            Err(error) => {
                assert_eq!(json, [0xA5], "a message that has no JSON left something behind");
                Err(error.to_string())
            }
        }
    }

    /// The canonical bytes of the message.
    pub fn canonical(&self, wire: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        canonical::rewrite(self.view.shapes(), self.shape, wire, MAX_DEPTH, &mut out)
            .map_err(|malformed| format!("{} at {}", malformed.what, malformed.offset))?;
        Ok(out)
    }
}

/// `serde_json` goes no deeper than 128, brackets of lists counted.
fn is_deep(json: &str) -> bool {
    json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count() > 100
}
