//! What becomes null, what null takes with it, and what is said of it.

use super::*;

const NAN: [u8; 9] = [0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
const INFINITY: [u8; 5] = [0x15, 0, 0, 0x80, 0xff];

#[test]
fn what_is_not_finite_is_null_with_an_error() {
    writes_wire(
        "kinds.All",
        "f_double f_float f_int32",
        &[&NAN[..], &INFINITY, &[0x18, 1]].concat(),
        "{\"f_double\":null,\"f_float\":null,\"f_int32\":1}\n\
         error at f_double: a Float cannot be NaN\nerror at f_float: a Float cannot be -inf",
    );
    let wrapped = [&[0xaa, 0x13, 9][..], &NAN].concat();
    writes_wire(
        "kinds.All",
        "w_double",
        &wrapped,
        "{\"w_double\":null}\nerror at w_double: a Float cannot be NaN",
    );
    let list = [&[0xd2, 1, 16][..], &NAN[1..], &1f64.to_le_bytes()].concat();
    writes_wire(
        "kinds.All",
        "r_double",
        &list,
        "{\"r_double\":[null,1]}\nerror at r_double.0: a Float cannot be NaN",
    );
    writes_wire(
        "kinds.All",
        "r_double?",
        &list,
        "{\"r_double\":null}\nerror at r_double.0: a Float cannot be NaN",
    );
    writes_wire(
        "kinds.All",
        "r_double!?",
        &list,
        "null\nerror at r_double.0: a Float cannot be NaN",
    );
}

#[test]
fn text_that_is_not_utf8_is_null_with_an_error() {
    let said = "a string that is not UTF-8";
    writes_wire(
        "kinds.All",
        "f_string",
        &[0x72, 1, 0xff],
        &format!("{{\"f_string\":null}}\nerror at f_string: {said}"),
    );
    let list = [0xb2, 1, 1, b'a', 0xb2, 1, 1, 0xff, 0xb2, 1, 1, b'b'];
    writes_wire(
        "kinds.All",
        "r_string",
        &list,
        &format!("{{\"r_string\":[\"a\",null,\"b\"]}}\nerror at r_string.1: {said}"),
    );
    let wrapped = [0xba, 0x13, 3, 0x0a, 1, 0xff];
    writes_wire(
        "kinds.All",
        "w_string",
        &wrapped,
        &format!("{{\"w_string\":null}}\nerror at w_string: {said}"),
    );
}

#[test]
fn a_message_that_has_no_json_is_null_with_an_error() {
    let wire = [
        0xea, 0x12, 12, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x10, 1, 0x18,
        1,
    ];
    writes_wire(
        "kinds.All",
        "timestamp f_int32",
        &wire,
        "{\"timestamp\":null,\"f_int32\":1}\n\
         error at timestamp: a timestamp outside of the years 1 to 9999",
    );
}

#[test]
fn an_unknown_number_of_an_enum_is_null_with_a_note() {
    let said = "no value of the enum has the number 7";
    writes_wire(
        "kinds.All",
        "f_enum",
        &[0x80, 1, 7],
        &format!("{{\"f_enum\":null}}\nnote at f_enum: {said}"),
    );
    writes_wire(
        "kinds.All",
        "r_enum",
        &[0xc2, 1, 2, 1, 7],
        &format!("{{\"r_enum\":[\"RED\",null]}}\nnote at r_enum.1: {said}"),
    );
    // Where it may not be null that is an error.
    writes_wire("kinds.All", "f_enum!", &[0x80, 1, 7], &format!("null\nerror at f_enum: {said}"));
    writes_wire(
        "kinds.All",
        "r_enum?",
        &[0xc2, 1, 2, 1, 7],
        &format!("{{\"r_enum\":null}}\nerror at r_enum.1: {said}"),
    );
}

#[test]
fn null_takes_what_holds_it_up_to_what_may_be_null() {
    let said = "null in the place of a value that is never null";
    let one = |text, json, expected: &str| writes(text, json, &format!("{expected}: {said}"));
    let deep = r#"{"fInt32":1,"fMessage":{"fMessage":{"fInt32":2}},"fString":"x"}"#;
    one(
        "f_int32 f_message(f_message!(f_int32 o_int32!)) f_string",
        deep,
        "{\"f_int32\":1,\"f_message\":null,\"f_string\":\"x\"}\nerror at f_message.f_message.o_int32",
    );
    one(
        "f_message(a:f_message(o_int32!) f_int32!)",
        deep,
        "{\"f_message\":{\"a\":null,\"f_int32\":0}}\nerror at f_message.a.o_int32",
    );
    one("f_message!(f_message!(o_int32!))", deep, "null\nerror at f_message.f_message.o_int32");
    let list = r#"{"rMessage":[{"oInt32":1},{},{"oInt32":3}]}"#;
    one(
        "r_message(o_int32!)",
        list,
        "{\"r_message\":[{\"o_int32\":1},null,{\"o_int32\":3}]}\nerror at r_message.1.o_int32",
    );
    one(
        "r_message?(o_int32!) x:@y",
        list,
        "{\"r_message\":null,\"x\":\"y\"}\nerror at r_message.1.o_int32",
    );
    one("r_message!?(o_int32!)", list, "null\nerror at r_message.1.o_int32");
}

#[test]
fn one_error_stops_an_object_and_errors_before_it_stay() {
    let said = "null in the place of a value that is never null";
    writes_wire(
        "kinds.All",
        "f_message(f_string o_int32! o_string!)",
        &[0x8a, 1, 3, 0x72, 1, 0xff],
        &format!(
            "{{\"f_message\":null}}\nerror at f_message.f_string: a string that is not UTF-8\n\
             error at f_message.o_int32: {said}"
        ),
    );
}

#[test]
fn holes_are_filled_with_the_path_and_the_message_they_are_in() {
    struct Paths(Vec<String>);
    impl Holes for Paths {
        fn fill(&mut self, hole: usize, parent: Span, output: &mut Output) -> Result<(), Stop> {
            self.0.push(format!("{hole} {}..{} {}", parent.start, parent.end, path(&output.path)));
            if hole == 3 {
                let path = output.path.clone();
                output.errors.push(super::super::FieldError { path, message: "no".to_owned() });
                return Err(Stop::Null);
            }
            // What fills a hole may write on its own.
            let span = Span { start: 0, end: 2 };
            let selection = select("kinds.All", "f_int32");
            write_object(&CONTRACT.view, &selection, &[0x18, 5], span, 9, output, self_holes())
        }
    }
    fn self_holes() -> &'static mut dyn Holes {
        Box::leak(Box::new(Numbers(Vec::new())))
    }
    let wire = [0xba, 1, 2, 0x18, 1, 0x18, 9, 0xba, 1, 0];
    let selection = select("kinds.All", "r_message(a:=1 f_int32! b:=3) c:=2 f_int32");
    let mut output = Output::default();
    let mut paths = Paths(Vec::new());
    let span = Span { start: 0, end: wire.len() };
    write_object(&CONTRACT.view, &selection, &wire, span, 9, &mut output, &mut paths).unwrap();
    assert_eq!(
        String::from_utf8(output.json).unwrap(),
        r#"{"r_message":[{"a":{"f_int32":5},"f_int32":1,"b":null},{"a":{"f_int32":5},"f_int32":0,"b":null}],"c":{"f_int32":5},"f_int32":9}"#
    );
    let expected = [
        "1 3..5 r_message.0.a",
        "3 3..5 r_message.0.b",
        "1 10..10 r_message.1.a",
        "3 10..10 r_message.1.b",
        "2 0..10 c",
    ];
    assert_eq!(paths.0, expected);
    let errors: Vec<_> = output.errors.iter().map(|error| path(&error.path)).collect();
    assert_eq!(errors, ["r_message.0.b", "r_message.1.b"]);

    let mut visited = Vec::new();
    let mut each = |hole: usize, parent: Span| visited.push((hole, parent.start));
    visit(CONTRACT.view.shapes(), &selection, &wire, span, 9, &mut each).unwrap();
    assert_eq!(visited, [(1, 3), (3, 3), (1, 10), (3, 10), (2, 0)]);
}

