//! Text as XML writes it.

use crate::contract::xml::is_illegal;

/// Appends text between tags; `false` where it holds a character that XML cannot.
pub fn content(text: &str, out: &mut Vec<u8>) -> bool {
    escaped(text, |byte| matches!(byte, b'<' | b'>' | b'&' | b'\r'), out)
}

/// Appends the value of an attribute, to stand between double quotes; `false` where it holds a
/// character that XML cannot.
pub fn attribute(text: &str, out: &mut Vec<u8>) -> bool {
    escaped(text, |byte| matches!(byte, b'<' | b'>' | b'&' | b'"' | b'\r' | b'\n' | b'\t'), out)
}

#[inline]
fn escaped(text: &str, is_special: impl Fn(u8) -> bool, out: &mut Vec<u8>) -> bool {
    let bytes = text.as_bytes();
    // One look without a way out over all of it: nearly every text is written as it is. 0xef starts
    // U+FFFE and U+FFFF.
    let plain = bytes.iter().fold(true, |plain, byte| {
        plain & (*byte >= b' ' || *byte == b'\n') & !is_special(*byte) & (*byte != 0xef)
    });
    if plain {
        out.extend_from_slice(bytes);
        return true;
    }
    if text.contains(is_illegal) {
        return false;
    }
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if is_special(*byte) {
            out.extend_from_slice(bytes.get(start..at).unwrap_or_default());
            out.extend_from_slice(match byte {
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'&' => b"&amp;",
                b'"' => b"&quot;",
                b'\r' => b"&#13;",
                b'\n' => b"&#10;",
                _ => b"&#9;",
            });
            start = at + 1;
        }
    }
    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    true
}
