//! Input objects, oneofs, maps and groups.

use super::*;

const ALL: &str = "kinds.All";

#[test]
fn objects_make_messages() {
    makes(
        ALL,
        r#"{fMessage: {fInt32: 1, fMessage: {fString: "x"}, rMessage: [{}, {fBool: true}]}}"#,
        r#"{"fMessage":{"fInt32":1,"fMessage":{"fString":"x"},"rMessage":[{},{"fBool":true}]}}"#,
    );
    makes(ALL, "{rMessage: {fInt32: 1}}", r#"{"rMessage":[{"fInt32":1}]}"#);
    refused(ALL, "{fMessage: 5}", "fMessage: expected an object of type AllInput, got 5");
    refused(
        ALL,
        r#"{fMessage: {rMessage: [{}, {fMessage: {rInt32: [1, "abc"]}}]}}"#,
        r#"fMessage.rMessage[1].fMessage.rInt32[1]: expected Int, got "abc""#,
    );
}

#[test]
fn long_messages_have_long_lengths() {
    let text = "x".repeat(20_000);
    makes(
        ALL,
        &format!("{{fMessage: {{fMessage: {{fString: \"{text}\"}}}}}}"),
        &format!("{{\"fMessage\":{{\"fMessage\":{{\"fString\":\"{text}\"}}}}}}"),
    );
}

#[test]
fn unknown_fields_are_refused_with_the_nearest_name() {
    refused(
        ALL,
        "{fMessage: {fInt23: 1}}",
        r#"fMessage: no field named "fInt23" in AllInput, did you mean "fInt32"?"#,
    );
    refused(
        ALL,
        "{fMessage: {zzzzzzzzz: 1, fInt32: 1}}",
        r#"fMessage: no field named "zzzzzzzzz" in AllInput"#,
    );
}

#[test]
fn what_is_required_must_be_given() {
    makes("legacy.Old", r#"{must: "a"}"#, r#"{"must":"a"}"#);
    refused("legacy.Old", "{must: null}", "must: expected String!, got null");
    refused(ALL, "{mString: [{key: \"a\"}]}", "mString[0].value: expected Int!, got nothing");
    refused(ALL, "{mString: [{value: 1}]}", "mString[0].key: expected String!, got nothing");
    refused(
        ALL,
        "{mString: [{key: null, value: 1}]}",
        "mString[0].key: expected String!, got null",
    );
}

#[test]
fn absent_fields_have_their_defaults() {
    makes("legacy.Old", "{part: {}}", r#"{"part":{"inner":7}}"#);
    makes("legacy.Old", "{part: {inner: 1}}", r#"{"part":{"inner":1}}"#);
    makes("legacy.Old", "{part: {inner: null}}", r#"{"part":{}}"#);
}

#[test]
fn exactly_one_member_of_a_oneof_is_given() {
    makes(ALL, "{choice: {cInt32: 0}}", r#"{"cInt32":0}"#);
    makes(ALL, r#"{choice: {cString: ""}}"#, r#"{"cString":""}"#);
    makes(ALL, "{choice: {cMessage: {choice: {cInt32: 5}}}}", r#"{"cMessage":{"cInt32":5}}"#);
    refused(ALL, "{choice: {}}", "choice: expected exactly one field of AllChoiceInput, got 0");
    refused(
        ALL,
        r#"{choice: {cInt32: 1, cString: null}}"#,
        "choice: expected exactly one field of AllChoiceInput, got 2",
    );
    refused(
        ALL,
        "{choice: {cInt32: null}}",
        "choice.cInt32: expected the one field that is given, got null",
    );
    refused(
        ALL,
        "{choice: {cInt: 1}}",
        r#"choice: no field named "cInt" in AllChoiceInput, did you mean "cInt32"?"#,
    );
    refused(ALL, "{choice: 1}", "choice: expected an object of type AllChoiceInput, got 1");
}

#[test]
fn maps_are_lists_of_entries() {
    makes(
        ALL,
        r#"{mString: [{key: "a", value: 1}, {value: 0, key: "b"}], mInt64: {key: "-5", value: "x"}, mBool: [{key: true, value: {fInt32: 4}}], mEnum: [{key: "", value: RED}]}"#,
        r#"{"mString":{"a":1,"b":0},"mInt64":{"-5":"x"},"mBool":{"true":{"fInt32":4}},"mEnum":{"":"RED"}}"#,
    );
    makes(
        ALL,
        r#"{mValue: [{key: "a", value: null}, {key: "b"}, {key: "c", value: [1]}]}"#,
        r#"{"mValue":{"a":null,"b":null,"c":[1]}}"#,
    );
    refused(
        ALL,
        "{mString: [1]}",
        "mString[0]: expected an object of type MStringEntryInput, got 1",
    );
}

#[test]
fn a_key_is_given_once() {
    refused(
        ALL,
        r#"{mString: [{key: "b", value: 1}, {key: "a", value: 2}, {key: "b", value: 3}]}"#,
        "mString[2]: this key is there twice",
    );
    // As a number and as text.
    refused(
        ALL,
        r#"{mInt64: [{key: "5", value: "x"}, {key: 5, value: "y"}]}"#,
        "mInt64[1]: this key is there twice",
    );
    let long = "x".repeat(200);
    refused(
        ALL,
        &format!(r#"{{mString: [{{key: "{long}", value: 1}}, {{key: "{long}", value: 1}}]}}"#),
        "mString[1]: this key is there twice",
    );
    makes(
        ALL,
        r#"{mString: [{key: "", value: 1}, {key: "a", value: 1}]}"#,
        r#"{"mString":{"":1,"a":1}}"#,
    );
}

#[test]
fn many_entries_and_items_are_read_in_one_go() {
    let entries: Vec<String> =
        (0..50_000).map(|key| format!("{{key:\"{key}\",value:{key}}}")).collect();
    let items = vec!["{fInt32:1}"; 50_000].join(",");
    let text = format!("{{mString: [{}], rMessage: [{items}]}}", entries.join(","));
    let wire = encoded(ALL, &literal(&text).unwrap()).unwrap();
    assert!(wire.len() > 100_000);
}

#[test]
fn groups_are_written_as_such() {
    let wire = encoded(
        "legacy.Old",
        &literal("{part: {inner: 1, deeper: {text: \"a\"}}, parts: [{inner: 2}, {}]}").unwrap(),
    );
    let expected =
        [0x2b, 0x08, 1, 0x2b, 0x0a, 1, b'a', 0x2c, 0x2c, 0x33, 0x08, 2, 0x34, 0x33, 0x34];
    assert_eq!(wire.unwrap(), expected);
}

#[test]
fn objects_nest_only_so_deep() {
    let nested = |depth: usize| {
        let mut value = ConstValue::Object(Default::default());
        for _ in 0..depth {
            let field = (async_graphql::Name::new("fMessage"), value);
            value = ConstValue::Object([field].into_iter().collect());
        }
        value
    };
    assert!(encoded(ALL, &nested(100)).is_ok());
    assert!(
        encoded(ALL, &nested(101)).unwrap_err().to_string().ends_with("fMessage: nests too deep")
    );
}
