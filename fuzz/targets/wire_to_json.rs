//! Wire bytes to JSON: nothing panics, and what is written can be read again, means the same, and
//! is the same whatever order the wire had.

#![no_main]

use dragoman_fuzz::codec::Input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    let Ok(json) = input.encode(input.data) else { return };
    let read = |json: &str| {
        input.decode_lax(json.as_bytes()).unwrap_or_else(|error| panic!("{error}, in {json}"))
    };
    let write = |wire: &[u8]| input.encode(wire).expect("what was read can be written");
    let canonical = |wire: &[u8]| input.canonical(wire).expect("what was read is well-formed");
    let wire = read(&json);
    assert_eq!(canonical(&read(&write(&wire))), canonical(&wire), "{json}");

    // What a later value takes the place of is not looked into on the way to JSON.
    let Ok(sorted) = input.canonical(input.data) else { return };
    assert_eq!(canonical(&read(&write(&sorted))), canonical(&wire), "{json}");
});
