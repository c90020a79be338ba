//! JSON to wire bytes: nothing panics, and what is read means the same once it is written and read
//! again.

#![no_main]

use dragoman_fuzz::codec::Input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    let Ok(wire) = input.decode(input.data) else { return };
    let json = input.encode(&wire).expect("what was read can be written");
    let again = input.decode(json.as_bytes()).expect("what was written can be read");
    let canonical = |wire: &[u8]| input.canonical(wire).expect("what was read is well-formed");
    assert_eq!(canonical(&again), canonical(&wire), "{json}");
});
