//! Protobuf wire bytes: varints, tags, lengths, and skipping what is not known.

/// Wire types.
pub const VARINT: u8 = 0;
/// See [`VARINT`].
pub const FIXED64: u8 = 1;
/// See [`VARINT`].
pub const LEN: u8 = 2;
/// See [`VARINT`].
pub const START_GROUP: u8 = 3;
/// See [`VARINT`].
pub const END_GROUP: u8 = 4;
/// See [`VARINT`].
pub const FIXED32: u8 = 5;

/// Bytes that are not a protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct Malformed {
    /// Where.
    pub offset: usize,
    /// What.
    pub what: &'static str,
}

/// A field's number and wire type, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// From 1 to 2^29 - 1.
    pub number: u32,
    /// From 0 to 5.
    pub wire_type: u8,
}

/// Reads a stretch of wire bytes. Positions count from the start of the whole message, so that a
/// nested message's errors say where they are in it.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from `start` to before `end`, or to their end where that comes first.
    #[inline]
    pub fn new(bytes: &'a [u8], start: usize, end: usize) -> Self {
        Self { bytes: bytes.get(..end).unwrap_or(bytes), pos: start }
    }

    /// Where the next byte stands.
    #[inline]
    pub fn position(&self) -> usize {
        self.pos
    }

    /// Where the stretch ends.
    #[inline]
    pub fn end(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// A varint. What a reader does is always inlined, so that it can stay in registers.
    #[inline(always)]
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        match self.bytes.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(u64::from(byte))
            }
            _ => {
                let (value, len) = long_varint(self.bytes, self.pos);
                if len == 0 {
                    return Err(bad_varint(self.bytes, self.pos));
                }
                self.pos += len;
                Ok(value)
            }
        }
    }

    /// A field's tag.
    #[inline]
    pub fn head(&mut self) -> Result<Head, Malformed> {
        let offset = self.pos;
        let tag = self.varint()?;
        let (number, wire_type) = (tag >> 3, (tag & 7) as u8);
        if number == 0 || number >= 1 << 29 || wire_type > FIXED32 {
            return Err(Malformed { offset, what: "invalid tag" });
        }
        Ok(Head { number: number as u32, wire_type })
    }

    /// Eight bytes.
    #[inline(always)]
    pub fn fixed64(&mut self) -> Result<u64, Malformed> {
        match self.bytes.get(self.pos..).and_then(|rest| rest.first_chunk()) {
            Some(chunk) => {
                self.pos += 8;
                Ok(u64::from_le_bytes(*chunk))
            }
            None => Err(truncated(self.bytes)),
        }
    }

    /// Four bytes.
    #[inline(always)]
    pub fn fixed32(&mut self) -> Result<u32, Malformed> {
        match self.bytes.get(self.pos..).and_then(|rest| rest.first_chunk()) {
            Some(chunk) => {
                self.pos += 4;
                Ok(u32::from_le_bytes(*chunk))
            }
            None => Err(truncated(self.bytes)),
        }
    }

    /// What a length announces: where it starts and ends.
    #[inline(always)]
    pub fn range(&mut self) -> Result<(usize, usize), Malformed> {
        let offset = self.pos;
        let len = self.varint()?;
        let left = self.bytes.len() - self.pos.min(self.bytes.len());
        match usize::try_from(len) {
            Ok(len) if len <= left => {
                let start = self.pos;
                self.pos += len;
                Ok((start, self.pos))
            }
            _ => Err(Malformed { offset, what: "a length runs past the end" }),
        }
    }

    /// Skips the value that follows a tag. A group goes at most `depth` groups deep.
    #[inline]
    pub fn skip(&mut self, head: Head, depth: u32) -> Result<(), Malformed> {
        match head.wire_type {
            VARINT => self.varint().map(drop),
            FIXED64 => self.fixed64().map(drop),
            LEN => self.range().map(drop),
            FIXED32 => self.fixed32().map(drop),
            START_GROUP => self.skip_group(head.number, depth).map(drop),
            _ => Err(Malformed { offset: self.pos, what: "a group ends that did not start" }),
        }
    }

    /// Skips to behind the end of the group `number`, whose start tag was just read, and says
    /// where its fields end.
    pub fn skip_group(&mut self, number: u32, depth: u32) -> Result<usize, Malformed> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Malformed { offset: self.pos, what: "groups nest too deep" });
        };
        loop {
            if self.is_empty() {
                return Err(Malformed { offset: self.pos, what: "a group does not end" });
            }
            let end = self.pos;
            let head = self.head()?;
            match head.wire_type {
                END_GROUP if head.number == number => return Ok(end),
                END_GROUP => {
                    return Err(Malformed { offset: end, what: "a group ends that did not start" });
                }
                _ => self.skip(head, depth)?,
            }
        }
    }
}

