//! gRPC's framing of messages, written out: a flag, four bytes of length, the message.

use bytes::{BufMut, Bytes, BytesMut};

/// One message, not compressed.
pub fn frame(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.put_slice(message);
    frame.freeze()
}

/// A frame that promises more than it holds.
pub fn half_a_frame() -> Bytes {
    Bytes::from_static(b"\0\0\0\x01\0abc")
}

/// The messages of a whole body.
pub fn messages(mut body: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut messages = Vec::new();
    while let Some((head, rest)) = body.split_first_chunk::<5>() {
        if head[0] != 0 {
            return Err(format!("a message with flag {}", head[0]));
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some((message, rest)) = rest.split_at_checked(length) else {
            return Err(format!("a message of {length} bytes with {} of them", rest.len()));
        };
        messages.push(message);
        body = rest;
    }
    if body.is_empty() { Ok(messages) } else { Err("half a frame head".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_written() {
        let body = [frame(b"one"), frame(b""), frame(b"three")].concat();
        assert_eq!(messages(&body).unwrap(), [&b"one"[..], b"", b"three"]);
        assert!(messages(&half_a_frame()).is_err());
        assert!(messages(&body[..body.len() - 1]).is_err());
    }
}
