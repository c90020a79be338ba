//! JSON strings: finding their end, resolving and writing escapes.

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// The high bit of every byte of `word` that is `"`, `\` or a control character. Only the lowest
/// one is sure to be right, which is the one asked for.
#[inline]
fn special(word: u64) -> u64 {
    let backslash = word ^ (ONES * u64::from(b'\\'));
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    // With this bit flipped a quote is next to the control characters.
    let below = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21) & !word;
    (backslash | below) & HIGH
}

/// The first byte at or after `at` that is `"`, `\` or a control character, or the end.
#[inline]
pub(super) fn find_special(input: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = input.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = special(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(&byte) = input.get(at) {
        if byte < 0x20 || byte == b'"' || byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}

/// Appends `len` bytes of `input` from `start`. Short ones are copied by a fixed size, which is a
/// few instructions where another copy is a call.
#[inline]
pub(super) fn copy(input: &[u8], start: usize, len: usize, out: &mut Vec<u8>) {
    const SHORT: usize = 32;
    if len <= SHORT
        && let Some(chunk) = input.get(start..).and_then(|rest| rest.first_chunk::<SHORT>())
    {
        let end = out.len() + len;
        out.extend_from_slice(chunk);
        out.truncate(end);
    } else {
        out.extend_from_slice(input.get(start..start + len).unwrap_or_default());
    }
}

/// Appends what the escaped content of a string stands for, or says at which byte of it an escape
/// is wrong.
pub(super) fn unescape(mut content: &[u8], out: &mut Vec<u8>) -> Result<(), usize> {
    let total = content.len();
    loop {
        let Some(at) = memchr::memchr(b'\\', content) else {
            out.extend_from_slice(content);
            return Ok(());
        };
        let (plain, escape) = content.split_at(at);
        out.extend_from_slice(plain);
        let offset = total - escape.len();
        let (byte, len) = match escape.get(1).copied().ok_or(offset)? {
            b'u' => {
                let (character, len) = unicode(escape).ok_or(offset)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                content = escape.get(len..).unwrap_or_default();
                continue;
            }
            b'b' => (8, 2),
            b'f' => (12, 2),
            b'n' => (b'\n', 2),
            b'r' => (b'\r', 2),
            b't' => (b'\t', 2),
            byte @ (b'"' | b'\\' | b'/') => (byte, 2),
            _ => return Err(offset),
        };
        out.push(byte);
        content = escape.get(len..).unwrap_or_default();
    }
}

/// The character of `\u` and four digits, or of two of them that are a surrogate pair, and their length.
fn unicode(escape: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let [b'\\', b'u', digits @ ..] = escape.get(at..at + 6)? else { return None };
        digits.iter().try_fold(0u32, |unit, byte| Some(unit << 4 | char::from(*byte).to_digit(16)?))
    };
    let first = unit(0)?;
    if let 0xd800..0xdc00 = first {
        let second @ 0xdc00..0xe000 = unit(6)? else { return None };
        let character = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char::from_u32(character)?, 12));
    }
    Some((char::from_u32(first)?, 6))
}

/// How many bytes of a string are looked at and copied in one go.
const CHUNK: usize = 32;

/// Appends `text[start..end]` with quotes around it and escapes where they are needed; `false`
/// where it is not UTF-8.
#[inline]
pub(in crate::codec) fn write(text: &[u8], start: usize, end: usize, out: &mut Vec<u8>) -> bool {
    let len = end - start;
    // Most strings are short and need no escape.
    if len < CHUNK
        && let Some(chunk) = text.get(start..).and_then(|rest| rest.first_chunk())
        && is_plain(chunk, len)
    {
        out.push(b'"');
        let end = out.len() + len;
        out.extend_from_slice(chunk);
        if let Some(quote) = out.get_mut(end) {
            *quote = b'"';
        }
        out.truncate(end + 1);
        return true;
    }
    write_long(text, start, end, out)
}