#[cold]
fn truncated(bytes: &[u8]) -> Malformed {
    Malformed { offset: bytes.len(), what: "the message ends inside a field" }
}

/// A varint of more than one byte, and how long it is: 0 if it is none.
#[inline(never)]
fn long_varint(bytes: &[u8], pos: usize) -> (u64, usize) {
    const MORE: u64 = (u64::MAX / 255) << 7;
    let left = bytes.len().saturating_sub(pos);
    // Near the end the last eight bytes are read, and those before `pos` dropped.
    if let Some(chunk) = bytes.get(pos..).and_then(|rest| rest.first_chunk().or(bytes.last_chunk()))
        && left > 0
    {
        let word = u64::from_le_bytes(*chunk) >> ((8 - left.min(8)) * 8);
        let last = !word & MORE;
        if last != 0 {
            // The bits up to the last byte's, then twice as many of them together each time.
            let word = word & (last ^ (last - 1)) & !MORE;
            let word = (word & 0x007f_007f_007f_007f) | (word & 0x7f00_7f00_7f00_7f00) >> 1;
            let word = (word & 0x0000_3fff_0000_3fff) | (word & 0x3fff_0000_3fff_0000) >> 2;
            let word = (word & 0x0fff_ffff) | (word & 0x0fff_ffff_0000_0000) >> 4;
            let len = last.trailing_zeros() as usize / 8 + 1;
            return if len <= left { (word, len) } else { (0, 0) };
        }
    }
    let mut value = 0u64;
    for (len, &byte) in (1..=10).zip(bytes.get(pos..).unwrap_or_default()) {
        if len == 10 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << ((len - 1) * 7);
        if byte < 0x80 {
            return (value, len);
        }
    }
    (0, 0)
}

#[cold]
fn bad_varint(bytes: &[u8], pos: usize) -> Malformed {
    let rest = bytes.get(pos..).unwrap_or_default();
    match rest.iter().take(10).all(|byte| *byte >= 0x80) && rest.len() < 10 {
        true => truncated(bytes),
        false => Malformed { offset: pos, what: "a varint has more than 64 bits" },
    }
}

/// Appends a varint.
#[inline(always)]
pub fn write_varint(value: u64, out: &mut Vec<u8>) {
    if value < 0x80 {
        out.push(value as u8);
    } else {
        write_long_varint(value, out);
    }
}

#[inline(never)]
fn write_long_varint(mut value: u64, out: &mut Vec<u8>) {
    let mut bytes = [0u8; 10];
    let mut len = 0;
    for byte in &mut bytes {
        len += 1;
        if value < 0x80 {
            *byte = value as u8;
            break;
        }
        *byte = value as u8 | 0x80;
        value >>= 7;
    }
    let end = out.len() + len;
    out.extend_from_slice(&bytes);
    out.truncate(end);
}

/// Appends a length-delimited field.
pub fn write_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | u64::from(LEN), out);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// How many bytes a varint takes.
#[inline]
pub fn varint_len(value: u64) -> usize {
    // 9/64 is close enough to 1/7 for all 64 bit lengths.
    ((64 - (value | 1).leading_zeros() as usize) * 9 + 64) / 64
}

/// Leaves room for a length of `room` bytes and says where the content starts.
#[inline]
pub fn open_length(room: usize, out: &mut Vec<u8>) -> usize {
    // A push calls nobody.
    for _ in 0..room {
        out.push(0);
    }
    out.len()
}

