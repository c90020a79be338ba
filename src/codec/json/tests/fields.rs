//! Single fields: bodies, response bodies, path variables and query parameters.

use super::{CONTRACT, PLAIN, STRICT};
use crate::codec::json::{decode_field, encode_field, field_mask};
use crate::codec::{FieldPath, Found, text};

fn path(text: &str) -> FieldPath {
    let root = CONTRACT.view.shapes().id("kinds.All").unwrap();
    FieldPath::resolve(&CONTRACT.view, root, text).unwrap()
}

fn written(wire: &[u8]) -> String {
    CONTRACT.encode("kinds.All", wire, &PLAIN).unwrap()
}

#[test]
fn bodies_join_with_text_fields() {
    let mut wire = Vec::new();
    decode_field(
        &CONTRACT.view,
        &path("f_message"),
        br#"{"fString":"a","fInt32":1}"#,
        &STRICT,
        &mut wire,
    )
    .unwrap();
    for (field, value) in [
        ("f_message.f_int32", "7"),
        ("fMessage.fMessage.fEnum", "RED"),
        ("rInt32", "1"),
        ("r_int32", "2"),
        ("f_message.timestamp", "1970-01-01T00:00:01Z"),
    ] {
        text::decode(&CONTRACT.view, &path(field), value, &mut wire).unwrap();
    }
    assert_eq!(
        written(&wire),
        r#"{"fMessage":{"fInt32":7,"fString":"a","fMessage":{"fEnum":"RED"},"timestamp":"1970-01-01T00:00:01Z"},"rInt32":[1,2]}"#
    );
}

