//! Field masks: `lowerCamel` paths in JSON, `snake_case` paths on the wire.

/// Appends the wire form of one JSON path; `false` where none reads back as that.
pub(super) fn decode(path: &str, out: &mut Vec<u8>) -> bool {
    if path.is_empty() {
        return false;
    }
    for byte in path.bytes() {
        match byte {
            // As the other way.
            b'_' | b'"' | b'\\' | ..0x20 => return false,
            b'A'..=b'Z' => out.extend_from_slice(&[b'_', byte.to_ascii_lowercase()]),
            byte => out.push(byte),
        }
    }
    true
}

/// Appends the JSON form of one wire path; `false` where it would not read back as the same.
pub(super) fn encode(path: &str, out: &mut Vec<u8>) -> bool {
    if path.is_empty() {
        return false;
    }
    let mut after_underscore = false;
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' if after_underscore => out.push(byte.to_ascii_uppercase()),
            _ if after_underscore => return false,
            b'A'..=b'Z' | b',' => return false,
            // What JSON would have to escape is no part of a path.
            b'"' | b'\\' | ..0x20 => return false,
            b'_' => {}
            byte => out.push(byte),
        }
        after_underscore = byte == b'_';
    }
    !after_underscore
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn paths_that_round_trip_are_written() {
        for (wire, json) in [("foo_bar.baz", "fooBar.baz"), ("*", "*"), ("a", "a"), ("a1_b", "a1B")]
        {
            let mut out = Vec::new();
            assert!(encode(wire, &mut out), "{wire}");
            assert_eq!(out, json.as_bytes());
            out.clear();
            assert!(decode(json, &mut out), "{json}");
            assert_eq!(out, wire.as_bytes());
        }
    }

    #[test]
    fn paths_that_do_not_round_trip_are_refused() {
        for wire in ["fooBar", "foo_3_bar", "foo__bar", "foo_", "", "a,b", "a\"b"] {
            assert!(!encode(wire, &mut Vec::new()), "{wire}");
        }
        for json in ["foo_bar", "", "a\\b", "a\"b", "a\nb"] {
            assert!(!decode(json, &mut Vec::new()), "{json}");
        }
    }
}
