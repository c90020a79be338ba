//! `google.api.HttpBody` (`content_type = 1`, `data = 2`): bytes of any type as a message.

use super::wire::{LEN, Reader, write_bytes};

/// How deep groups may nest that are passed by.
const MAX_GROUPS: u32 = 200;

/// The content type and the data; `None` where the bytes are no message. A message that does not say
/// what it holds has `application/octet-stream`.
pub fn read(message: &[u8]) -> Option<(&str, &[u8])> {
    let (mut content_type, mut data) = ("application/octet-stream", &b""[..]);
    let mut reader = Reader::new(message, 0, message.len());
    while !reader.is_empty() {
        let head = reader.head().ok()?;
        if head.wire_type != LEN {
            reader.skip(head, MAX_GROUPS).ok()?;
            continue;
        }
        let (start, end) = reader.range().ok()?;
        let value = message.get(start..end)?;
        match head.number {
            1 if !value.is_empty() => content_type = std::str::from_utf8(value).ok()?,
            2 => data = value,
            _ => {}
        }
    }
    Some((content_type, data))
}

/// Appends the message of that content.
pub fn write(content_type: Option<&str>, data: &[u8], out: &mut Vec<u8>) {
    if let Some(content_type) = content_type {
        write_bytes(1, content_type.as_bytes(), out);
    }
    write_bytes(2, data, out);
}
