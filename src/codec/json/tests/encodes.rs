//! Wire bytes in every legal form, and in some that are not.

use super::{CONTRACT, PLAIN, STRICT, unwritable, writes};
use crate::codec::json::EncodeOptions;
use crate::contract::shape::Tag;

/// Wire bytes of the fields given as JSON, one after the other.
fn joined(message: &str, parts: &[&str]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|json| CONTRACT.decode(message, json.as_bytes(), &STRICT).unwrap())
        .collect()
}

fn writes_joined(parts: &[&str], expected: &str) {
    writes("kinds.All", &joined("kinds.All", parts), expected);
}

#[test]
fn the_last_scalar_counts() {
    writes_joined(&[r#"{"fInt32":1}"#, r#"{"fInt32":2}"#], r#"{"fInt32":2}"#);
    writes_joined(
        &[r#"{"fString":"a","fInt32":1}"#, r#"{"fString":"b"}"#],
        r#"{"fInt32":1,"fString":"b"}"#,
    );
    writes("kinds.All", &[0x18, 1, 0x18, 0], "{}");
}

#[test]
fn whole_numbers_have_no_fraction() {
    for (text, written) in [
        ("3.0", "3"),
        ("-3", "-3"),
        ("-0", "-0"),
        ("1e3", "1000"),
        ("0.5", "0.5"),
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740992", "-9007199254740992"),
        ("9007199254740994", "9007199254740994"),
        ("1e300", "1e+300"),
    ] {
        let written = format!(r#"{{"rDouble":[{written}]}}"#);
        writes_joined(&[&format!(r#"{{"rDouble":[{text}]}}"#)], &written);
    }
    for (text, written) in [
        ("3.0", "3"),
        ("-0.0", "-0"),
        ("16777215", "16777215"),
        ("16777216", "16777216"),
        ("16777218", "16777218"),
        ("0.1", "0.1"),
    ] {
        let written = format!(r#"{{"fFloat":{written}}}"#);
        writes_joined(&[&format!(r#"{{"fFloat":{text}}}"#)], &written);
    }
}

#[test]
fn messages_merge() {
    writes_joined(
        &[
            r#"{"fMessage":{"fInt32":1,"fMessage":{"fString":"a"},"rInt32":[1]}}"#,
            r#"{"fMessage":{"fMessage":{"fBool":true,"fString":"b"},"rInt32":[2]}}"#,
        ],
        r#"{"fMessage":{"fInt32":1,"fMessage":{"fBool":true,"fString":"b"},"rInt32":[1,2]}}"#,
    );
    writes_joined(
        &[r#"{"timestamp":"1970-01-01T00:00:01Z"}"#, r#"{"timestamp":"1970-01-01T00:00:00.5Z"}"#],
        r#"{"timestamp":"1970-01-01T00:00:01.500Z"}"#,
    );
    writes_joined(
        &[r#"{"struct":{"a":1,"b":1}}"#, r#"{"struct":{"a":2}}"#],
        r#"{"struct":{"b":1,"a":2}}"#,
    );
    writes_joined(&[r#"{"list":[1]}"#, r#"{"list":[2]}"#], r#"{"list":[1,2]}"#);
    writes_joined(&[r#"{"value":[1]}"#, r#"{"value":[2]}"#], r#"{"value":[1,2]}"#);
    writes_joined(&[r#"{"value":[1]}"#, r#"{"value":{}}"#, r#"{"value":[2]}"#], r#"{"value":[2]}"#);
    writes_joined(&[r#"{"mask":"a"}"#, r#"{"mask":"b"}"#], r#"{"mask":"a,b"}"#);
    writes_joined(&[r#"{"wInt64":"1"}"#, r#"{"wInt64":"0"}"#], r#"{"wInt64":"1"}"#);
}

#[test]
fn the_last_member_of_a_oneof_counts() {
    writes_joined(&[r#"{"cInt32":1}"#, r#"{"cString":"a"}"#], r#"{"cString":"a"}"#);
    writes_joined(&[r#"{"cString":"a"}"#, r#"{"cInt32":0}"#], r#"{"cInt32":0}"#);
    writes_joined(
        &[r#"{"cMessage":{"fInt32":1}}"#, r#"{"cInt32":1}"#, r#"{"cMessage":{"fBool":true}}"#],
        r#"{"cMessage":{"fBool":true}}"#,
    );
    writes_joined(
        &[r#"{"cMessage":{"fInt32":1}}"#, r#"{"fInt32":1}"#, r#"{"cMessage":{"fBool":true}}"#],
        r#"{"fInt32":1,"cMessage":{"fInt32":1,"fBool":true}}"#,
    );
}

#[test]
fn lists_join_however_they_are_split() {
    writes_joined(&[r#"{"rInt32":[1,2]}"#, r#"{"rInt32":[3]}"#], r#"{"rInt32":[1,2,3]}"#);
    writes_joined(
        &[r#"{"rString":["a"]}"#, r#"{"fInt32":1}"#, r#"{"rString":["b"]}"#],
        r#"{"fInt32":1,"rString":["a","b"]}"#,
    );
    writes_joined(
        &[r#"{"rMessage":[{}]}"#, r#"{"fInt32":1}"#, r#"{"rMessage":[{"fInt32":2}]}"#],
        r#"{"fInt32":1,"rMessage":[{},{"fInt32":2}]}"#,
    );
    // Packed, single, an empty run, packed; and the other way for a field declared unpacked.
    writes(
        "kinds.All",
        &[0xaa, 1, 1, 1, 0xa8, 1, 2, 0xaa, 1, 0, 0xaa, 1, 1, 3],
        r#"{"rInt32":[1,2,3]}"#,
    );
    writes("kinds.All", &[0xca, 1, 2, 4, 5, 0xc8, 1, 6], r#"{"rLoose":[4,5,6]}"#);
    writes("kinds.All", &[0xaa, 1, 0], "{}");
    writes("kinds.All", &[0xaa, 1, 0, 0x18, 1, 0xa8, 1, 2], r#"{"fInt32":1,"rInt32":[2]}"#);
}

#[test]
fn map_entries_may_be_anyhow() {
    writes("kinds.All", &[0xfa, 1, 0], r#"{"mString":{"":0}}"#);
    writes("kinds.All", &[0xfa, 1, 2, 0x10, 5], r#"{"mString":{"":5}}"#);
    writes("kinds.All", &[0xfa, 1, 5, 0x10, 5, 0x0a, 1, b'a'], r#"{"mString":{"a":5}}"#);
    writes("kinds.All", &[0xfa, 1, 7, 0x10, 5, 0x0a, 1, b'a', 0x10, 6], r#"{"mString":{"a":6}}"#);
    writes("kinds.All", &[0x8a, 2, 2, 8, 1], r#"{"mBool":{"true":{}}}"#);
    writes("kinds.All", &[0x82, 2, 2, 8, 5], r#"{"mInt64":{"5":""}}"#);
    writes_joined(
        &[r#"{"mString":{"a":1,"b":1}}"#, r#"{"mString":{"a":2}}"#],
        r#"{"mString":{"b":1,"a":2}}"#,
    );
    writes_joined(
        &[r#"{"mString":{"a":1}}"#, r#"{"fInt32":1}"#, r#"{"mString":{"b":2}}"#],
        r#"{"fInt32":1,"mString":{"a":1,"b":2}}"#,
    );
    // One entry whose value comes in two pieces.
    writes(
        "kinds.All",
        &[0x8a, 2, 10, 8, 0, 0x12, 2, 0x18, 1, 0x12, 2, 0x68, 1],
        r#"{"mBool":{"false":{"fInt32":1,"fBool":true}}}"#,
    );
    let many: Vec<String> = (0..30).map(|key| format!("\"k{key}\":1")).collect();
    let many = many.join(",");
    let json = format!("{{\"mString\":{{{many}}}}}");
    writes_joined(&[&json], &json);
    writes_joined(&[&json, r#"{"mString":{"k29":2}}"#], &json.replace("29\":1", "29\":2"));
}

#[test]
fn numbers_are_cut_to_their_kind() {
    // int32 with more than 32 bits, a bool of 2, an enum of 2^32 + 1.
    writes("kinds.All", &[0x18, 0x81, 0x80, 0x80, 0x80, 0x10], r#"{"fInt32":1}"#);
    writes("kinds.All", &[0x18, 0x80, 0x80, 0x80, 0x80, 0x10], "{}");
    writes("kinds.All", &[0x68, 0x80, 0x80, 0x80, 0x80, 0x10], r#"{"fBool":true}"#);
    writes("kinds.All", &[0x80, 1, 0x81, 0x80, 0x80, 0x80, 0x10], r#"{"fEnum":"RED"}"#);
}

#[test]
fn unknown_fields_and_wrong_wire_types_are_skipped() {
    let mut wire = vec![0x18, 1];
    for (number, wire_type, value) in [
        (1000, 0, &[5][..]),
        (1000, 1, &[0; 8]),
        (1000, 2, &[2, 1, 2]),
        (1000, 5, &[0; 4]),
        (3, 2, &[1, 1]),
        (14, 0, &[1]),
        (17, 0, &[1]),
    ] {
        wire.extend_from_slice(Tag::new(number, wire_type).bytes());
        wire.extend_from_slice(value);
    }
    // A group within a group.
    wire.extend_from_slice(&[0x9b, 6, 0x9b, 6, 0x08, 1, 0x9c, 6, 0x9c, 6]);
    wire.extend_from_slice(&[0x68, 1]);
    writes("kinds.All", &wire, r#"{"fInt32":1,"fBool":true}"#);
}

#[test]
fn malformed_wire_bytes_are_an_error_that_says_where() {
    for (wire, error) in [
        (&[0x18][..], "fInt32: the message ends inside a field at byte 1"),
        (&[0x72, 5, b'a'], "fString: a length runs past the end at byte 1"),
        (&[0x72, 1, 0xff], "fString: a string that is not UTF-8 at byte 2"),
        (&[0x00], "invalid tag at byte 0"),
        (&[0x07], "invalid tag at byte 0"),
        (&[0x1c], "a group ends that did not start at byte 1"),
        (&[0x8a, 1, 1, 0x18], "fMessage.fInt32: the message ends inside a field at byte 4"),
        (
            &[0xba, 1, 0, 0xba, 1, 2, 0x72, 9],
            "rMessage[1].fString: a length runs past the end at byte 7",
        ),
        (&[0xca, 0x12, 2, 0x10, 0x7f][..4], "a length runs past the end at byte 2"),
        (&[0x8a, 0x13, 0], "value: a google.protobuf.Value that holds nothing"),
    ] {
        unwritable("kinds.All", wire, error);
    }
}

#[test]
fn what_json_has_no_form_for_is_an_error() {
    let field = |number: u32, content: &[u8]| {
        let mut wire = Tag::new(number, 2).bytes().to_vec();
        wire.push(content.len() as u8);
        wire.extend_from_slice(content);
        wire
    };
    unwritable(
        "kinds.All",
        &field(301, &[0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03]),
        "timestamp: a timestamp with nanos outside of 0 to 999999999",
    );
    unwritable(
        "kinds.All",
        &field(302, &[8, 1, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        "duration: a duration whose seconds and nanos differ in sign",
    );
    unwritable(
        "kinds.All",
        &field(303, &[0x0a, 2, b'a', b'B']),
        "mask: a field mask path that JSON would read as another",
    );
    unwritable(
        "kinds.All",
        &field(305, &[0x11, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]),
        "value: a google.protobuf.Value that holds a number JSON has no form for",
    );
    unwritable(
        "kinds.All",
        &field(307, &[0x12, 1, 0]),
        "any: a google.protobuf.Any without a type",
    );
    unwritable(
        "kinds.All",
        &field(307, &[0x0a, 1, b'x']),
        r#"any: no message type has the URL "x""#,
    );
}

#[test]
fn defaults_are_written_when_asked_for() {
    let options = EncodeOptions { emit_defaults: true, ..PLAIN };
    let json = CONTRACT.encode("kinds.All", &[0x18, 5], &options).unwrap();
    assert!(json.starts_with(r#"{"fInt32":5,"fDouble":0,"fFloat":0,"fInt64":"0","#), "{json}");
    assert!(json.contains(r#""fEnum":"COLOR_UNSPECIFIED","rInt32":[],"#), "{json}");
    assert!(json.contains(r#""mString":{},"#) && json.contains(r#""fBytes":"","#), "{json}");
    assert!(!json.contains("oInt32") && !json.contains("cInt32") && !json.contains("fMessage"));
    // Split, it has the same members.
    let split = CONTRACT.encode("kinds.All", &[0x18, 4, 0x18, 5], &options).unwrap();
    let members = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
    assert_eq!(members(&split), members(&json));
    let old = CONTRACT.encode("legacy.Old", &[], &options).unwrap();
    assert_eq!(old, r#"{"many":[],"tight":[],"parts":[],"byName":{}}"#);
}

#[test]
fn enums_are_written_as_numbers_when_asked_for() {
    let options = EncodeOptions { enum_as_number: true, ..PLAIN };
    let wire = joined("kinds.All", &[r#"{"fEnum":"RED","rEnum":["RED"],"cNull":null}"#]);
    let json = CONTRACT.encode("kinds.All", &wire, &options).unwrap();
    assert_eq!(json, r#"{"fEnum":1,"rEnum":[1],"cNull":null}"#);
}

#[test]
fn unknown_numbers_of_a_closed_enum_are_unknown_fields() {
    writes("legacy.Old", &[0x10, 1, 0x10, 9], r#"{"closed":"ONE"}"#);
    writes("legacy.Old", &[0x10, 9], "{}");
    writes("legacy.Old", &[0x18, 9, 0x18, 2, 0x18, 0], r#"{"many":["TWO"]}"#);
    writes("legacy.Old", &[0x18, 9], "{}");
    writes("legacy.Old", &[0x22, 3, 1, 9, 2], r#"{"tight":["ONE","TWO"]}"#);
    writes("legacy.Old", &[0x22, 1, 9], "{}");
    writes("legacy.Old", &[0x3a, 5, 0x0a, 1, b'a', 0x10, 9], "{}");
    writes("legacy.Old", &[0x50, 1, 0x48, 9], r#"{"cInt32":1}"#);
}

#[test]
fn groups_are_written() {
    writes(
        "legacy.Old",
        &[0x2b, 0x08, 1, 0x2b, 0x0a, 1, b'a', 0x2c, 0x2c, 0x33, 0x34, 0x33, 0x08, 2, 0x34],
        r#"{"part":{"inner":1,"deeper":{"text":"a"}},"parts":[{},{"inner":2}]}"#,
    );
    // A group in two pieces, and one within it.
    writes(
        "legacy.Old",
        &[0x2b, 0x08, 1, 0x2c, 0x08, 3, 0x2b, 0x08, 2, 0x08, 4, 0x2b, 0x2c, 0x2c],
        r#"{"number":3,"part":{"inner":4,"deeper":{}}}"#,
    );
    unwritable("legacy.Old", &[0x2b, 0x08, 1], "part: a group does not end");
    unwritable(
        "legacy.Old",
        &[0x2b, 0x08, 1, 0x34],
        "part: a group ends that did not start at byte 4",
    );
}

#[test]
fn message_sets_are_written() {
    writes(
        "legacy.Set",
        &[0x0b, 0x10, 0xf9, 0xbb, 0x5e, 0x1a, 2, 0x78, 1, 0x0c, 0x0b, 0x1a, 0, 0x10, 4, 0x0c],
        r#"{"[legacy.Item.item]":{"i":1}}"#,
    );
}

#[test]
fn nesting_ends_at_the_limit() {
    let nested = |levels: usize| {
        (0..levels).fold(Vec::new(), |inner: Vec<u8>, _| {
            let mut wire = vec![0x8a, 1];
            crate::codec::wire::write_varint(inner.len() as u64, &mut wire);
            wire.extend_from_slice(&inner);
            wire
        })
    };
    assert!(CONTRACT.encode("kinds.All", &nested(99), &PLAIN).is_ok());
    let error = CONTRACT.encode("kinds.All", &nested(100), &PLAIN).unwrap_err();
    assert!(error.to_string().ends_with("fMessage: nests too deep"), "{error}");
    let groups = [0x9b, 6].repeat(1000);
    assert!(CONTRACT.encode("kinds.All", &groups, &PLAIN).is_err());
}

#[test]
fn split_messages_in_split_messages_cost_a_bounded_time() {
    // On each level the message comes in two pieces that both go on to the bottom.
    let mut wire: Vec<u8> = vec![0x18, 1];
    for _ in 0..14 {
        let mut level = Vec::new();
        for _ in 0..2 {
            level.extend_from_slice(&[0x8a, 1]);
            crate::codec::wire::write_varint(wire.len() as u64, &mut level);
            level.extend_from_slice(&wire);
        }
        wire = level;
    }
    let expected =
        format!("{}{}{}", r#"{"fMessage":"#.repeat(14), r#"{"fInt32":1}"#, "}".repeat(14));
    writes("kinds.All", &wire, &expected);
}
