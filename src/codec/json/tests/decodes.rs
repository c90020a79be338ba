//! JSON that is taken, and JSON that is not.

use super::{CONTRACT, IGNORE, STRICT, reads_as, refused};
use crate::codec::json::DecodeOptions;

#[test]
fn every_scalar_is_read() {
    for (json, expected) in [
        (r#"{"fDouble":1.5}"#, r#"{"fDouble":1.5}"#),
        (r#"{"fDouble":"1e3"}"#, r#"{"fDouble":1000}"#),
        (r#"{"fDouble":-0}"#, r#"{"fDouble":-0}"#),
        (r#"{"fDouble":0}"#, "{}"),
        (r#"{"fDouble":"NaN"}"#, r#"{"fDouble":"NaN"}"#),
        (r#"{"fFloat":"-Infinity"}"#, r#"{"fFloat":"-Infinity"}"#),
        (r#"{"fFloat":0.1}"#, r#"{"fFloat":0.1}"#),
        (r#"{"fInt32":-2147483648}"#, r#"{"fInt32":-2147483648}"#),
        (r#"{"fInt32":"1e5"}"#, r#"{"fInt32":100000}"#),
        (r#"{"fInt32":1.0}"#, r#"{"fInt32":1}"#),
        (r#"{"fInt32":"\u0031"}"#, r#"{"fInt32":1}"#),
        (r#"{"fInt64":"-9223372036854775808"}"#, r#"{"fInt64":"-9223372036854775808"}"#),
        (r#"{"fInt64":9223372036854775807}"#, r#"{"fInt64":"9223372036854775807"}"#),
        (r#"{"fUint32":4294967295}"#, r#"{"fUint32":4294967295}"#),
        (r#"{"fUint64":18446744073709551615}"#, r#"{"fUint64":"18446744073709551615"}"#),
        (r#"{"fSint32":-1,"fSint64":"-2"}"#, r#"{"fSint32":-1,"fSint64":"-2"}"#),
        (r#"{"fSint32":-2147483648}"#, r#"{"fSint32":-2147483648}"#),
        (r#"{"fFixed32":7,"fFixed64":8}"#, r#"{"fFixed32":7,"fFixed64":"8"}"#),
        (r#"{"fSfixed32":-7,"fSfixed64":-8}"#, r#"{"fSfixed32":-7,"fSfixed64":"-8"}"#),
        (r#"{"fBool":true}"#, r#"{"fBool":true}"#),
        (r#"{"fBool":false,"fString":"","fBytes":""}"#, "{}"),
        (r#"{"fString":"a\"\u00e9\ud83d\ude00"}"#, r#"{"fString":"a\"é😀"}"#),
        (r#"{"fBytes":"-_"}"#, r#"{"fBytes":"+w=="}"#),
        (r#"{"fEnum":"RED"}"#, r#"{"fEnum":"RED"}"#),
        (r#"{"fEnum":"CRIMSON"}"#, r#"{"fEnum":"RED"}"#),
        (r#"{"fEnum":-2}"#, r#"{"fEnum":"BELOW"}"#),
        (r#"{"fEnum":1.0}"#, r#"{"fEnum":"RED"}"#),
        (r#"{"fEnum":77}"#, r#"{"fEnum":77}"#),
        (r#"{"oInt32":0,"oString":""}"#, r#"{"oInt32":0,"oString":""}"#),
        (r#"{"far":1}"#, r#"{"far":1}"#),
        (" { \"fInt32\" \n:\t1 , \"fBool\" : true } ", r#"{"fInt32":1,"fBool":true}"#),
    ] {
        reads_as("kinds.All", json, expected);
    }
}

#[test]
fn names_are_read_in_both_spellings_and_in_any_order() {
    reads_as("kinds.All", r#"{"f_bool":true,"f_int32":1}"#, r#"{"fBool":true,"fInt32":1}"#);
    reads_as("kinds.All", r#"{"f\u0042ool":true}"#, r#"{"fBool":true}"#);
    reads_as("kinds.All", r#"{"other \"name\"":"a"}"#, r#"{"other \"name\"":"a"}"#);
    reads_as("kinds.All", r#"{"renamed":"a"}"#, r#"{"other \"name\"":"a"}"#);
}

#[test]
fn lists_maps_and_messages_are_read() {
    for json in [
        r#"{"rInt32":[1,2,3],"rString":["a",""]}"#,
        r#"{"rMessage":[{},{"fInt32":1},{"rMessage":[{}]}]}"#,
        r#"{"rEnum":["RED","COLOR_UNSPECIFIED",5],"rLoose":[0,1]}"#,
        r#"{"rDouble":[1,"NaN",-0]}"#,
        r#"{"mString":{"a":1,"":0},"mInt64":{"-5":"x"}}"#,
        r#"{"mBool":{"true":{"fInt32":1},"false":{}}}"#,
        r#"{"mEnum":{"a":"RED"},"mValue":{"a":null,"b":[1,{}]}}"#,
        r#"{"cMessage":{"cNull":null}}"#,
        r#"{"fMessage":{"fMessage":{"fMessage":{}}}}"#,
    ] {
        reads_as("kinds.All", json, json);
    }
    reads_as("kinds.All", r#"{"rInt32":[],"mString":{},"rMessage":[]}"#, "{}");
}

#[test]
fn null_is_absence() {
    reads_as(
        "kinds.All",
        r#"{"fInt32":null,"fMessage":null,"rInt32":null,"mString":null,"timestamp":null,
            "wInt64":null,"fEnum":null,"struct":null,"list":null,"any":null}"#,
        "{}",
    );
    reads_as("kinds.All", r#"{"cInt32":null,"cString":"a"}"#, r#"{"cString":"a"}"#);
    reads_as("kinds.All", r#"{"cString":"a","cInt32":null}"#, r#"{"cString":"a"}"#);
    reads_as("kinds.All", r#"{"value":null,"null":null}"#, r#"{"value":null}"#);
    reads_as("kinds.All", r#"{"cNull":null}"#, r#"{"cNull":null}"#);
    reads_as("kinds.All", r#"{"cNull":"NULL_VALUE"}"#, r#"{"cNull":null}"#);
    reads_as("kinds.All", r#"{"rValue":[null]}"#, r#"{"rValue":[null]}"#);
    for (json, error) in [
        (r#"{"rInt32":[null]}"#, "rInt32[0]: expected int32, got null"),
        (r#"{"rMessage":[{},null]}"#, "rMessage[1]: expected an object, got null"),
        (r#"{"rString":["a",null]}"#, "rString[1]: expected string, got null"),
        (r#"{"mString":{"a":null}}"#, r#"mString["a"]: expected int32, got null"#),
        ("null", "expected an object, got null"),
    ] {
        refused("kinds.All", json, error);
    }
}

#[test]
fn well_known_types_are_read() {
    for json in [
        r#"{"timestamp":"2026-11-23T15:04:05.120Z"}"#,
        r#"{"timestamp":"1970-01-01T00:00:00Z"}"#,
        r#"{"duration":"-1.500s"}"#,
        r#"{"mask":"fooBar.baz,a"}"#,
        r#"{"mask":""}"#,
        r#"{"struct":{"a":1,"b":[true,null,"x",{"c":{}}]}}"#,
        r#"{"value":"x"}"#,
        r#"{"list":[1,[],{}]}"#,
        r#"{"empty":{}}"#,
        r#"{"wDouble":"Infinity","wInt64":"0","wString":"","wBytes":"AQ==","wBool":false}"#,
        r#"{"any":{}}"#,
        r#"{"any":{"@type":"type.googleapis.com/kinds.All","fInt32":1,"rInt32":[1,2]}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Duration","value":"1s"}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Value","value":null}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/kinds.All"}}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Empty"}}"#,
        r#"{"rTimestamp":["1970-01-01T00:00:00Z","0001-01-01T00:00:00Z"]}"#,
    ] {
        reads_as("kinds.All", json, json);
    }
    let last = r#"{"any":{"fInt32":1,"rMessage":[{"fString":"@type"}],"@type":"x/kinds.All"}}"#;
    let first = r#"{"any":{"@type":"x/kinds.All","fInt32":1,"rMessage":[{"fString":"@type"}]}}"#;
    reads_as("kinds.All", last, first);
    reads_as(
        "kinds.All",
        r#"{"any":{"value":"1.5s","@type":"x/google.protobuf.Duration"}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Duration","value":"1.500s"}}"#,
    );
    reads_as(
        "kinds.All",
        r#"{"any":{"@type":"x/google.protobuf.Empty","value":{}}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Empty"}}"#,
    );
    reads_as("google.protobuf.Value", "null", "null");
    reads_as("google.protobuf.Int32Value", "\"5\"", "5");
    reads_as("google.protobuf.Struct", " {} ", "{}");
}

#[test]
fn wrong_values_are_refused_and_the_error_says_where() {
    for (json, error) in [
        (
            r#"{"rMessage":[{},{"fInt32":"abc"}]}"#,
            r#"rMessage[1].fInt32: expected int32, got "abc""#,
        ),
        (r#"{"fInt32":2147483648}"#, "fInt32: expected int32 within its range, got 2147483648"),
        (r#"{"fInt32":1.5}"#, "fInt32: expected int32, got 1.5"),
        (r#"{"fInt32":" 1"}"#, r#"fInt32: expected int32, got " 1""#),
        (r#"{"fInt32":true}"#, "fInt32: expected int32, got true"),
        (r#"{"fUint32":-1}"#, "fUint32: expected uint32 within its range, got -1"),
        (
            r#"{"fUint64":18446744073709551616}"#,
            "fUint64: expected uint64 within its range, got 18446744073709551616",
        ),
        (r#"{"fFloat":1e39}"#, "fFloat: expected float within its range, got 1e39"),
        (r#"{"fDouble":1e309}"#, "fDouble: expected double within its range, got 1e309"),
        (r#"{"fDouble":"+1"}"#, r#"fDouble: expected double, got "+1""#),
        (r#"{"fDouble":"inf"}"#, r#"fDouble: expected double, got "inf""#),
        (r#"{"fDouble":NaN}"#, "fDouble: expected double, got NaN"),
        (r#"{"fBool":"true"}"#, r#"fBool: expected bool, got "true""#),
        (r#"{"fBool":1}"#, "fBool: expected bool, got 1"),
        (r#"{"fString":1}"#, "fString: expected string, got 1"),
        (r#"{"fString":{}}"#, "fString: expected string, got an object"),
        (r#"{"fString":[]}"#, "fString: expected string, got a list"),
        (r#"{"fBytes":"a"}"#, r#"fBytes: expected base64, got "a""#),
        (
            r#"{"fEnum":"RAD"}"#,
            r#"fEnum: no value named "RAD" in enum kinds.Color, did you mean "RED"?"#,
        ),
        (r#"{"fEnum":1.5}"#, "fEnum: expected a value of enum kinds.Color, got 1.5"),
        (r#"{"fMessage":[]}"#, "fMessage: expected an object, got a list"),
        (r#"{"rInt32":1}"#, "rInt32: expected a list, got 1"),
        (r#"{"rInt32":{}}"#, "rInt32: expected a list, got an object"),
        (r#"{"mString":[]}"#, "mString: expected an object, got a list"),
        (r#"{"mInt64":{"x":"a"}}"#, r#"mInt64: expected int64, got "x""#),
        (r#"{"mBool":{"1":{}}}"#, r#"mBool: expected bool, got "1""#),
        (r#"{"mBool":{"true":{"fBool":0}}}"#, r#"mBool["true"].fBool: expected bool, got 0"#),
        (
            r#"{"timestamp":"now"}"#,
            r#"timestamp: expected a timestamp like "2026-01-31T12:00:00Z", got "now""#,
        ),
        (r#"{"duration":1}"#, r#"duration: expected a duration like "1.5s", got 1"#),
        (r#"{"mask":"a_b"}"#, r#"mask: expected a field mask like "title,price.units", got "a_b""#),
        (r#"{"value":1e999}"#, "value: expected a number within the range of a double, got 1e999"),
        (r#"{"empty":{"a":1}}"#, r#"empty: no field named "a" in google.protobuf.Empty"#),
        (r#"{"any":{"a":1}}"#, r#"any: an Any without "@type""#),
        (
            r#"{"any":{"@type":"kinds.All"}}"#,
            r#"any.@type: no message type has the URL "kinds.All""#,
        ),
        (
            r#"{"any":{"@type":"x/kinds.All","@type":"x/kinds.All"}}"#,
            r#"any: field "@type" is there twice"#,
        ),
        (r#"{"any":{"@type":"x/kinds.All","fBool":1}}"#, "any.fBool: expected bool, got 1"),
        (
            r#"{"any":{"@type":"x/google.protobuf.Duration"}}"#,
            r#"any: an Any of this type without "value""#,
        ),
    ] {
        refused("kinds.All", json, error);
    }
}

#[test]
fn unknown_names_are_refused_with_the_nearest_one() {
    refused(
        "kinds.All",
        r#"{"rMessage":[{"fInt23":1}]}"#,
        r#"rMessage[0]: no field named "fInt23" in kinds.All, did you mean "fInt32"?"#,
    );
    refused("kinds.All", r#"{"FBOOL":true}"#, r#"no field named "FBOOL" in kinds.All"#);
    refused("kinds.All", r#"{"":1}"#, r#"no field named "" in kinds.All"#);
}

#[test]
fn unknown_names_can_be_ignored_and_are_counted() {
    let json = br#"{"x":{"a":[1,{"b":null}],"c":"\n"},"fInt32":1,"fEnum":"NO","rEnum":["NO","RED"],
        "mEnum":{"a":"NO","b":"RED"},"y":-1.5e3}"#;
    let shape = CONTRACT.view.shapes().id("kinds.All").unwrap();
    let mut out = Vec::new();
    let decoded =
        crate::codec::json::decode(&CONTRACT.view, shape, json, &IGNORE, &mut out).unwrap();
    assert_eq!(decoded.ignored, 5);
    let written = CONTRACT.encode("kinds.All", &out, &super::PLAIN).unwrap();
    assert_eq!(written, r#"{"fInt32":1,"rEnum":["RED"],"mEnum":{"b":"RED"}}"#);
    for broken in
        [r#"{"x":[1,]}"#, r#"{"x":{"a"}}"#, r#"{"x":01}"#, r#"{"x":"\x"}"#, r#"{"x":tru}"#]
    {
        assert!(CONTRACT.decode("kinds.All", broken.as_bytes(), &IGNORE).is_err(), "{broken}");
    }
}

#[test]
fn what_is_there_twice_is_refused() {
    for (json, error) in [
        (r#"{"fInt32":1,"fInt32":2}"#, r#"field "fInt32" is there twice"#),
        (r#"{"fInt32":1,"f_int32":1}"#, r#"field "fInt32" is there twice"#),
        (r#"{"rInt32":[1],"rInt32":[2]}"#, r#"field "rInt32" is there twice"#),
        (r#"{"far":1,"far":1}"#, r#"field "far" is there twice"#),
        (
            r#"{"cInt32":1,"cString":"a"}"#,
            r#"cString: another field of the oneof "choice" is set already"#,
        ),
        (r#"{"mString":{"a":1,"b":2,"a":3}}"#, r#"mString: key "a" is there twice"#),
        (r#"{"mInt64":{"1":"a","1.0":"b"}}"#, "mInt64: a key is there twice"),
        (r#"{"struct":{"a":1,"\u0061":3}}"#, r#"struct: key "a" is there twice"#),
    ] {
        refused("kinds.All", json, error);
    }
    let many: Vec<String> = (0..50).map(|key| format!("\"{key}\":1")).collect();
    let many = many.join(",");
    reads_as(
        "kinds.All",
        &format!("{{\"mString\":{{{many}}}}}"),
        &format!("{{\"mString\":{{{many}}}}}"),
    );
    refused(
        "kinds.All",
        &format!("{{\"mString\":{{{many},\"7\":1}}}}"),
        r#"mString: key "7" is there twice"#,
    );
}

#[test]
fn only_json_is_taken() {
    for json in [
        "",
        " ",
        "{",
        "}",
        "{}}",
        "{} x",
        "[]",
        "{,}",
        r#"{"fBool":true,}"#,
        r#"{"fBool" true}"#,
        r#"{fBool:true}"#,
        r#"{'fBool':true}"#,
        r#"{"fBool":true"#,
        r#"{"fBool":tru}"#,
        r#"{"fBool":trues}"#,
        r#"{"fInt32":01}"#,
        r#"{"fInt32":+1}"#,
        r#"{"fInt32":.5}"#,
        r#"{"fInt32":1 2}"#,
        r#"{"rInt32":[1,]}"#,
        r#"{"rInt32":[1 2]}"#,
        r#"{"rInt32":[1}"#,
        r#"{"fString":"a}"#,
        r#"{"fString":"\x"}"#,
        r#"{"fString":"\ud800"}"#,
        "{\"fString\":\"\n\"}",
        r#"{"fBool":/**/true}"#,
        "{\u{a0}}",
        r#"{"fMessage":{}"#,
        "nul",
        "{\"fBool\":true}\u{0}",
        "\u{feff}{}",
    ] {
        assert!(CONTRACT.decode("kinds.All", json.as_bytes(), &STRICT).is_err(), "{json}");
    }
    let error = CONTRACT.decode("kinds.All", b"{\"fString\":\"\xff\"}", &STRICT).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.offset()),
        ("the body is not UTF-8 at byte 12", 12)
    );
    let error = CONTRACT.decode("kinds.All", b"{\"fBool\":true;}", &STRICT).unwrap_err();
    assert_eq!(error.to_string(), "expected ',' or '}', got ; at byte 13");
}

#[test]
fn errors_know_their_place() {
    let error = CONTRACT
        .decode("kinds.All", br#"{"rMessage":[{},{"mBool":{"true":{"fInt32":"x"}}}]}"#, &STRICT)
        .unwrap_err();
    assert_eq!(error.path(), r#"rMessage[1].mBool["true"].fInt32"#);
    assert_eq!(error.offset(), 43);
    assert_eq!(error.message(), r#"expected int32, got "x""#);
}

#[test]
fn nesting_ends_at_the_limit() {
    let options = DecodeOptions { max_depth: 3, ..IGNORE };
    for (deep, taken) in [
        (r#"{"fMessage":{"fMessage":{}}}"#, true),
        (r#"{"fMessage":{"fMessage":{"fMessage":{}}}}"#, false),
        (r#"{"rMessage":[{"rMessage":[{"rMessage":[{}]}]}]}"#, false),
        (r#"{"value":[[[[1]]]]}"#, false),
        (r#"{"unknown":[[]]}"#, true),
        (r#"{"unknown":[[[]]]}"#, false),
        (r#"{"any":{"@type":"x/kinds.All","fMessage":{"fMessage":{}}}}"#, false),
    ] {
        assert_eq!(
            CONTRACT.decode("kinds.All", deep.as_bytes(), &options).is_ok(),
            taken,
            "{deep}"
        );
    }
    let bottomless = "[".repeat(100_000);
    for start in [r#"{"value":"#, r#"{"unknown":"#, r#"{"list":"#] {
        let json = format!("{start}{bottomless}");
        assert!(CONTRACT.decode("kinds.All", json.as_bytes(), &IGNORE).is_err());
    }
}

#[test]
fn what_proto2_has_is_read() {
    for json in [
        r#"{"number":0,"closed":"ONE"}"#,
        r#"{"part":{"inner":1,"deeper":{"text":"a"}},"parts":[{},{"inner":2}]}"#,
        r#"{"many":["ONE","TWO"],"tight":["TWO"]}"#,
        r#"{"byName":{"a":"ONE"}}"#,
        r#"{"[legacy.ext]":1,"[legacy.ext_olds]":[{"number":1}]}"#,
    ] {
        reads_as("legacy.Old", json, json);
    }
    reads_as(
        "legacy.Set",
        r#"{"[legacy.Item.item]":{"i":1}}"#,
        r#"{"[legacy.Item.item]":{"i":1}}"#,
    );
    refused("legacy.Old", r#"{"closed":3}"#, "closed: no value numbered 3 in enum legacy.Closed");
    refused("legacy.Old", r#"{"ext":3}"#, r#"no field named "ext" in legacy.Old"#);
}

#[test]
fn null_values_other_than_null_are_refused() {
    reads_as("kinds.All", r#"{"cNull":0}"#, r#"{"cNull":null}"#);
    let error = "cNull: no value numbered 1 in enum google.protobuf.NullValue";
    refused("kinds.All", r#"{"cNull":1}"#, error);
}
