use super::rewrite;
use crate::codec::json::tests::CONTRACT;

fn canonical(message: &str, wire: &[u8]) -> Result<Vec<u8>, String> {
    let shapes = CONTRACT.view.shapes();
    let mut out = b"before".to_vec();
    let rewritten = rewrite(shapes, shapes.id(message).unwrap(), wire, 10, &mut out);
    assert!(out.starts_with(b"before"));
    match rewritten {
        Ok(()) => Ok(out.split_off(6)),
        Err(error) => {
            assert_eq!(out.len(), 6, "what was written is taken back");
            Err(error.to_string())
        }
    }
}

#[track_caller]
fn rewrites(message: &str, wire: &[u8], expected: &[u8]) {
    assert_eq!(canonical(message, wire).as_deref(), Ok(expected), "{wire:x?}");
    assert_eq!(canonical(message, expected).as_deref(), Ok(expected), "and stays so");
}

#[track_caller]
fn refused(message: &str, wire: &[u8], error: &str) {
    assert_eq!(canonical(message, wire), Err(error.to_owned()), "{wire:x?}");
}

#[test]
fn fields_stand_by_number_in_their_shortest_form() {
    // f_string before f_int32, whose varint is too long.
    rewrites("kinds.All", &[0x72, 1, b'a', 0x18, 0x85, 0x80, 0], &[0x18, 5, 0x72, 1, b'a']);
    // A varint of more bits than the field has, and a boolean of more than one.
    rewrites("kinds.All", &[0x28, 0x81, 0x80, 0x80, 0x80, 0x10], &[0x28, 1]);
    rewrites("kinds.All", &[0x68, 7], &[0x68, 1]);
}

#[test]
fn defaults_are_left_out_where_they_say_nothing() {
    rewrites("kinds.All", &[0x18, 0, 0x72, 0, 0x7a, 0], &[]);
    // -0.0 is a value, and so is a zero with presence.
    let zero = [0x09, 0, 0, 0, 0, 0, 0, 0, 0x80];
    rewrites("kinds.All", &zero, &zero);
    rewrites("kinds.All", &[0x90, 1, 0], &[0x90, 1, 0]);
}

#[test]
fn what_stands_twice_is_merged() {
    rewrites("kinds.All", &[0x18, 1, 0x18, 2], &[0x18, 2]);
    let halves = [0x8a, 1, 2, 0x18, 1, 0x8a, 1, 2, 0x28, 2];
    rewrites("kinds.All", &halves, &[0x8a, 1, 4, 0x18, 1, 0x28, 2]);
    // Of a oneof the last member counts, and nothing of it from before another one.
    let members = [0xda, 2, 2, 0x18, 1, 0xc8, 2, 3, 0xda, 2, 2, 0x28, 2];
    rewrites("kinds.All", &members, &[0xda, 2, 2, 0x28, 2]);
}

#[test]
fn lists_are_packed_as_the_contract_says() {
    rewrites("kinds.All", &[0xa8, 1, 1, 0xaa, 1, 2, 2, 3], &[0xaa, 1, 3, 1, 2, 3]);
    rewrites("kinds.All", &[0xca, 1, 2, 1, 2], &[0xc8, 1, 1, 0xc8, 1, 2]);
    rewrites("kinds.All", &[0xaa, 1, 0], &[]);
}

#[test]
fn maps_are_sorted_and_of_two_equal_keys_the_last_counts() {
    let entry = |key: u8, value: u8| [0xfa, 1, 5, 0x0a, 1, key, 0x10, value];
    let wire = [entry(b'b', 1), entry(b'a', 2), entry(b'b', 3)].concat();
    rewrites("kinds.All", &wire, &[entry(b'a', 2), entry(b'b', 3)].concat());
    // Absent keys and values are written.
    rewrites("kinds.All", &[0xfa, 1, 0], &[0xfa, 1, 4, 0x0a, 0, 0x10, 0]);
}

#[test]
fn what_is_unknown_is_kept_behind_the_rest() {
    // An unknown field, and f_int32 with the wire type of another.
    rewrites(
        "kinds.All",
        &[0xa0, 6, 0x81, 0, 0x1a, 1, 9, 0x28, 1],
        &[0x28, 1, 0xa0, 6, 0x81, 0, 0x1a, 1, 9],
    );
    // Numbers that a closed enum does not have: alone, in a run, and in a map.
    rewrites("legacy.Old", &[0x10, 9, 0x08, 1], &[0x08, 1, 0x10, 9]);
    rewrites("legacy.Old", &[0x22, 3, 1, 9, 2], &[0x22, 2, 1, 2, 0x20, 9]);
    let entry = [0x3a, 5, 0x0a, 1, b'a', 0x10, 9];
    rewrites("legacy.Old", &[&entry[..], &[0x08, 1]].concat(), &[&[0x08, 1], &entry[..]].concat());
}

#[test]
fn groups_and_message_sets_are_written_as_such() {
    rewrites(
        "legacy.Old",
        &[0x2b, 0x08, 0x81, 0, 0x2c, 0x2b, 0x2b, 0x0a, 1, b'a', 0x2c, 0x2c],
        &[0x2b, 0x08, 1, 0x2b, 0x0a, 1, b'a', 0x2c, 0x2c],
    );
    // The message before its type.
    let item = [0x0b, 0x1a, 3, 0x78, 0x81, 0, 0x10, 0xf9, 0xbb, 0x5e, 0x0c];
    rewrites("legacy.Set", &item, &[0x0b, 0x10, 0xf9, 0xbb, 0x5e, 0x1a, 2, 0x78, 1, 0x0c]);
    let unknown = [0x0b, 0x10, 4, 0x1a, 1, 7, 0x0c];
    rewrites("legacy.Set", &unknown, &unknown);
}

#[test]
fn broken_bytes_are_refused_wherever_they_stand() {
    refused("kinds.All", &[0x18], "the message ends inside a field at byte 1");
    refused("kinds.All", &[0x8a, 1, 1, 0x18], "the message ends inside a field at byte 4");
    refused("kinds.All", &[0xaa, 1, 1, 0x80], "the message ends inside a field at byte 4");
    refused("kinds.All", &[0x2c], "a group ends that did not start at byte 1");
    refused("legacy.Old", &[0x2b, 0x08, 1], "a group does not end at byte 3");
    refused("kinds.All", &[0x72, 1, 0xff], "a string that is not UTF-8 at byte 2");
    // Proto2 does not look.
    let text = [0x2b, 0x2b, 0x0a, 1, 0xff, 0x2c, 0x2c];
    rewrites("legacy.Old", &text, &text);
    // A member of a oneof that gave way to another is looked at all the same.
    let replaced = [0xda, 2, 1, 0x18, 0xc8, 2, 3];
    refused("kinds.All", &replaced, "the message ends inside a field at byte 4");
}

#[test]
fn messages_nest_only_so_deep() {
    let mut wire = vec![0x18, 1];
    for _ in 0..9 {
        wire = [&[0x8a, 1, wire.len() as u8], &wire[..]].concat();
    }
    rewrites("kinds.All", &wire, &wire);
    wire = [&[0x8a, 1, wire.len() as u8], &wire[..]].concat();
    refused("kinds.All", &wire, "messages nest too deep at byte 30");
}
