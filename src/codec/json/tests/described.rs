//! The OpenAPI schemas of messages against what is read and written: an answer never contradicts
//! its schema, whatever the options are.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use http::uri::PathAndQuery;
use jsonschema::Validator;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};
use prost_reflect::prost::Message;
use serde_json::{Value, json};

use super::random::{Dice, contract, value};
use super::{CONTRACT, STRICT};
use crate::codec::json::{EncodeOptions, decode, encode};
use crate::contract::http_rule::HttpRule;
use crate::contract::openapi::{Binding, Document, ErrorForm, Options};
use crate::contract::shape::ShapeId;
use crate::contract::view::{JsonNames, View};
use crate::contract::{Contract, Idempotency, Loaded, LoadedFile, Operation, Source, Streaming};

/// The ways in which a listener may write.
#[derive(Debug, Clone, Copy)]
struct Ways {
    emit_defaults: bool,
    enum_as_number: bool,
    original_names: bool,
}

impl Ways {
    fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|bits: u8| Self {
            emit_defaults: bits & 1 != 0,
            enum_as_number: bits & 2 != 0,
            original_names: bits & 4 != 0,
        })
    }

    fn encode(self) -> EncodeOptions {
        EncodeOptions {
            emit_defaults: self.emit_defaults,
            enum_as_number: self.enum_as_number,
            max_depth: 100,
        }
    }
}

/// A contract from its descriptors, as if they had come in a descriptor set.
fn whole(pool: &prost_reflect::DescriptorPool) -> Arc<Contract> {
    let bytes = pool.files().map(|file| Bytes::from(file.encode_to_vec()));
    let files = bytes.map(|bytes| LoadedFile { bytes, path: None }).collect();
    let (contract, problems) =
        Contract::build(&[Loaded { source: Source::Descriptors("set".into()), files }]);
    assert!(problems.is_empty(), "{problems:?}");
    Arc::new(contract)
}

/// The document of one operation that takes a message and replies with it.
fn echo(contract: &Contract, view: &View, message: &str, ways: Ways) -> Value {
    let id = view.shapes().id(message).unwrap();
    let operation = Operation {
        service: "test.Echo".into(),
        method: "Echo".into(),
        path: PathAndQuery::from_static("/test.Echo/Echo"),
        input: id,
        output: id,
        input_name: message.into(),
        output_name: message.into(),
        streaming: Streaming::Unary,
        idempotency: Idempotency::Unknown,
        http: Vec::new(),
        deprecated: false,
    };
    let rule = HttpRule::parse("POST", "/echo", "*", "").unwrap();
    let binding = Binding { operation: Arc::new(operation), rule, index: 0 };
    let options = Options {
        title: "test".into(),
        version: "1".into(),
        description: String::new(),
        servers: Vec::new(),
        errors: ErrorForm::Status,
        emit_defaults: ways.emit_defaults,
        enum_as_number: ways.enum_as_number,
        refuse_unknown: true,
        forward_headers: Vec::new(),
        etag: false,
        minimal: false,
        incomplete: false,
    };
    serde_json::to_value(Document::build(contract, view, &options, &[binding])).unwrap()
}

/// A validator of what stands at a place of the document. With `closed`, fields that a schema does
/// not have are refused in replies, too, which the document leaves open for what comes later.
fn validator(document: &Value, place: &str, closed: bool) -> Validator {
    let mut components = document["components"].clone();
    if closed {
        let schemas = components["schemas"].as_object_mut().unwrap();
        for schema in schemas.values_mut().filter(|schema| schema.get("properties").is_some()) {
            let schema = schema.as_object_mut().unwrap();
            schema.entry("additionalProperties").or_insert(json!(false));
        }
    }
    let mut schema = document.pointer(place).unwrap().clone();
    schema["components"] = components;
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

const REQUEST: &str = "/paths/~1echo/post/requestBody/content/application~1json";
const REPLY: &str = "/paths/~1echo/post/responses/200/content/application~1json";

#[track_caller]
fn assert_valid(validator: &Validator, json: &Value, what: &str) {
    let errors: Vec<_> = validator
        .iter_errors(json)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:?} in {json}");
}