#[inline(never)]
fn write_long(text: &[u8], mut start: usize, end: usize, out: &mut Vec<u8>) -> bool {
    out.push(b'"');
    while start < end {
        let rest = text.get(start..).unwrap_or_default();
        let (chunk, len) = (&padded(rest), CHUNK.min(end - start));
        if !is_plain(chunk, len) {
            let rest = text.get(start..end).unwrap_or_default();
            if simdutf8::basic::from_utf8(rest).is_err() {
                return false;
            }
            write_escaped(rest, out);
            break;
        }
        let end = out.len() + len;
        out.extend_from_slice(chunk);
        out.truncate(end);
        start += len;
    }
    out.push(b'"');
    true
}

#[inline]
fn padded(bytes: &[u8]) -> [u8; CHUNK] {
    bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut chunk = [0; CHUNK];
        for (to, from) in chunk.iter_mut().zip(bytes) {
            *to = *from;
        }
        chunk
    })
}

/// Whether the first `len` bytes are ASCII that needs no escape. Without branches this compiles
/// to vector instructions.
#[inline]
fn is_plain(chunk: &[u8; CHUNK], len: usize) -> bool {
    let mut plain = true;
    for (at, &byte) in (0u8..).zip(chunk) {
        // As in `special`; bytes that are not ASCII are negative.
        let special = (((byte ^ 2) as i8) < 0x21) | (byte == b'\\');
        plain &= !(special & (at < len as u8));
    }
    plain
}

fn write_escaped(content: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    loop {
        let at = find_special(content, from);
        out.extend_from_slice(content.get(from..at).unwrap_or_default());
        let Some(&byte) = content.get(at) else { return };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            byte => {
                let hex = |digit: u8| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[hex(byte >> 4), hex(byte & 15)]);
            }
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{find_special, unescape, write};

    #[test]
    fn strings_are_written_as_serde_json_writes_them() {
        let mut texts: Vec<String> =
            ["", "a", "ünï", "日本語", "a\u{7f}b", "\u{0}"].map(Into::into).into();
        for special in ["\"", "\\", "\n", "\u{1}", "é", "\u{1f}", " ", "\u{8}\u{c}\r\t"] {
            for at in 0..20 {
                texts.push(format!("{}{special}{}", "x".repeat(at), "y".repeat(20 - at)));
            }
        }
        for text in texts {
            // What stands around it makes no difference.
            for around in ["", "\n\"\\é\u{0}\n\"\\é\u{0}"] {
                let wire = format!("{around}{text}{around}");
                let (start, end) = (around.len(), around.len() + text.len());
                let mut out = Vec::new();
                assert!(write(wire.as_bytes(), start, end, &mut out));
                assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
        assert!(!write(b"abc\xff", 0, 4, &mut Vec::new()));
    }

    #[test]
    fn special_characters_are_found_wherever_they_are() {
        for len in 0..40 {
            for at in 0..len {
                for special in [b'"', b'\\', 0, 0x1f] {
                    let mut text = vec![b'\xe9'; len];
                    text[at] = special;
                    assert_eq!(find_special(&text, 0), at);
                }
            }
            assert_eq!(find_special(&vec![b'!'; len], 0), len);
        }
    }

    #[test]
    fn escapes_are_resolved() {
        let mut out = Vec::new();
        unescape(br#"a\n\"\\\/\b\f\r\t\u00e9\ud83d\ude00z"#, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\n\"\\/\u{8}\u{c}\r\té😀z");
    }

    #[test]
    fn wrong_escapes_are_refused_where_they_are() {
        for text in
            [r"ab\x", r"ab\u12", r"ab\ud800", r"ab\ud800\u0041", r"ab\udc00", r"ab\", r"ab\u+123"]
        {
            assert_eq!(unescape(text.as_bytes(), &mut Vec::new()), Err(2), "{text}");
        }
    }
}
