//! A response name as it stands in an object.

/// Copies of a fixed size are a few instructions where others are a call.
const CHUNK: usize = 32;

/// `,"name":`.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// What it starts with.
    chunk: [u8; CHUNK],
    text: Box<str>,
}

impl Key {
    pub(super) fn new(name: &str) -> Self {
        let text = format!(",{}:", serde_json::Value::from(name));
        let mut chunk = [0; CHUNK];
        for (to, from) in chunk.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self { chunk, text: text.into() }
    }

    /// Appends it.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.text.len() <= CHUNK {
            let end = out.len() + self.text.len();
            out.extend_from_slice(&self.chunk);
            out.truncate(end);
        } else {
            out.extend_from_slice(self.text.as_bytes());
        }
    }
}