fn written(view: &View, id: ShapeId, wire: &[u8], options: &EncodeOptions) -> Option<Value> {
    let mut out = Vec::new();
    encode(view, id, wire, options, &mut out).ok()?;
    Some(serde_json::from_slice(&out).unwrap())
}

#[test]
fn examples_are_valid_and_are_read() {
    let contract = whole(&CONTRACT.pool);
    for ways in Ways::all() {
        let names = JsonNames { original_names: ways.original_names };
        let view = View::json(contract.shapes().clone(), names);
        let mut seen = BTreeSet::new();
        for message in ["kinds.All", "legacy.Old"] {
            let Some(id) = view.shapes().id(message) else { panic!("no {message}") };
            let document = echo(&contract, &view, message, ways);
            for (place, closed) in [(REQUEST, false), (REPLY, true)] {
                let example = &document.pointer(place).unwrap()["example"];
                let schema = validator(&document, &format!("{place}/schema"), closed);
                assert_valid(&schema, example, &format!("{message} {ways:?}"));
                let json = serde_json::to_vec(example).unwrap();
                let mut wire = Vec::new();
                if let Err(error) = decode(&view, id, &json, &STRICT, &mut wire) {
                    panic!("{message} {ways:?}: {error} in {example}");
                }
                seen.insert(example.as_object().unwrap().len());
            }
        }
        assert!(seen.iter().any(|fields| *fields > 20), "{seen:?}");
    }
}

#[test]
fn what_is_never_written_is_not_valid() {
    let contract = whole(&CONTRACT.pool);
    let view = View::json(contract.shapes().clone(), JsonNames::default());
    let plain = Ways { emit_defaults: false, enum_as_number: false, original_names: false };
    let document = echo(&contract, &view, "kinds.All", plain);
    let reply = validator(&document, &format!("{REPLY}/schema"), false);
    let request = validator(&document, &format!("{REQUEST}/schema"), false);
    for (json, as_request) in [
        (json!({ "fInt64": 1 }), true),
        (json!({ "fInt64": "one" }), false),
        (json!({ "fEnum": "CRIMSON" }), true),
        (json!({ "fEnum": "GREEN" }), false),
        (json!({ "fInt32": "1" }), false),
        (json!({ "fDouble": "nan" }), false),
        (json!({ "mInt64": { "x": "y" } }), false),
        (json!({ "duration": "1 minute" }), false),
        (json!({ "timestamp": "yesterday" }), false),
        (json!({ "cInt32": 1, "cString": "two" }), false),
        (json!({ "cString": "two", "cNull": null }), false),
        (json!({ "null": 0 }), false),
    ] {
        assert!(!reply.is_valid(&json), "{json} is valid as a reply");
        assert_eq!(request.is_valid(&json), as_request, "{json} as a request");
    }
    let unknown = json!({ "unknown": 1 });
    assert!(!request.is_valid(&unknown) && reply.is_valid(&unknown));

    let with_defaults = Ways { emit_defaults: true, ..plain };
    let document = echo(&contract, &view, "kinds.All", with_defaults);
    assert!(!validator(&document, &format!("{REPLY}/schema"), false).is_valid(&json!({})));
    assert!(validator(&document, &format!("{REQUEST}/schema"), false).is_valid(&json!({})));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_written_is_valid(
        schema in vec(any::<u8>(), 0..300),
        content in vec(any::<u8>(), 0..800),
    ) {
        let random = contract(&mut Dice(&schema));
        let contract = whole(&random.pool);
        for message in ["random.M0", "kinds.All"] {
            let descriptor = random.pool.get_message_by_name(message).unwrap();
            let wire = value(&descriptor, 3, &mut Dice(&content)).encode_to_vec();
            for ways in Ways::all() {
                let names = JsonNames { original_names: ways.original_names };
                let view = View::json(contract.shapes().clone(), names);
                let id = view.shapes().id(message).unwrap();
                let Some(json) = written(&view, id, &wire, &ways.encode()) else { continue };
                let document = echo(&contract, &view, message, ways);
                let reply = validator(&document, &format!("{REPLY}/schema"), true);
                assert_valid(&reply, &json, &format!("reply, {ways:?}"));
                // What was written is read again, so it is a request as well.
                let request = validator(&document, &format!("{REQUEST}/schema"), false);
                assert_valid(&request, &json, &format!("request, {ways:?}"));
            }
        }
    }
}
