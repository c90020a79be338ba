//! What is written of single values and lists.

use super::*;
use crate::codec::json::tests::STRICT;

#[test]
fn fields_stand_in_the_order_of_the_selection_under_its_names() {
    writes(
        "f_string b:f_int32 a:f_int32 kind:@All",
        r#"{"fInt32":7,"fString":"text","fDouble":1.5}"#,
        r#"{"f_string":"text","b":7,"a":7,"kind":"All"}"#,
    );
    writes("", "{}", "{}");
    writes(
        "a_response_name_that_is_longer_than_most:f_int32",
        r#"{"fInt32":7}"#,
        r#"{"a_response_name_that_is_longer_than_most":7}"#,
    );
}

#[test]
fn scalars_are_written_as_in_proto_json() {
    writes(
        "f_double f_float f_int32 f_int64 f_uint32 f_uint64 f_sint32 f_sint64 f_fixed32 f_fixed64 \
         f_sfixed32 f_sfixed64 f_bool f_string f_bytes f_enum far",
        r#"{"fDouble":1.5,"fFloat":0.25,"fInt32":-7,"fInt64":"-7000000000","fUint32":4294967295,"fUint64":"7000000000","fSint32":-1,"fSint64":"-1","fFixed32":1,"fFixed64":"1","fSfixed32":-1,"fSfixed64":"-1","fBool":true,"fString":"a \"quoted\" text","fBytes":"AAECAw==","fEnum":"RED","far":3}"#,
        r#"{"f_double":1.5,"f_float":0.25,"f_int32":-7,"f_int64":"-7000000000","f_uint32":4294967295,"f_uint64":"7000000000","f_sint32":-1,"f_sint64":"-1","f_fixed32":1,"f_fixed64":"1","f_sfixed32":-1,"f_sfixed64":"-1","f_bool":true,"f_string":"a \"quoted\" text","f_bytes":"AAECAw==","f_enum":"RED","far":3}"#,
    );
}

