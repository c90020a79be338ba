//! Single values and lists of every kind.

use bytes::Bytes;

use super::*;
use crate::contract::graphql::{ListOf, Place, Scalar, TypeRef};

const ALL: &str = "kinds.All";

#[test]
fn scalars_set_their_fields() {
    makes(
        ALL,
        r#"{fDouble: 1.5, fFloat: 2, fInt32: -7, fInt64: "-7000000000", fUint32: 4294967295, fUint64: 7000000000, fSint32: -1, fSint64: -1, fFixed32: 1, fFixed64: "18446744073709551615", fSfixed32: -1, fSfixed64: "-1", fBool: true, fString: "a \"quoted\" text", fBytes: "AAECAw==", fEnum: RED, far: 3}"#,
        r#"{"fDouble":1.5,"fFloat":2,"fInt32":-7,"fInt64":"-7000000000","fUint32":4294967295,"fUint64":"7000000000","fSint32":-1,"fSint64":"-1","fFixed32":1,"fFixed64":"18446744073709551615","fSfixed32":-1,"fSfixed64":"-1","fBool":true,"fString":"a \"quoted\" text","fBytes":"AAECAw==","fEnum":"CRIMSON","far":3}"#
            .replace("CRIMSON", "RED").as_str(),
    );
    // A zero with presence is there.
    makes(ALL, r#"{oInt32: 0, oString: ""}"#, r#"{"oInt32":0,"oString":""}"#);
}

#[test]
fn null_sets_nothing() {
    makes(
        ALL,
        "{fInt32: null, fMessage: null, rInt32: null, mString: null, choice: null, value: null, timestamp: null}",
        "{}",
    );
}

#[test]
fn int_is_a_whole_number_of_32_bits() {
    refused(ALL, r#"{fInt32: "5"}"#, r#"fInt32: expected Int, got "5""#);
    refused(ALL, "{fInt32: 1.5}", "fInt32: expected Int, a whole number of 32 bits, got 1.5");
    refused(ALL, "{fInt32: 1.0}", "fInt32: expected Int, a whole number of 32 bits, got 1.0");
    refused(
        ALL,
        "{fInt32: 2147483648}",
        "fInt32: expected Int, a whole number of 32 bits, got 2147483648",
    );
    refused(ALL, "{fInt32: true}", "fInt32: expected Int, got true");
    refused(ALL, "{fInt32: [1, 2]}", "fInt32: expected Int, got a list");
    makes(ALL, "{fInt32: -2147483648}", r#"{"fInt32":-2147483648}"#);
}

#[test]
fn the_other_numbers_keep_to_their_ranges() {
    makes(ALL, r#"{fInt64: 5, fUint64: "0"}"#, r#"{"fInt64":"5"}"#);
    makes(ALL, r#"{fInt64: "-9223372036854775808"}"#, r#"{"fInt64":"-9223372036854775808"}"#);
    for (given, shown) in [
        ("9223372036854775808", ""),
        ("1.5", ""),
        ("9223372036854775808", "\""),
        ("", "\""),
        ("+5", "\""),
        (" 5", "\""),
    ] {
        refused(
            ALL,
            &format!("{{fInt64: {shown}{given}{shown}}}"),
            &format!(
                "fInt64: expected Int64, a whole number of 64 bits, got {shown}{given}{shown}"
            ),
        );
    }
    refused(
        ALL,
        "{fUint64: -1}",
        "fUint64: expected UInt64, a whole number from 0 to 18446744073709551615, got -1",
    );
    refused(
        ALL,
        r#"{fUint64: "18446744073709551616"}"#,
        r#"fUint64: expected UInt64, a whole number from 0 to 18446744073709551615, got "18446744073709551616""#,
    );
    refused(
        ALL,
        "{fUint32: 4294967296}",
        "fUint32: expected UInt32, a whole number from 0 to 4294967295, got 4294967296",
    );
    refused(ALL, r#"{fUint32: "1"}"#, r#"fUint32: expected UInt32, got "1""#);
    refused(ALL, r#"{fDouble: "1"}"#, r#"fDouble: expected Float, got "1""#);
    refused(
        ALL,
        "{fFloat: 1e300}",
        "fFloat: expected Float within the range of 32 bits, got 1e+300",
    );
    makes(ALL, "{fDouble: 1e300}", r#"{"fDouble":1e+300}"#);
}

#[test]
fn text_and_booleans_are_nothing_else() {
    refused(ALL, "{fString: 5}", "fString: expected String, got 5");
    refused(ALL, "{fString: RED}", "fString: expected String, got RED");
    refused(ALL, r#"{fBool: "true"}"#, r#"fBool: expected Boolean, got "true""#);
    refused(ALL, "{fBool: 1}", "fBool: expected Boolean, got 1");
}

#[test]
fn enums_go_by_name_alone() {
    makes(
        ALL,
        "{fEnum: BELOW, rEnum: [RED, CRIMSON]}",
        r#"{"fEnum":"BELOW","rEnum":["RED","RED"]}"#,
    );
    refused(ALL, r#"{fEnum: "RED"}"#, r#"fEnum: expected a value of enum Color, got "RED""#);
    refused(ALL, "{fEnum: 1}", "fEnum: expected a value of enum Color, got 1");
    refused(
        ALL,
        "{fEnum: REDD}",
        r#"fEnum: no value named "REDD" in enum Color, did you mean "RED"?"#,
    );
    makes(
        "legacy.Old",
        "{closed: TWO, many: [ONE], tight: [TWO, ONE], must: \"\"}",
        r#"{"closed":"TWO","many":["ONE"],"tight":["TWO","ONE"],"must":""}"#,
    );
}

#[test]
fn ids_take_whole_numbers() {
    let ty = TypeRef { named: Named::Scalar(Scalar::Id), list: None, non_null: false };
    let id = shape(ALL);
    let field = |name: &str| {
        let fields = &CONTRACT.view.shapes().get(id).fields;
        Place::Field(fields.iter().position(|field| &*field.name == name).unwrap())
    };
    let write = |name, value| {
        let mut out = Vec::new();
        let value = literal(value).unwrap();
        encode(&CONTRACT.model, &CONTRACT.view, &ty, id, field(name), &value, &mut out)
            .map(|()| as_json(ALL, &out))
            .map_err(|error| error.to_string())
    };
    assert_eq!(write("f_string", "\"a1\"").unwrap(), r#"{"fString":"a1"}"#);
    assert_eq!(write("f_string", "-12").unwrap(), r#"{"fString":"-12"}"#);
    assert_eq!(
        write("f_uint64", "18446744073709551615").unwrap(),
        r#"{"fUint64":"18446744073709551615"}"#
    );
    assert_eq!(write("f_int64", "\"-12\"").unwrap(), r#"{"fInt64":"-12"}"#);
    assert_eq!(write("f_int64", "\"a\"").unwrap_err(), "expected ID, got \"a\"");
    assert_eq!(write("f_int32", "5000000000").unwrap_err(), "expected ID, got 5000000000");
    assert_eq!(write("f_string", "1.5").unwrap_err(), "expected ID, got 1.5");
}

#[test]
fn bytes_are_base64_of_both_alphabets_or_a_file() {
    makes(ALL, r#"{fBytes: "-_", wBytes: "+/8="}"#, r#"{"fBytes":"+w==","wBytes":"+/8="}"#);
    refused(ALL, r#"{fBytes: "A"}"#, r#"fBytes: expected Bytes in base64, got "A""#);
    refused(ALL, "{fBytes: 1}", "fBytes: expected Bytes in base64, got 1");
    let file = ConstValue::Binary(Bytes::from(vec![7; 100_000]));
    let fields = [("fBytes", file.clone()), ("fString", file)]
        .map(|(name, value)| (async_graphql::Name::new(name), value));
    let [bytes, text] = fields.map(|field| ConstValue::Object([field].into_iter().collect()));
    let wire = encoded(ALL, &bytes).unwrap();
    assert_eq!(wire.len(), 100_004);
    assert!(wire.ends_with(&[7; 100_000]));
    assert_eq!(
        encoded(ALL, &text).unwrap_err().to_string(),
        "fString: expected String, got a file"
    );
}

#[test]
fn moments_and_spans_are_text() {
    makes(
        ALL,
        r#"{timestamp: "2026-01-31T13:00:00+01:00", duration: "-1.5s", mask: "fString,fMessage.fInt32", rTimestamp: ["1970-01-01T00:00:00Z"]}"#,
        r#"{"timestamp":"2026-01-31T12:00:00Z","duration":"-1.500s","mask":"fString,fMessage.fInt32","rTimestamp":["1970-01-01T00:00:00Z"]}"#,
    );
    refused(
        ALL,
        r#"{timestamp: "today"}"#,
        r#"timestamp: expected DateTime like "2026-01-31T12:00:00Z", got "today""#,
    );
    refused(
        ALL,
        "{timestamp: 5}",
        r#"timestamp: expected DateTime like "2026-01-31T12:00:00Z", got 5"#,
    );
    refused(ALL, r#"{duration: "1m"}"#, r#"duration: expected Duration like "1.5s", got "1m""#);
    refused(
        ALL,
        r#"{mask: "a,,b"}"#,
        r#"mask: expected a field mask like "title,price.units", got "a,,b""#,
    );
}

#[test]
fn wrappers_take_what_they_wrap() {
    makes(
        ALL,
        r#"{wDouble: 0, wInt64: "5", wString: "", wBool: false}"#,
        r#"{"wDouble":0,"wInt64":"5","wString":"","wBool":false}"#,
    );
    refused(ALL, r#"{wDouble: "5"}"#, r#"wDouble: expected Float, got "5""#);
}

#[test]
fn a_message_without_fields_is_there_or_not() {
    makes(ALL, "{empty: true}", r#"{"empty":{}}"#);
    makes(ALL, "{empty: false}", "{}");
    refused(ALL, "{empty: 1}", "empty: expected Boolean, got 1");
}

#[test]
fn json_is_anything_its_message_takes() {
    makes(
        ALL,
        r#"{struct: {a: [1, null, {b: "x"}], c: RED}, value: false, list: [true, []], any: {type: "x"}}"#
            .replace(", any: {type: \"x\"}", "").as_str(),
        r#"{"struct":{"a":[1,null,{"b":"x"}],"c":"RED"},"value":false,"list":[true,[]]}"#,
    );
    refused(ALL, "{struct: [1]}", "struct: expected an object, got a list");
    refused(ALL, "{list: {a: 1}}", "list: expected a list, got an object");
    makes(ALL, "{rValue: [1, null]}", r#"{"rValue":[1,null]}"#);
    // A single item that is no list is a list of it.
    makes(ALL, r#"{rValue: "x"}"#, r#"{"rValue":["x"]}"#);
    let nested = |depth: usize| format!("{{value: {}1{}}}", "[".repeat(depth), "]".repeat(depth));
    makes(ALL, &nested(40), &format!("{{\"value\":{}1{}}}", "[".repeat(40), "]".repeat(40)));
    assert!(encoded(ALL, &deep(200)).unwrap_err().to_string().ends_with("nests too deep"));
}

fn deep(depth: usize) -> ConstValue {
    let mut value = ConstValue::Null;
    for _ in 0..depth {
        value = ConstValue::List(vec![value]);
    }
    ConstValue::Object([(async_graphql::Name::new("value"), value)].into_iter().collect())
}

#[test]
fn an_any_has_its_type_beside_its_fields() {
    // No literal has such names, variables do.
    let json = serde_json::json!({"any": {"@type": "x/kinds.All", "fInt32": 1}});
    let value = ConstValue::from_json(json).unwrap();
    let wire = encoded(ALL, &value).unwrap();
    assert_eq!(as_json(ALL, &wire), r#"{"any":{"@type":"x/kinds.All","fInt32":1}}"#);
    let json = serde_json::json!({"any": {"@type": "x/kinds.All", "fInt": 1}});
    let error = encoded(ALL, &ConstValue::from_json(json).unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("any: no field named \"fInt\""), "{error}");
}

#[test]
fn lists_are_packed_as_the_contract_says() {
    let wire = encoded(ALL, &literal("{rInt32: [1, 2, 300], rLoose: [1, 2]}").unwrap()).unwrap();
    assert_eq!(wire, [0xaa, 1, 4, 1, 2, 0xac, 2, 0xc8, 1, 1, 0xc8, 1, 2]);
    makes(
        ALL,
        r#"{rInt32: [], rString: ["a", ""], rDouble: [0, 1.5]}"#,
        r#"{"rString":["a",""],"rDouble":[0,1.5]}"#,
    );
    makes(ALL, r#"{rInt32: 5, rString: "a"}"#, r#"{"rInt32":[5],"rString":["a"]}"#);
    refused(ALL, r#"{rInt32: [1, 2, 3, "abc"]}"#, r#"rInt32[3]: expected Int, got "abc""#);
    refused(ALL, r#"{rInt32: [1, null]}"#, "rInt32[1]: expected an item, got null");
    refused(ALL, r#"{rString: [["a"]]}"#, "rString[0]: expected String, got a list");
}

#[test]
fn what_the_model_has_wrong_is_refused() {
    let ty = TypeRef {
        named: Named::Scalar(Scalar::Int),
        list: Some(ListOf { non_null: true }),
        non_null: false,
    };
    let write = |ty: &TypeRef, place| {
        let value = literal("1").unwrap();
        encode(&CONTRACT.model, &CONTRACT.view, ty, shape(ALL), place, &value, &mut Vec::new())
    };
    assert!(write(&ty, Place::Field(2)).is_err(), "a list in a single field");
    assert!(write(&ty, Place::Field(999)).is_err(), "a field that is not there");
    assert!(write(&ty, Place::Oneof(0)).is_err(), "a number for a oneof");
    let single = TypeRef { list: None, ..ty };
    assert!(write(&single, Place::Field(16)).is_err(), "a number for a message");
}
