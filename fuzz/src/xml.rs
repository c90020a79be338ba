//! Inputs of the target that reads and writes XML: which message, how, and then XML or wire bytes.

use std::sync::{Arc, LazyLock};

use dragoman::codec::json::{self, UnknownFields};
use dragoman::codec::xml::{
    Codec, DecodeOptions, EncodeOptions, Event, Limits, NoAttachments, Reader,
};
use dragoman::contract::shape::ShapeId;
use dragoman::contract::soap;
use dragoman::contract::view::{JsonNames, View};
use dragoman::contract::xml::{Name, NamespaceId, TypeId};

use crate::CONTRACT;
use crate::codec::MESSAGES;

struct Messages {
    codec: Codec,
    types: Vec<(ShapeId, TypeId)>,
    json: Arc<View>,
}

static CODEC: LazyLock<Messages> = LazyLock::new(|| {
    let shapes = CONTRACT.shapes();
    let known = MESSAGES.iter().map(|name| shapes.id(name).expect("it is in the contract"));
    let known: Vec<_> = known.collect();
    let (view, types) = soap::view(&CONTRACT, &known, &soap::Options::default());
    let json = Arc::new(View::json(shapes.clone(), JsonNames::default()));
    let types = known.into_iter().zip(types).collect();
    Messages { codec: Codec::new(Arc::new(view), json.clone()), types, json }
});

/// One input taken apart: a byte that picks the message, one of options, and the data.
pub struct Input<'d> {
    shape: ShapeId,
    of: TypeId,
    decode: DecodeOptions,
    encode: EncodeOptions,
    /// Whether the message, or one in it, may have required fields.
    pub has_required: bool,
    /// Whether the data is XML, not wire bytes.
    pub is_xml: bool,
    /// XML or wire bytes.
    pub data: &'d [u8],
}

impl<'d> Input<'d> {
    /// `None` where there is not even a head.
    pub fn parse(bytes: &'d [u8]) -> Option<Self> {
        let ([message, options], data) = bytes.split_first_chunk()?;
        let is_set = |bit: u8| options & 1 << bit != 0;
        let unknown_fields = if is_set(1) { UnknownFields::Ignore } else { UnknownFields::Refuse };
        let message = usize::from(*message) % MESSAGES.len();
        let (shape, of) = CODEC.types[message];
        Some(Self {
            shape,
            of,
            decode: DecodeOptions { unknown_fields, lenient_namespaces: is_set(3) },
            encode: EncodeOptions { emit_defaults: is_set(2), ..EncodeOptions::default() },
            has_required: MESSAGES[message].starts_with("legacy."),
            is_xml: is_set(0),
            data,
        })
    }

    /// The wire bytes of an element, where it is one of this message.
    pub fn decode(&self, xml: &str) -> Result<Vec<u8>, String> {
        let mut reader = Reader::new(xml, Limits::default());
        let start = match reader.step().map_err(|error| error.to_string())? {
            Event::Start(start) => start,
            other => return Err(format!("{other:?} in an element's place")),
        };
        let mut wire = vec![0xA5];
        let decoded = CODEC.codec.decode(
            self.of,
            &start,
            &mut reader,
            &self.decode,
            &mut NoAttachments,
            &mut wire,
        );
        match decoded {
            Ok(_) => {
                assert_eq!(wire[0], 0xA5, "what stood in the buffer was changed");
                match reader.step() {
                    Ok(Event::Eof) => Ok(wire.split_off(1)),
                    Ok(other) => panic!("{other:?} behind the root"),
                    Err(error) => Err(error.to_string()),
                }
            }
            Err(error) => {
                assert_eq!(wire, [0xA5], "a refused message left something behind");
                assert!(error.offset() <= xml.len(), "{error} at {}", error.offset());
                assert!(!error.message().is_empty());
                Err(error.to_string())
            }
        }
    }

    /// The element of the wire bytes, where they are this message and XML can say it.
    pub fn encode(&self, wire: &[u8]) -> Result<String, String> {
        let name = Name { namespace: NamespaceId::NONE, local: "m".into() };
        let root = CODEC.codec.root(&name, self.of, true);
        let mut xml = vec![0xA5];
        match CODEC.codec.encode(&root, wire, &self.encode, None, &mut xml) {
            Ok(()) => {
                let xml = String::from_utf8(xml.split_off(1)).expect("XML is UTF-8");
                let parsed = roxmltree::Document::parse(&xml);
                assert!(parsed.is_ok(), "{parsed:?}: {xml}");
                Ok(xml)
            }
            Err(error) => {
                assert_eq!(xml, [0xA5], "a message that has no XML left something behind");
                Err(error.to_string())
            }
        }
    }

    /// The JSON of the wire bytes, where they have some: what two messages have in common that say the
    /// same in different bytes.
    pub fn json(&self, wire: &[u8]) -> Option<serde_json::Value> {
        let mut json = Vec::new();
        json::encode(&CODEC.json, self.shape, wire, &json::EncodeOptions::default(), &mut json)
            .ok()?;
        serde_json::from_slice(&json).ok()
    }
}
