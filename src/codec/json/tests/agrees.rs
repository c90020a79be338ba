//! Random messages of random contracts: another implementation must agree, and bytes that are
//! changed at random must never do worse than be refused.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Value;

use super::random::{Dice, contract, value};
use super::{Contract, IGNORE, PLAIN, STRICT};
use crate::codec::canonical::rewrite;
use crate::codec::json::EncodeOptions;
use crate::codec::wire::{Malformed, Reader};

const MESSAGE: &str = "random.M0";

fn case(contract: &Contract, dice: &mut Dice) -> DynamicMessage {
    value(&contract.pool.get_message_by_name(MESSAGE).unwrap(), 3, dice)
}

/// What the other implementation writes.
fn oracle(message: &DynamicMessage) -> serde_json::Result<String> {
    let mut out = Vec::new();
    let options = SerializeOptions::new();
    message.serialize_with_options(&mut serde_json::Serializer::new(&mut out), &options)?;
    Ok(String::from_utf8(out).unwrap())
}

fn parsed(json: &str) -> Value {
    let mut value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    as_doubles(&mut value);
    value
}

/// The other implementation writes a double of 3 as 3.0.
fn as_doubles(value: &mut Value) {
    match value {
        Value::Number(number) => *value = number.as_f64().into(),
        Value::Array(values) => values.iter_mut().for_each(as_doubles),
        Value::Object(fields) => fields.values_mut().for_each(as_doubles),
        _ => {}
    }
}

/// The fields of a message, each with its tag.
fn fields(wire: &[u8]) -> Vec<&[u8]> {
    let mut reader = Reader::new(wire, 0, wire.len());
    let mut fields = Vec::new();
    while !reader.is_empty() {
        let start = reader.position();
        let head = reader.head().unwrap();
        reader.skip(head, 100).unwrap();
        fields.push(&wire[start..reader.position()]);
    }
    fields
}

/// Two messages in one, with their fields in any order.
fn shuffled(contract: &Contract, content: &[u8], other: &[u8], order: &[u8]) -> Vec<u8> {
    let mut wire = case(contract, &mut Dice(content)).encode_to_vec();
    wire.extend(case(contract, &mut Dice(other)).encode_to_vec());
    let mut shuffled = Vec::new();
    let (mut fields, mut dice) = (fields(&wire), Dice(order));
    while !fields.is_empty() {
        shuffled.extend_from_slice(fields.remove(dice.below(fields.len())));
    }
    shuffled
}

fn canonical(contract: &Contract, wire: &[u8]) -> Result<Vec<u8>, Malformed> {
    let shapes = contract.view.shapes();
    let mut out = Vec::new();
    rewrite(shapes, shapes.id(MESSAGE).unwrap(), wire, 100, &mut out).map(|()| out)
}

fn changed(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + dice.below(3) {
        let at = (dice.below(256) << 8 | dice.below(256)) % bytes.len().max(1);
        let byte = dice.below(256) as u8;
        match dice.below(4) {
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => bytes[at] ^= 1 << (byte & 7),
            2 => bytes.insert(at.min(bytes.len()), byte),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn both_directions_agree_with_another_implementation(
        schema in vec(any::<u8>(), 0..300),
        content in vec(any::<u8>(), 0..1500),
    ) {
        let contract = contract(&mut Dice(&schema));
        let message = case(&contract, &mut Dice(&content));
        let theirs = oracle(&message).unwrap();
        let ours = contract.encode(MESSAGE, &message.encode_to_vec(), &PLAIN).unwrap();
        assert_eq!(parsed(&ours), parsed(&theirs));

        for json in [&theirs, &ours] {
            let wire = contract.decode(MESSAGE, json.as_bytes(), &STRICT)
                .unwrap_or_else(|error| panic!("{error}: {json}"));
            assert_eq!(parsed(&oracle(&contract.dynamic(MESSAGE, &wire)).unwrap()), parsed(&theirs));
        }
    }

    #[test]
    fn split_and_shuffled_fields_merge_as_elsewhere(
        schema in vec(any::<u8>(), 0..300),
        content in vec(any::<u8>(), 0..800),
        other in vec(any::<u8>(), 0..800),
        order in vec(any::<u8>(), 0..60),
    ) {
        let contract = contract(&mut Dice(&schema));
        let shuffled = shuffled(&contract, &content, &other, &order);
        let theirs = oracle(&contract.dynamic(MESSAGE, &shuffled));
        let ours = contract.encode(MESSAGE, &shuffled, &PLAIN);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => assert_eq!(parsed(&ours), parsed(&theirs)),
            // A duration of two merged halves may be none; the other one straightens it.
            (Err(error), _) if error.message().contains("differ in sign") => {}
            (Err(_), Err(_)) => {}
            // An Any may get the type of one half and the content of the other; a field of another
            // wire type than its own is unknown here, and broken there.
            (Ok(_), Err(error)) if error.to_string().contains("invalid wire type") => {}
            (ours, theirs) => panic!("{ours:?} {theirs:?}"),
        }
    }

    #[test]
    fn the_canonical_form_is_the_same_message_for_another_implementation(
        schema in vec(any::<u8>(), 0..300),
        content in vec(any::<u8>(), 0..800),
        other in vec(any::<u8>(), 0..800),
        order in vec(any::<u8>(), 0..60),
    ) {
        let contract = contract(&mut Dice(&schema));
        let wire = shuffled(&contract, &content, &other, &order);
        let once = canonical(&contract, &wire).unwrap();
        assert_eq!(canonical(&contract, &once).unwrap(), once);
        let read = |wire| oracle(&contract.dynamic(MESSAGE, wire)).map(|json| parsed(&json)).ok();
        assert_eq!(read(&once), read(&wire));
    }

    #[test]
    fn changed_wire_bytes_are_written_or_refused(
        schema in vec(any::<u8>(), 0..200),
        content in vec(any::<u8>(), 0..600),
        change in vec(any::<u8>(), 20),
    ) {
        let contract = contract(&mut Dice(&schema));
        let wire = case(&contract, &mut Dice(&content)).encode_to_vec();
        let wire = changed(&wire, &mut Dice(&change));
        if let Ok(once) = canonical(&contract, &wire) {
            assert_eq!(canonical(&contract, &once).unwrap(), once);
        }
        for emit_defaults in [false, true] {
            let options = EncodeOptions { emit_defaults, ..PLAIN };
            if let Ok(json) = contract.encode(MESSAGE, &wire, &options) {
                parsed(&json);
                contract.decode(MESSAGE, json.as_bytes(), &STRICT)
                    .unwrap_or_else(|error| panic!("{error}: {json}"));
            }
        }
    }

    #[test]
    fn changed_json_is_read_or_refused(
        schema in vec(any::<u8>(), 0..200),
        content in vec(any::<u8>(), 0..600),
        change in vec(any::<u8>(), 20),
    ) {
        let contract = contract(&mut Dice(&schema));
        let wire = case(&contract, &mut Dice(&content)).encode_to_vec();
        let json = contract.encode(MESSAGE, &wire, &PLAIN).unwrap();
        let json = changed(json.as_bytes(), &mut Dice(&change));
        for options in [STRICT, IGNORE] {
            match contract.decode(MESSAGE, &json, &options) {
                Ok(wire) => {
                    // What is taken is JSON, and a message for everyone.
                    assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&json).is_ok());
                    contract.dynamic(MESSAGE, &wire);
                    contract.encode(MESSAGE, &wire, &PLAIN).unwrap();
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}