#[test]
fn null_in_a_hole_is_an_error_where_it_may_not_be() {
    let said = "null in the place of a value that is never null";
    writes("f_message(a:=9)", r#"{"fMessage":{}}"#, r#"{"f_message":{"a":null}}"#);
    writes(
        "f_message(a:=9!)",
        r#"{"fMessage":{}}"#,
        &format!("{{\"f_message\":null}}\nerror at f_message.a: {said}"),
    );
    writes("f_message(a:=8!)", r#"{"fMessage":{}}"#, r#"{"f_message":{"a":8}}"#);
}

#[test]
fn what_has_no_holes_is_not_visited() {
    let visited = |text: &str, wire: &[u8]| {
        let mut visited = Vec::new();
        let mut each = |hole: usize, parent: Span| visited.push((hole, parent.start));
        let span = Span { start: 0, end: wire.len() };
        let result =
            visit(CONTRACT.view.shapes(), &select("kinds.All", text), wire, span, 9, &mut each);
        (result.is_ok(), visited)
    };
    // The message is broken, which nobody notices.
    assert_eq!(visited("f_message(f_int32)", &[0x8a, 1, 1, 0x18]), (true, vec![]));
    assert_eq!(
        visited("f_message(a:=1) b:f_message(c:=2)", &[0x8a, 1, 0]),
        (true, vec![(1, 3), (2, 3)])
    );
    assert!(!visited("f_message(a:=1 f_int32)", &[0x8a, 1, 1, 0x18]).0);
    assert!(!visited("f_message(a:=1)", &[0x8a, 1, 0, 0x8a, 1, 0]).0);
    // A map's entries, and its values, the absent among them.
    let map = [0x8a, 2, 2, 0x08, 1, 0x8a, 2, 4, 0x08, 0, 0x12, 0];
    assert_eq!(
        visited("m_bool(a:=1 value(b:=2))", &map),
        (true, vec![(1, 3), (2, 5), (1, 8), (2, 12)])
    );
}