#[test]
fn bodies_of_every_cardinality_are_read() {
    for (field, json, expected) in [
        ("r_int32", "[1,2]", r#"{"rInt32":[1,2]}"#),
        ("m_string", r#"{"a":1}"#, r#"{"mString":{"a":1}}"#),
        ("f_string", r#""x""#, r#"{"fString":"x"}"#),
        ("f_message", "null", "{}"),
        ("f_message", "{}", r#"{"fMessage":{}}"#),
        ("value", "null", r#"{"value":null}"#),
        ("f_message.f_message", "{}", r#"{"fMessage":{"fMessage":{}}}"#),
        ("timestamp", r#""1970-01-01T00:00:00Z""#, r#"{"timestamp":"1970-01-01T00:00:00Z"}"#),
    ] {
        let mut wire = Vec::new();
        decode_field(&CONTRACT.view, &path(field), json.as_bytes(), &STRICT, &mut wire).unwrap();
        assert_eq!(written(&wire), expected);
    }
    let mut out = vec![1];
    let error =
        decode_field(&CONTRACT.view, &path("f_message"), br#"{"fBool":1}"#, &STRICT, &mut out);
    assert_eq!(error.unwrap_err().to_string(), "fMessage.fBool: expected bool, got 1");
    assert_eq!(out, [1]);
    assert!(decode_field(&CONTRACT.view, &path("f_message"), b"{} {}", &STRICT, &mut out).is_err());
}

#[test]
fn response_bodies_are_one_field() {
    let wire = CONTRACT
        .decode(
            "kinds.All",
            br#"{"fMessage":{"rInt32":[1,2],"fInt32":5},"mString":{"a":1}}"#,
            &STRICT,
        )
        .unwrap();
    for (field, expected) in [
        ("f_message", r#"{"fInt32":5,"rInt32":[1,2]}"#),
        ("f_message.f_int32", "5"),
        ("f_message.r_int32", "[1,2]"),
        ("f_message.f_string", r#""""#),
        ("f_message.f_message", "null"),
        ("c_message.f_int64", r#""0""#),
        ("m_string", r#"{"a":1}"#),
        ("m_int64", "{}"),
        ("r_string", "[]"),
        ("timestamp", "null"),
    ] {
        let mut out = Vec::new();
        encode_field(&CONTRACT.view, &path(field), &wire, &PLAIN, &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{field}");
    }
}

#[test]
fn every_leaf_with_a_text_form_is_read() {
    for (field, value, expected) in [
        ("fDouble", "1e3", r#"{"fDouble":1000}"#),
        ("fDouble", "NaN", r#"{"fDouble":"NaN"}"#),
        ("fInt64", "-5", r#"{"fInt64":"-5"}"#),
        ("fUint64", "18446744073709551615", r#"{"fUint64":"18446744073709551615"}"#),
        ("fBool", "true", r#"{"fBool":true}"#),
        ("fString", "a \"b\" é", r#"{"fString":"a \"b\" é"}"#),
        ("fBytes", "-_", r#"{"fBytes":"+w=="}"#),
        ("fEnum", "1", r#"{"fEnum":"RED"}"#),
        ("fEnum", "99", r#"{"fEnum":99}"#),
        ("oInt32", "0", r#"{"oInt32":0}"#),
        ("rEnum", "RED", r#"{"rEnum":["RED"]}"#),
        ("duration", "1.5s", r#"{"duration":"1.500s"}"#),
        ("mask", "a.b_c,d", r#"{"mask":"a.bC,d"}"#),
        ("mask", "bC", r#"{"mask":"bC"}"#),
        ("wInt64", "0", r#"{"wInt64":"0"}"#),
        ("wString", "", r#"{"wString":""}"#),
        ("wBytes", "AQ", r#"{"wBytes":"AQ=="}"#),
        ("wBool", "false", r#"{"wBool":false}"#),
        ("c_string", "x", r#"{"cString":"x"}"#),
    ] {
        path(field).check_text(CONTRACT.view.shapes()).unwrap();
        let mut wire = Vec::new();
        text::decode(&CONTRACT.view, &path(field), value, &mut wire).unwrap();
        assert_eq!(written(&wire), expected, "{field}={value}");
    }
}

#[test]
fn wrong_text_is_refused() {
    for (field, value, error) in [
        ("fMessage.fInt32", "abc", r#"fMessage.fInt32: expected int32, got "abc""#),
        ("fInt32", "2147483648", r#"fInt32: expected int32 within its range, got "2147483648""#),
        ("fInt32", "", r#"fInt32: expected int32, got """#),
        ("fBool", "1", r#"fBool: expected bool, got "1""#),
        ("fEnum", "RAD", r#"fEnum: no value "RAD" in enum kinds.Color, did you mean "RED"?"#),
        (
            "timestamp",
            "today",
            r#"timestamp: expected a timestamp like "2026-01-31T12:00:00Z", got "today""#,
        ),
        ("fBytes", "!", r#"fBytes: expected base64, got "!""#),
    ] {
        let mut wire = Vec::new();
        let refusal = text::decode(&CONTRACT.view, &path(field), value, &mut wire).unwrap_err();
        assert_eq!(refusal.to_string(), error);
        assert!(wire.is_empty());
    }
}

#[test]
fn paths_that_lead_nowhere_say_why() {
    let root = CONTRACT.view.shapes().id("kinds.All").unwrap();
    for (text, error) in [
        ("f_mesage.x", r#"no field named "f_mesage" in kinds.All, did you mean "f_message"?"#),
        ("f_message.zzz", r#"no field named "zzz" in kinds.All"#),
        ("f_int32.x", r#"field "f_int32" is a int32, it has no fields of its own"#),
        ("r_message.f_int32", r#"field "r_message" is repeated, its elements have no path"#),
        ("m_string.a", r#"field "m_string" is repeated, its elements have no path"#),
        ("", r#"no field named "" in kinds.All"#),
        ("f_message.", r#"no field named "" in kinds.All"#),
    ] {
        let refusal = FieldPath::resolve(&CONTRACT.view, root, text).unwrap_err();
        assert_eq!(refusal.to_string(), error, "{text}");
    }
    let endless = "f_message.".repeat(100_000);
    let refusal = FieldPath::resolve(&CONTRACT.view, root, &endless).unwrap_err();
    assert_eq!(refusal.to_string(), "a path of more than 64 fields");
    let shapes = CONTRACT.view.shapes();
    for (text, error) in [
        ("f_message", r#"field "f_message" is a kinds.All, which cannot be given as text"#),
        ("m_string", r#"field "m_string" is a map, which cannot be given as text"#),
        ("struct", r#"field "struct" is a google.protobuf.Struct, which cannot be given as text"#),
    ] {
        assert_eq!(path(text).check_text(shapes).unwrap_err().to_string(), error);
    }
}

#[test]
fn paths_know_what_they_share() {
    let shapes = CONTRACT.view.shapes();
    assert!(path("fMessage.fInt32") == path("f_message.f_int32"));
    assert!(path("fMessage").overlaps(&path("fMessage.fInt32")));
    assert!(!path("fMessage.fBool").overlaps(&path("fMessage.fInt32")));
    assert!(path("cInt32").excludes(&path("cMessage.fInt32"), shapes));
    assert!(!path("cMessage.fBool").excludes(&path("cMessage.fInt32"), shapes));
    assert!(path("rInt32").is_repeated(shapes) && !path("fInt32").is_repeated(shapes));
}

/// The mask that a body makes.
fn mask(json: &str, except: &[&str]) -> Result<String, String> {
    let root = CONTRACT.view.shapes().id("kinds.All").unwrap();
    let except: Vec<Box<str>> = except.iter().map(|path| (*path).into()).collect();
    let mut out = Vec::new();
    field_mask(&CONTRACT.view, root, json.as_bytes(), &STRICT, &except, &mut out)
        .map_err(|error| error.to_string())?;
    let mut paths = Vec::new();
    let mut reader = crate::codec::wire::Reader::new(&out, 0, out.len());
    while !reader.is_empty() {
        assert_eq!(reader.head().unwrap().number, 1);
        let (start, end) = reader.range().unwrap();
        paths.push(std::str::from_utf8(&out[start..end]).unwrap().to_owned());
    }
    Ok(paths.join(","))
}

#[test]
fn masks_name_what_an_object_sets() {
    for (json, except, expected) in [
        ("{}", &[][..], ""),
        (r#"{"fString":"a","fInt32":0,"oInt32":null}"#, &[], "f_string,f_int32,o_int32"),
        (
            r#"{"fMessage":{"fString":"a","fMessage":{"fInt32":1}}}"#,
            &[],
            "f_message.f_string,f_message.f_message.f_int32",
        ),
        (
            r#"{"fMessage":{},"mString":{"a":1},"rMessage":[{"fInt32":1}]}"#,
            &[],
            "f_message,m_string,r_message",
        ),
        (
            r#"{"timestamp":"1970-01-01T00:00:01Z","struct":{"a":1},"any":{}}"#,
            &[],
            "timestamp,struct,any",
        ),
        (
            r#"{"fString":"a","fMessage":{"fInt32":1,"fString":"b"}}"#,
            &["f_string", "f_message.f_int32"],
            "f_message.f_string",
        ),
        (r#"{"other \"name\"":"a"}"#, &[], "renamed"),
    ] {
        assert_eq!(mask(json, except).as_deref(), Ok(expected), "{json}");
    }
}

#[test]
fn masks_far_larger_than_their_object_are_refused() {
    // A chain of messages with a bushy end: every leaf repeats the whole chain.
    let leaves = r#""fDouble":1,"fFloat":1,"fInt32":1,"fInt64":1,"fUint32":1,"fUint64":1,"fSint32":1,"fSint64":1,"fFixed32":1,"fFixed64":1,"far":1"#;
    let nested = |depth: usize| {
        format!("{}{leaves}{}", r#"{"fMessage":"#.repeat(depth) + "{", "}".repeat(depth + 1))
    };
    assert!(mask(&nested(5), &[]).is_ok());
    let error = mask(&nested(90), &[]).unwrap_err();
    assert!(error.ends_with("sets more fields than a mask can name"), "{error}");
}

#[test]
fn fields_are_found_where_they_are() {
    let shapes = CONTRACT.view.shapes();
    let root = "kinds.All";
    let wire = |json: &str| CONTRACT.decode(root, json.as_bytes(), &STRICT).unwrap();
    for (json, field, found) in [
        ("{}", "f_string", Found::Absent),
        (r#"{"fString":"a"}"#, "f_string", Found::Value(b"a")),
        (r#"{"fMessage":{"fInt32":7}}"#, "f_message.f_int32", Found::Value(&[7])),
        (r#"{"fMessage":{}}"#, "f_message.f_int32", Found::Absent),
        (r#"{"cInt32":1}"#, "c_string", Found::Excluded),
        (r#"{"cInt32":1}"#, "c_message.f_int32", Found::Excluded),
        (r#"{"cMessage":{"cInt32":1}}"#, "c_message.c_string", Found::Excluded),
        (r#"{"fFixed64":1}"#, "f_fixed64", Found::Value(&[1, 0, 0, 0, 0, 0, 0, 0])),
    ] {
        assert_eq!(path(field).find(shapes, &wire(json)), Ok(found), "{json} {field}");
    }
    assert!(path("f_string").find(shapes, &[0x72, 0x05]).is_err());
}
