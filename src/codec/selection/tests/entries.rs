//! Maps: lists of entries, one for each key.

use super::*;

fn entry(key: u8, value: u8) -> Vec<u8> {
    vec![0xfa, 1, 5, 0x0a, 1, key, 0x10, value]
}

#[test]
fn entries_have_a_key_and_a_value() {
    writes(
        "m_string(key! value!) m_int64(value! k:key!) m_bool(key! value(f_int32))",
        r#"{"mString":{"a":1,"b":0},"mInt64":{"-5":"x"},"mBool":{"true":{"fInt32":4}}}"#,
        r#"{"m_string":[{"key":"a","value":1},{"key":"b","value":0}],"m_int64":[{"value":"x","k":"-5"}],"m_bool":[{"key":true,"value":{"f_int32":4}}]}"#,
    );
}

#[test]
fn of_two_entries_with_one_key_the_last_counts() {
    let wire = [entry(b'a', 1), entry(b'b', 2), entry(b'a', 3)].concat();
    writes_wire(
        "kinds.All",
        "m_string(key value)",
        &wire,
        r#"{"m_string":[{"key":"b","value":2},{"key":"a","value":3}]}"#,
    );
    // And of many, apart from each other.
    let mut many: Vec<u8> = (0..100).flat_map(|at| entry(b'0' + at % 40, at)).collect();
    many.extend_from_slice(&[0x18, 1]);
    many.extend(entry(b'0', 0));
    let keys: Vec<_> = (60..80)
        .chain(81..100)
        .chain([0])
        .map(|at: u8| {
            format!("{{\"key\":{:?},\"value\":{at}}}", char::from(b'0' + at % 40).to_string())
        })
        .collect();
    writes_wire(
        "kinds.All",
        "m_string(key value)",
        &many,
        &format!("{{\"m_string\":[{}]}}", keys.join(",")),
    );
}

#[test]
fn an_absent_key_or_value_is_its_default() {
    writes_wire(
        "kinds.All",
        "m_string(key value)",
        &[0xfa, 1, 0],
        r#"{"m_string":[{"key":"","value":0}]}"#,
    );
    // An empty key is the same key.
    let wire = [0xfa, 1, 2, 0x10, 5, 0xfa, 1, 2, 0x0a, 0];
    writes_wire(
        "kinds.All",
        "m_string(key value)",
        &wire,
        r#"{"m_string":[{"key":"","value":0}]}"#,
    );
    writes_wire(
        "kinds.All",
        "m_bool(key value!(f_int32! o_int32))",
        &[0x8a, 2, 0],
        r#"{"m_bool":[{"key":false,"value":{"f_int32":0,"o_int32":null}}]}"#,
    );
    writes_wire(
        "kinds.All",
        "m_enum(key value)",
        &[0x92, 2, 0],
        r#"{"m_enum":[{"key":"","value":"COLOR_UNSPECIFIED"}]}"#,
    );
    writes_wire(
        "legacy.Old",
        "by_name(key value)",
        &[0x3a, 0],
        r#"{"by_name":[{"key":"","value":"ONE"}]}"#,
    );
}

#[test]
fn an_entry_whose_value_is_unknown_is_none() {
    let wire = [0x3a, 5, 0x0a, 1, b'a', 0x10, 2, 0x3a, 5, 0x0a, 1, b'a', 0x10, 9];
    writes_wire(
        "legacy.Old",
        "by_name(key value)",
        &wire,
        r#"{"by_name":[{"key":"a","value":"TWO"}]}"#,
    );
    // An open enum's is, but has no name.
    writes_wire(
        "kinds.All",
        "m_enum(key value)",
        &[0x92, 2, 5, 0x0a, 1, b'a', 0x10, 9],
        "{\"m_enum\":[{\"key\":\"a\",\"value\":null}]}\n\
         note at m_enum.0.value: no value of the enum has the number 9",
    );
}

#[test]
fn a_value_in_several_pieces_is_split() {
    writes_wire("kinds.All", "m_bool(value(f_int32))", &[0x8a, 2, 4, 0x12, 0, 0x12, 0], "split");
}

#[test]
fn maps_within_maps_keep_their_entries_apart() {
    writes(
        "m_bool(key value(m_string(key value)))",
        r#"{"mBool":{"true":{"mString":{"a":1,"b":2}},"false":{"mString":{"a":3,"c":4}}}}"#,
        r#"{"m_bool":[{"key":true,"value":{"m_string":[{"key":"a","value":1},{"key":"b","value":2}]}},{"key":false,"value":{"m_string":[{"key":"a","value":3},{"key":"c","value":4}]}}]}"#,
    );
}
