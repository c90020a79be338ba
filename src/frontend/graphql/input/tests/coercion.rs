//! Values of variables (GraphQL specification, section 6.1.2).

use serde_json::json;

use super::*;

/// What a variable of that type has for a value that JSON gives.
fn coerced(ty: &str, given: Option<serde_json::Value>, default: Option<&str>) -> String {
    let ty = Type::new(ty).unwrap();
    let given = given.map(|given| ConstValue::from_json(given).unwrap());
    let default = default.map(|default| literal(default).unwrap());
    match coerce(&CONTRACT.model, &ty, given, default.as_ref()) {
        Ok(Some(value)) => value.to_string(),
        Ok(None) => "nothing".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

fn given(ty: &str, value: serde_json::Value) -> String {
    coerced(ty, Some(value), None)
}

#[test]
fn nothing_null_and_defaults_are_told_apart() {
    assert_eq!(coerced("Int", None, None), "nothing");
    assert_eq!(coerced("Int", None, Some("5")), "5");
    assert_eq!(coerced("Int", None, Some("null")), "null");
    assert_eq!(coerced("Int", Some(json!(null)), Some("5")), "null");
    assert_eq!(coerced("Int!", None, None), "error: expected Int!, got nothing");
    assert_eq!(coerced("Int!", None, Some("5")), "5");
    assert_eq!(coerced("Int!", Some(json!(null)), Some("5")), "error: expected Int!, got null");
    assert_eq!(coerced("Int!", Some(json!(6)), Some("5")), "6");
}

#[test]
fn types_are_found_by_name() {
    assert_eq!(given("Integer", json!(1)), "error: no type named \"Integer\"");
    assert_eq!(given("[[Int]]", json!(1)), "error: no field takes a list of lists");
    for scalar in ["Int", "Float", "ID", "Int64", "UInt64", "UInt32", "JSON"] {
        assert_eq!(given(scalar, json!(5)), "5", "{scalar}");
    }
    for scalar in ["String", "ID", "JSON"] {
        assert_eq!(given(scalar, json!("a")), "\"a\"", "{scalar}");
    }
    assert_eq!(given("Boolean!", json!(true)), "true");
    assert_eq!(given("DateTime", json!("2026-01-31T12:00:00Z")), "\"2026-01-31T12:00:00Z\"");
    assert_eq!(given("Duration", json!("1s")), "\"1s\"");
    assert!(given("Duration", json!("1")).starts_with("error: expected Duration"));
    assert!(given("DateTime", json!("2026")).starts_with("error: expected DateTime"));
    assert_eq!(given("Int", json!("5")), "error: expected Int, got \"5\"");
    assert_eq!(given("String", json!(5)), "error: expected String, got 5");
}

#[test]
fn lists_of_one_are_made_of_an_item() {
    assert_eq!(given("[Int!]!", json!(5)), "[5]");
    assert_eq!(given("[Int]", json!([1, null])), "[1, null]");
    assert_eq!(given("[Int!]", json!([1, null])), "error: [1]: expected Int!, got null");
    assert_eq!(given("[Int]", json!(null)), "null");
    assert_eq!(given("[Int]", json!([1, "abc"])), "error: [1]: expected Int, got \"abc\"");
    assert_eq!(given("[Int]", json!([[1]])), "error: [0]: expected Int, got a list");
    assert_eq!(given("Int", json!([1])), "error: expected Int, got a list");
    assert_eq!(given("[Color]", json!("RED")), "[RED]");
}

#[test]
fn enum_values_are_text_in_variables_and_names_in_documents() {
    assert_eq!(given("Color", json!("RED")), "RED");
    assert_eq!(
        given("Color", json!("red")),
        "error: no value named \"red\" in enum Color, did you mean \"RED\"?"
    );
    assert_eq!(given("Color", json!(1)), "error: expected a value of enum Color, got 1");
    assert_eq!(coerced("Color", None, Some("RED")), "RED");
    assert_eq!(
        coerced("Color", None, Some("\"RED\"")),
        "error: expected a value of enum Color, got \"RED\""
    );
}

#[test]
fn bytes_are_decoded_once() {
    let bytes = coerce(
        &CONTRACT.model,
        &Type::new("Bytes").unwrap(),
        Some(ConstValue::String("-_8".to_owned())),
        None,
    );
    assert_eq!(bytes.unwrap(), Some(ConstValue::Binary(vec![0xfb, 0xff].into())));
    assert_eq!(given("Bytes", json!("A")), "error: expected Bytes in base64, got \"A\"");
    let file = ConstValue::Binary(vec![1].into());
    let json = coerce(&CONTRACT.model, &Type::new("JSON").unwrap(), Some(file), None);
    assert_eq!(json.unwrap_err().to_string(), "expected JSON, got a file");
}

#[test]
fn objects_have_their_fields() {
    let value = json!({"fMessage": {"rEnum": ["RED"], "fInt32": 1}, "rInt32": 5, "fString": null});
    assert_eq!(
        given("AllInput", value),
        "{fString: null, fMessage: {fInt32: 1, rEnum: [RED]}, rInt32: [5]}"
    );
    assert_eq!(
        given("AllInput", json!({"fInt23": 1})),
        "error: no field named \"fInt23\" in AllInput, did you mean \"fInt32\"?"
    );
    assert_eq!(
        given("AllInput", json!({"rMessage": [{"fInt32": "x"}]})),
        "error: rMessage[0].fInt32: expected Int, got \"x\""
    );
    assert_eq!(given("AllInput", json!(5)), "error: expected an object of type AllInput, got 5");
    assert_eq!(
        given("OldInput", json!({"number": 1})),
        "error: must: expected String!, got nothing"
    );
    assert_eq!(given("OldInput", json!({"must": ""})), "{must: \"\"}");
    assert_eq!(given("PartInput", json!({})), "{inner: 7}");
    assert_eq!(
        given("AllInput", json!({"choice": {"cInt32": 1, "cString": "a"}})),
        "error: choice: expected exactly one field of AllChoiceInput, got 2"
    );
    assert_eq!(given("AllInput", json!({"choice": {"cInt32": 1}})), "{choice: {cInt32: 1}}");
}

#[test]
fn what_is_coerced_can_be_encoded() {
    let value = json!({"fMessage": {"rEnum": ["RED"], "fBytes": "AA==", "mString": {"key": "a", "value": 1}}});
    let ty = Type::new("AllInput").unwrap();
    let value = ConstValue::from_json(value).unwrap();
    let value = coerce(&CONTRACT.model, &ty, Some(value), None).unwrap().unwrap();
    let wire = encoded("kinds.All", &value).unwrap();
    assert_eq!(
        as_json("kinds.All", &wire),
        r#"{"fMessage":{"fBytes":"AA==","rEnum":["RED"],"mString":{"a":1}}}"#
    );
}

#[test]
fn values_nest_only_so_deep() {
    let mut value = json!({});
    for _ in 0..101 {
        value = json!({"fMessage": value});
    }
    assert!(given("AllInput", value).ends_with("fMessage: nests too deep"));
}