#[test]
fn messages_that_are_scalars_are_written_as_in_proto_json() {
    writes(
        "timestamp duration mask struct value list any w_double w_int64 w_string w_bytes w_bool empty",
        r#"{"timestamp":"2026-01-31T12:00:00Z","duration":"1.500s","mask":"fString,fMessage.fInt32","struct":{"a":[1,null]},"value":"x","list":[true],"any":{"@type":"x/kinds.All","fInt32":1},"wDouble":2.5,"wInt64":"5","wString":"","wBytes":"AA==","wBool":false,"empty":{}}"#,
        r#"{"timestamp":"2026-01-31T12:00:00Z","duration":"1.500s","mask":"fString,fMessage.fInt32","struct":{"a":[1,null]},"value":"x","list":[true],"any":{"@type":"x/kinds.All","fInt32":1},"w_double":2.5,"w_int64":"5","w_string":"","w_bytes":"AA==","w_bool":false,"empty":true}"#,
    );
    writes("null value c_null", "{}", r#"{"null":null,"value":null,"c_null":null}"#);
}

#[test]
fn objects_nest() {
    writes(
        "f_message(f_int32 f_message(f_string)) other:f_message(f_bool!)",
        r#"{"fMessage":{"fInt32":1,"fMessage":{"fString":"x"}}}"#,
        r#"{"f_message":{"f_int32":1,"f_message":{"f_string":"x"}},"other":{"f_bool":false}}"#,
    );
}

#[test]
fn what_is_not_set_is_null_or_a_default() {
    let text = "f_int32 f_string f_bytes f_enum f_double f_message o_int32 r_int32 m_string empty";
    let nulls = r#"{"f_int32":null,"f_string":null,"f_bytes":null,"f_enum":null,"f_double":null,"f_message":null,"o_int32":null,"r_int32":[],"m_string":[],"empty":null}"#;
    let defaults = r#"{"f_int32":0,"f_string":"","f_bytes":"","f_enum":"COLOR_UNSPECIFIED","f_double":0,"f_message":null,"o_int32":null,"r_int32":[],"m_string":[],"empty":null}"#;
    writes(text, "{}", nulls);
    let mut output = Output { emit_defaults: true, ..Output::default() };
    assert_eq!(written_with("kinds.All", text, &[], &mut output), defaults);
    // A zero that was sent is as good as none.
    writes_wire(
        "kinds.All",
        "f_int32 f_string",
        &[0x18, 0, 0x72, 0],
        r#"{"f_int32":null,"f_string":null}"#,
    );
    // Where it may not be null it is the default.
    writes(
        "f_int32! f_string! f_enum! f_bool! f_uint64!",
        "{}",
        r#"{"f_int32":0,"f_string":"","f_enum":"COLOR_UNSPECIFIED","f_bool":false,"f_uint64":"0"}"#,
    );
    // With presence a zero is a value.
    writes_wire(
        "kinds.All",
        "o_int32 o_string",
        &[0x90, 1, 0, 0x9a, 1, 0],
        r#"{"o_int32":0,"o_string":""}"#,
    );
}

#[test]
fn the_last_value_of_a_scalar_counts() {
    writes_wire(
        "kinds.All",
        "f_int32 f_string",
        &[0x18, 1, 0x72, 1, b'a', 0x18, 2, 0x72, 0],
        r#"{"f_int32":2,"f_string":null}"#,
    );
}

#[test]
fn lists_are_written_packed_or_not_and_wherever_they_stand() {
    // 1 alone, 2 and 3 packed, another field, an empty run, 4 alone.
    let wire = [0xa8, 1, 1, 0xaa, 1, 2, 2, 3, 0x18, 9, 0xaa, 1, 0, 0xa8, 1, 4];
    writes_wire("kinds.All", "r_int32 f_int32", &wire, r#"{"r_int32":[1,2,3,4],"f_int32":9}"#);
    let loose = [0xca, 1, 2, 5, 6, 0xc8, 1, 7];
    writes_wire("kinds.All", "r_loose", &loose, r#"{"r_loose":[5,6,7]}"#);
    writes(
        "r_string r_message(f_int32!) r_timestamp r_value r_double",
        r#"{"rString":["a",""],"rMessage":[{"fInt32":1},{}],"rTimestamp":["2026-01-31T12:00:00Z"],"rValue":[1,null,"x"],"rDouble":[0,1.5]}"#,
        r#"{"r_string":["a",""],"r_message":[{"f_int32":1},{"f_int32":0}],"r_timestamp":["2026-01-31T12:00:00Z"],"r_value":[1,null,"x"],"r_double":[0,1.5]}"#,
    );
}

#[test]
fn a_field_of_another_wire_type_is_unknown() {
    // f_int32 with a length, r_string with a varint, f_string with four bytes.
    let wire = [0x1a, 1, 9, 0xb0, 1, 5, 0x75, 1, 2, 3, 4, 0x18, 8];
    writes_wire(
        "kinds.All",
        "f_int32 r_string f_string",
        &wire,
        r#"{"f_int32":8,"r_string":[],"f_string":null}"#,
    );
}

#[test]
fn a_message_in_several_pieces_is_split() {
    let pieces = [0x8a, 1, 2, 0x18, 1, 0x8a, 1, 0];
    writes_wire("kinds.All", "f_message(f_int32)", &pieces, "split");
    // Unless nobody asked for it.
    writes_wire("kinds.All", "f_int32", &pieces, r#"{"f_int32":null}"#);
    // Of scalars in pieces, too.
    writes_wire("kinds.All", "timestamp", &[0xea, 0x12, 2, 8, 1, 0xea, 0x12, 2, 16, 1], "split");
    // A piece further down.
    let below = [&[0xba, 1, 8][..], &pieces].concat();
    writes_wire("kinds.All", "r_message(f_message(f_int32))", &below, "split");
}

#[test]
fn a_split_takes_back_its_errors() {
    // A string that is not UTF-8, then a split below.
    let wire = [0x72, 1, 0xff, 0xba, 1, 8, 0x8a, 1, 2, 0x18, 1, 0x8a, 1, 0];
    writes_wire("kinds.All", "f_string r_message(f_message(f_int32))", &wire, "split");
}

#[test]
fn broken_bytes_are_malformed() {
    writes_wire("kinds.All", "f_int32", &[0x18], "the message ends inside a field at byte 1");
    writes_wire(
        "kinds.All",
        "f_message(f_int32)",
        &[0x8a, 1, 1, 0x18],
        "the message ends inside a field at byte 4",
    );
    writes_wire(
        "kinds.All",
        "r_int32",
        &[0xaa, 1, 1, 0x80],
        "the message ends inside a field at byte 4",
    );
    writes_wire(
        "kinds.All",
        "w_int64",
        &[0xb2, 0x13, 1, 8],
        "the message ends inside a field at byte 4",
    );
    // What nobody asked for is skipped, not read.
    writes_wire("kinds.All", "f_int32", &[0x8a, 1, 1, 0x18, 0x18, 2], r#"{"f_int32":2}"#);
}

#[test]
fn messages_nest_only_so_deep() {
    let (mut text, mut wire) = ("f_int32".to_owned(), vec![0x18, 1]);
    for _ in 0..100 {
        text = format!("f_message({text})");
        let mut outer = vec![0x8a, 1];
        crate::codec::wire::write_varint(wire.len() as u64, &mut outer);
        outer.extend_from_slice(&wire);
        wire = outer;
    }
    assert!(written("kinds.All", &text, &wire).starts_with("messages nest too deep"));
    let inner = text.strip_prefix("f_message(").unwrap().strip_suffix(')').unwrap();
    let start = wire.len() - 2 - {
        let mut reader = crate::codec::wire::Reader::new(&wire, 2, wire.len());
        let (start, end) = reader.range().unwrap();
        end - start - 2
    };
    assert!(written("kinds.All", inner, &wire[start..]).starts_with("{\"f_message\""));
}

#[test]
fn groups_are_read_to_their_end() {
    // Part { inner: 1, Deeper { text: "a" } }, two Parts.
    let wire = [0x2b, 0x08, 1, 0x2b, 0x0a, 1, b'a', 0x2c, 0x2c, 0x33, 0x08, 2, 0x34, 0x33, 0x34];
    writes_wire(
        "legacy.Old",
        "part(inner deeper(text)) parts(inner)",
        &wire,
        r#"{"part":{"inner":1,"deeper":{"text":"a"}},"parts":[{"inner":2},{"inner":null}]}"#,
    );
    writes_wire("legacy.Old", "part(inner)", &[0x2b, 0x2c, 0x2b, 0x2c], "split");
    writes_wire("legacy.Old", "part(inner)", &[0x2b, 0x08, 1], "a group does not end at byte 3");
}

#[test]
fn items_of_a_message_set_are_its_fields() {
    let set = select_item();
    let item = [0x0b, 0x10, 0xf9, 0xbb, 0x5e, 0x1a, 2, 0x78, 5, 0x0c];
    writes_wire("legacy.Set", &set, &item, r#"{"item":{"i":5}}"#);
    // The message before its type, and one of another type.
    let other =
        [0x0b, 0x1a, 2, 0x78, 6, 0x10, 0xf9, 0xbb, 0x5e, 0x0c, 0x0b, 0x10, 4, 0x1a, 0, 0x0c];
    writes_wire("legacy.Set", &set, &other, r#"{"item":{"i":6}}"#);
    writes_wire("legacy.Set", &set, &[item, item].concat(), "split");
}

fn select_item() -> String {
    let shapes = CONTRACT.view.shapes();
    let name = shapes.get(shape("legacy.Set")).fields[0].name.to_string();
    assert_eq!(name, "legacy.Item.item");
    "item:legacy.Item.item(i)".to_owned()
}

#[test]
fn unknown_numbers_of_a_closed_enum_are_no_values() {
    writes_wire("legacy.Old", "closed", &[0x10, 1, 0x10, 9], r#"{"closed":"ONE"}"#);
    writes_wire(
        "legacy.Old",
        "many",
        &[0x18, 1, 0x18, 9, 0x1a, 2, 9, 2],
        r#"{"many":["ONE","TWO"]}"#,
    );
    writes_wire("legacy.Old", "tight", &[0x22, 3, 9, 2, 1], r#"{"tight":["TWO","ONE"]}"#);
    // A default that proto2 gives is not the field's value.
    writes_wire("legacy.Old", "number closed", &[], r#"{"number":null,"closed":null}"#);
}

#[test]
fn the_value_alone_has_no_name() {
    let selection = select("kinds.All", "x:f_message!(f_int32 f_string!)");
    let wire = CONTRACT.decode("kinds.All", br#"{"fMessage":{"fInt32":4}}"#, &STRICT).unwrap();
    let mut output = Output::default();
    output.path.push(Segment::Name("root".into()));
    let mut write = |wire: &[u8], depth| {
        let span = Span { start: 0, end: wire.len() };
        let holes = &mut Numbers(Vec::new());
        let written =
            write_value(&CONTRACT.view, &selection, wire, span, depth, &mut output, holes);
        let errors: Vec<_> = output.errors.drain(..).map(|error| path(&error.path)).collect();
        let json = String::from_utf8(std::mem::take(&mut output.json)).unwrap();
        (written.is_ok(), json, errors)
    };
    assert_eq!(write(&wire, 100), (true, r#"{"f_int32":4,"f_string":""}"#.to_owned(), vec![]));
    assert_eq!(write(&[], 100), (false, String::new(), vec!["root".to_owned()]));
    assert_eq!(write(&wire, 1), (false, String::new(), vec![]));
    let bad = [0x8a, 1, 3, 0x72, 1, 0xff];
    assert_eq!(write(&bad, 100), (false, String::new(), vec!["root.f_string".to_owned()]));
}
