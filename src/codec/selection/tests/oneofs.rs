//! Oneofs: the last member on the wire counts.

use super::*;

const CHOICE: &str = "<choice>(c_int32(number:c_int32! x:@Number) c_string(c_string!) c_message(c_message!(f_int32 f_string)))";

#[test]
fn the_member_that_is_set_says_what_is_written() {
    writes(CHOICE, r#"{"cInt32":0}"#, r#"{"choice":{"number":0,"x":"Number"}}"#);
    writes(CHOICE, r#"{"cString":"a"}"#, r#"{"choice":{"c_string":"a"}}"#);
    writes(
        CHOICE,
        r#"{"cMessage":{"fInt32":1}}"#,
        r#"{"choice":{"c_message":{"f_int32":1,"f_string":null}}}"#,
    );
    writes(CHOICE, "{}", r#"{"choice":null}"#);
    // A member that is not among them.
    writes(CHOICE, r#"{"cNull":null}"#, r#"{"choice":null}"#);
}

#[test]
fn the_last_member_on_the_wire_wins() {
    writes_wire(
        "kinds.All",
        CHOICE,
        &[0xc8, 2, 3, 0xd2, 2, 1, b'a'],
        r#"{"choice":{"c_string":"a"}}"#,
    );
    writes_wire(
        "kinds.All",
        CHOICE,
        &[0xd2, 2, 1, b'a', 0xc8, 2, 3],
        r#"{"choice":{"number":3,"x":"Number"}}"#,
    );
    // Also over one that nobody selected.
    writes_wire(
        "kinds.All",
        "c_int32 c_string",
        &[0xc8, 2, 3, 0xe0, 2, 0],
        r#"{"c_int32":null,"c_string":null}"#,
    );
    // A message is merged only with what came since another member.
    let message = [0xda, 2, 2, 0x18, 1];
    let again = [&message[..], &[0xc8, 2, 3], &[0xda, 2, 0]].concat();
    writes_wire(
        "kinds.All",
        CHOICE,
        &again,
        r#"{"choice":{"c_message":{"f_int32":null,"f_string":null}}}"#,
    );
    writes_wire("kinds.All", CHOICE, &[message, message].concat(), "split");
}

#[test]
fn an_unknown_number_of_a_closed_enum_is_no_member() {
    let choice = "<choice>(c_closed(c_closed) c_int32(c_int32))";
    writes_wire("legacy.Old", choice, &[0x50, 5, 0x48, 9], r#"{"choice":{"c_int32":5}}"#);
    writes_wire("legacy.Old", choice, &[0x50, 5, 0x48, 1], r#"{"choice":{"c_closed":"ONE"}}"#);
}

#[test]
fn members_are_in_the_path() {
    writes_wire(
        "kinds.All",
        CHOICE,
        &[0xda, 2, 3, 0x72, 1, 0xff],
        "{\"choice\":{\"c_message\":{\"f_int32\":null,\"f_string\":null}}}\n\
         error at choice.c_message.f_string: a string that is not UTF-8",
    );
    writes_wire(
        "kinds.All",
        CHOICE,
        &[0xd2, 2, 1, 0xff],
        "{\"choice\":null}\nerror at choice.c_string: a string that is not UTF-8",
    );
}

#[test]
fn holes_of_a_member_are_filled_where_it_is_set() {
    let choice = "<choice>(c_int32(a:=1 c_int32) c_message(b:=2 c_message(d:=3))) c:=4";
    writes(choice, r#"{"cInt32":1}"#, r#"{"choice":{"a":1,"c_int32":1},"c":4}"#);
    let visited = |wire: &[u8]| {
        let mut visited = Vec::new();
        let span = Span { start: 0, end: wire.len() };
        let selection = select("kinds.All", choice);
        let mut each = |hole: usize, parent: Span| visited.push((hole, parent.start));
        visit(CONTRACT.view.shapes(), &selection, wire, span, 9, &mut each).unwrap();
        visited
    };
    assert_eq!(visited(&[0xc8, 2, 3]), [(1, 0), (4, 0)]);
    assert_eq!(visited(&[0xda, 2, 0]), [(2, 0), (3, 3), (4, 0)]);
    assert_eq!(visited(&[]), [(4, 0)]);
}