/// Writes the length of what was appended since [`open_length`] said `start` into its room of
/// `room` bytes, moving the content where the room is wrong. Says how many bytes it took.
#[inline]
pub fn close_length(start: usize, room: usize, out: &mut Vec<u8>) -> usize {
    let len = out.len() - start;
    let needed = varint_len(len as u64);
    if needed != room {
        resize_room(start, room, needed, out);
    }
    let mut rest = len;
    let at = start - room;
    if let Some(place) = out.get_mut(at..at + needed) {
        let (last, first) = match place.split_last_mut() {
            Some(split) => split,
            None => return 0,
        };
        for byte in first {
            *byte = rest as u8 | 0x80;
            rest >>= 7;
        }
        *last = rest as u8;
    }
    needed
}

#[inline(never)]
fn resize_room(start: usize, room: usize, needed: usize, out: &mut Vec<u8>) {
    let end = out.len();
    if needed > room {
        out.resize(end + needed - room, 0);
        out.copy_within(start..end, start - room + needed);
    } else {
        out.copy_within(start..end, start - room + needed);
        out.truncate(end - room + needed);
    }
}

/// The number a zigzag varint stands for.
#[inline]
pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// The zigzag form of a number.
#[inline]
pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[cfg(test)]
mod tests {
    use super::{
        Head, Reader, close_length, open_length, unzigzag, varint_len, write_varint, zigzag,
    };

    #[test]
    fn varints_read_as_written() {
        for shift in 0..64 {
            for value in [1u64 << shift, (1u64 << shift) - 1, u64::MAX >> shift] {
                let mut out = Vec::new();
                write_varint(value, &mut out);
                assert_eq!(out.len(), varint_len(value), "{value}");
                assert_eq!(Reader::new(&out, 0, out.len()).varint(), Ok(value));
                // What follows makes no difference.
                let len = out.len();
                out.extend_from_slice(&[0xff; 10]);
                let mut reader = Reader::new(&out, 0, out.len());
                assert_eq!(reader.varint(), Ok(value));
                assert_eq!(reader.position(), len);
                out.truncate(len);
                assert_eq!(zigzag(unzigzag(value)), value);
            }
        }
    }

    #[test]
    fn varint_over_64_bits_is_malformed() {
        let mut bytes = [0xff; 10];
        bytes[9] = 2;
        assert!(Reader::new(&bytes, 0, 10).varint().is_err());
        assert!(Reader::new(&[0xff; 11], 0, 11).varint().is_err());
        assert!(Reader::new(&[0x80], 0, 1).varint().is_err());
    }

    #[test]
    fn lengths_move_their_content_into_place() {
        for len in [0, 1, 127, 128, 129, 16383, 16384] {
            for room in [1, 2, 3] {
                let mut out = b"before".to_vec();
                let start = open_length(room, &mut out);
                out.resize(out.len() + len, 7);
                close_length(start, room, &mut out);
                let mut reader = Reader::new(&out, 6, out.len());
                let (from, to) = reader.range().unwrap();
                assert_eq!((to - from, to), (len, out.len()));
                assert!(out[from..to].iter().all(|byte| *byte == 7));
            }
        }
    }

    #[test]
    fn groups_are_skipped_whole_and_only_so_deep() {
        let bytes = [0x0b, 0x13, 0x08, 0x01, 0x14, 0x0c, 0x2a];
        let mut reader = Reader::new(&bytes, 0, bytes.len());
        let head = reader.head().unwrap();
        assert_eq!(head, Head { number: 1, wire_type: 3 });
        let mut shallow = reader;
        assert!(shallow.skip(head, 1).is_err());
        reader.skip(head, 2).unwrap();
        assert_eq!(reader.position(), 6);
        for bad in [&[0x0b, 0x14][..], &[0x0b], &[0x0c], &[0x0b, 0x08]] {
            let mut reader = Reader::new(bad, 0, bad.len());
            let head = reader.head().unwrap();
            assert!(reader.skip(head, 9).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn tags_out_of_range_are_malformed() {
        for bad in [&[0x00][..], &[0x06], &[0x07], &[0x0e], &[0x80, 0x80, 0x80, 0x80, 0x10]] {
            assert!(Reader::new(bad, 0, bad.len()).head().is_err(), "{bad:?}");
        }
    }
}
