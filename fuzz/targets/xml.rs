//! XML to wire bytes and back: nothing panics, what is written is XML, and it is read as what was
//! written.

#![no_main]

use dragoman_fuzz::xml::Input;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    let read;
    let wire = if input.is_xml {
        let Ok(text) = std::str::from_utf8(input.data) else { return };
        let Ok(wire) = input.decode(text) else { return };
        read = wire;
        &read
    } else {
        input.data
    };
    // Text of a message may hold what XML cannot, and messages may nest deeper than they are written.
    let Ok(xml) = input.encode(wire) else { return };
    let again = input.decode(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    // A required field that is missing is written as an empty element.
    if !input.has_required
        && let (Some(before), Some(after)) = (input.json(wire), input.json(&again))
    {
        assert_eq!(before, after, "{xml}");
    }
});
