//! Values of fields: scalars, lists and maps.

use super::super::{number, string};
use super::scan::Token;
use super::{Decoder, Result};
use crate::codec::error::{Fault, shortened};
use crate::codec::scalar::{self, Raw};
use crate::codec::wire::{Reader, close_length, open_length, write_varint};
use crate::contract::shape::{EnumId, Field, Kind, Tag};

impl<'a> Decoder<'a> {
    /// One value with its tag. Without `keep` a value that an absent field reads as is not
    /// written. `room` is how many bytes the length of a message is thought to take. Says whether
    /// there is a value: an enum name that is not known may be ignored.
    #[inline(always)]
    pub(super) fn value(
        &mut self,
        kind: Kind,
        tag: &Tag,
        keep: bool,
        room: &mut usize,
        depth: u32,
    ) -> Result<bool> {
        match kind {
            Kind::String => {
                let token = self.string("string")?;
                if keep || token.start != token.end {
                    tag.write(self.out);
                    self.write_string(&token)?;
                }
            }
            Kind::Message(id) => {
                tag.write(self.out);
                let start = open_length(*room, self.out);
                self.message(id, depth)?;
                *room = close_length(start, *room, self.out);
            }
            Kind::Bytes => {
                let before = self.out.len();
                tag.write(self.out);
                if self.bytes()? == 0 && !keep {
                    self.out.truncate(before);
                }
            }
            Kind::Group(id) => {
                tag.write(self.out);
                self.message(id, depth)?;
                // The end of a group is its start with another wire type: 3 becomes 4.
                let bytes = tag.bytes();
                if let Some((first, rest)) = bytes.split_first() {
                    self.out.push(first + 1);
                    self.out.extend_from_slice(rest);
                }
            }
            kind => match self.number(kind)? {
                Some(raw) if keep || !raw.is_default() => {
                    tag.write(self.out);
                    raw.write(self.out);
                }
                Some(_) => {}
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// A number, boolean or enum; `None` for an enum name that is ignored.
    #[inline]
    fn number(&mut self, kind: Kind) -> Result<Option<Raw>> {
        let first = self.peek();
        let start = self.pos;
        let rest = self.input.get(start..).unwrap_or_default();
        let read = match kind {
            Kind::Bool => {
                let (word, raw) = match first {
                    b't' => ("true", 1),
                    b'f' => ("false", 0),
                    _ => return Err(self.expected("bool")),
                };
                return self.word(word).map(|()| Some(Raw::Varint(raw)));
            }
            Kind::Enum(id) if first == b'"' => return self.enum_name(id),
            Kind::Enum(id) if first == b'n' && self.shapes.get_enum(id).null_value => {
                return self.null().map(|()| Some(Raw::Varint(0)));
            }
            _ if first == b'"' => {
                let token = self.string("")?;
                let content = self.content(&token)?;
                let read = scalar::parse(kind, &content);
                return match read {
                    Ok(raw) => Ok(Some(raw)),
                    Err(problem) => Err(self.bad_number(start, kind, problem)),
                };
            }
            Kind::Double => {
                number::double(rest).map(|(value, len)| (Raw::Fixed64(value.to_bits()), len))
            }
            Kind::Float => {
                number::float(rest).map(|(value, len)| (Raw::Fixed32(value.to_bits()), len))
            }
            kind => number::integer(rest).and_then(|read| {
                let raw = scalar::integer(kind, read).ok_or(number::Problem::Range)?;
                Ok((raw, read.len))
            }),
        };
        match read {
            Ok((raw, len)) => {
                self.pos += len;
                if let (Kind::Enum(id), Raw::Varint(value)) = (kind, raw) {
                    return self.enum_number(id, start, value as i32);
                }
                Ok(Some(raw))
            }
            Err(problem) => Err(self.bad_number(start, kind, problem)),
        }
    }

    #[inline(never)]
    fn enum_name(&mut self, id: EnumId) -> Result<Option<Raw>> {
        let shape = self.shapes.get_enum(id);
        let start = self.pos;
        let token = self.string("")?;
        let name = self.content(&token)?;
        if let Some(number) = shape.number(&name) {
            return Ok(Some(Raw::enum_number(number)));
        }
        if self.ignore {
            self.ignored += 1;
            return Ok(None);
        }
        let shown = shortened(&name);
        let mut message = format!("no value named {shown:?} in enum {}", shape.full_name);
        if name.len() <= 128
            && let Some(nearest) = shape.nearest(&name)
        {
            message.push_str(&format!(", did you mean {nearest:?}?"));
        }
        Err(Fault::new(start, message))
    }

    fn enum_number(&mut self, id: EnumId, start: usize, number: i32) -> Result<Option<Raw>> {
        let shape = self.shapes.get_enum(id);
        // Whatever number a `NullValue` has, `null` is what is written.
        if (shape.closed || shape.null_value) && shape.name(number).is_none() {
            if self.ignore {
                self.ignored += 1;
                return Ok(None);
            }
            let message = format!("no value numbered {number} in enum {}", shape.full_name);
            return Err(Fault::new(start, message));
        }
        Ok(Some(Raw::enum_number(number)))
    }

    #[cold]
    fn bad_number(&mut self, start: usize, kind: Kind, problem: number::Problem) -> Box<Fault> {
        self.pos = start;
        let what = match kind {
            Kind::Enum(id) => format!("a value of enum {}", self.shapes.get_enum(id).full_name),
            kind => kind.name().to_owned(),
        };
        let what = match problem {
            number::Problem::Form => what,
            number::Problem::Range => format!("{what} within its range"),
        };
        self.expected(&what)
    }

    /// Appends a string's length and content.
    #[inline(always)]
    pub(super) fn write_string(&mut self, token: &Token) -> Result<()> {
        if token.escaped {
            return self.write_escaped(token);
        }
        let len = token.end - token.start;
        write_varint(len as u64, self.out);
        string::copy(self.input, token.start, len, self.out);
        Ok(())
    }

    #[inline(never)]
    fn write_escaped(&mut self, token: &Token) -> Result<()> {
        let start = open_length(1, self.out);
        let content = self.input.get(token.start..token.end).unwrap_or_default();
        string::unescape(content, self.out)
            .map_err(|at| Fault::new(token.start + at, "an invalid escape in a string"))?;
        close_length(start, 1, self.out);
        Ok(())
    }

    /// Appends the length and content of what base64 stands for, and says how long it is.
    fn bytes(&mut self) -> Result<usize> {
        self.peek();
        let offset = self.pos;
        let token = self.string("base64")?;
        let start = open_length(1, self.out);
        let decoded = if token.escaped {
            scalar::decode_base64(self.content(&token)?.as_bytes(), self.out)
        } else {
            let content = self.input.get(token.start..token.end).unwrap_or_default();
            scalar::decode_base64(content, self.out)
        };
        if !decoded {
            self.pos = offset;
            return Err(self.expected("base64"));
        }
        let len = self.out.len() - start;
        close_length(start, 1, self.out);
        Ok(len)
    }

    /// A list, packed or as an element after the other.
    pub(super) fn list(&mut self, field: &'a Field, depth: u32) -> Result<()> {
        self.open(b'[', "a list")?;
        if self.peek() == b']' {
            self.pos += 1;
            return Ok(());
        }
        let mut index = 0;
        if field.packed {
            let before = self.out.len();
            field.tag.write(self.out);
            let start = open_length(1, self.out);
            loop {
                if let Some(raw) = self.number(field.kind).map_err(|fault| fault.at_index(index))? {
                    raw.write(self.out);
                }
                index += 1;
                if !self.more(b']')? {
                    break;
                }
            }
            if self.out.len() == start {
                self.out.truncate(before);
            } else {
                close_length(start, 1, self.out);
            }
            return Ok(());
        }
        // Elements are alike, so their lengths take the same room.
        let mut room = 1;
        loop {
            self.value(field.kind, &field.element_tag, true, &mut room, depth)
                .map_err(|fault| fault.at_index(index))?;
            index += 1;
            if !self.more(b']')? {
                return Ok(());
            }
        }
    }

    /// A map: an entry after the other.
    pub(super) fn map(&mut self, field: &'a Field, depth: u32) -> Result<()> {
        let depth = self.deeper(depth)?;
        let shapes = self.shapes;
        let entry = field.message().map(|id| shapes.get(id));
        let Some((key, value)) = entry.and_then(|entry| Some((entry.field(1)?, entry.field(2)?)))
        else {
            return Err(self.expected("a map"));
        };
        self.open(b'{', "an object")?;
        if self.peek() == b'}' {
            self.pos += 1;
            return Ok(());
        }
        let (before, offset) = (self.out.len(), self.pos);
        let mut count = 0;
        let (mut entry_room, mut room) = (1, 1);
        loop {
            let entry_start = self.out.len();
            let token = self.string("a key")?;
            field.tag.write(self.out);
            let start = open_length(entry_room, self.out);
            self.key(key, &token)?;
            self.colon()?;
            self.peek();
            let kept = self
                .value(value.kind, &value.tag, true, &mut room, depth)
                .map_err(|fault| fault.at_key(&self.content(&token).unwrap_or_default()))?;
            if kept {
                entry_room = close_length(start, entry_room, self.out);
                count += 1;
            } else {
                self.out.truncate(entry_start);
            }
            if !self.more(b'}')? {
                break;
            }
        }
        self.refuse_duplicates(before, count, offset)
    }

    /// A map's key with its tag.
    #[inline]
    fn key(&mut self, key: &Field, token: &Token) -> Result<()> {
        key.tag.write(self.out);
        if key.kind == Kind::String {
            return self.write_string(token);
        }
        let content = self.content(token)?;
        match scalar::parse(key.kind, &content) {
            Ok(raw) => raw.write(self.out),
            Err(problem) => return Err(self.bad_number(token.start - 1, key.kind, problem)),
        }
        Ok(())
    }

    /// Refuses a map in which two of the entries written since `before` have one key.
    #[inline]
    pub(super) fn refuse_duplicates(
        &self,
        before: usize,
        count: usize,
        offset: usize,
    ) -> Result<()> {
        if count < 2 { Ok(()) } else { self.check_keys(before, count, offset) }
    }

    #[inline(never)]
    fn check_keys(&self, before: usize, count: usize, offset: usize) -> Result<()> {
        const FEW: usize = 8;
        let mut few: [&[u8]; FEW] = [&[]; FEW];
        let mut many = Vec::new();
        let mut reader = Reader::new(self.out, before, self.out.len());
        let mut known = 0;
        while !reader.is_empty() {
            let key = entry_key(&mut reader, self.out)?;
            if count > FEW {
                many.push(key);
            } else if few.iter().take(known).any(|known| *known == key) {
                return Err(duplicate_key(offset, key));
            } else if let Some(place) = few.get_mut(known) {
                *place = key;
                known += 1;
            }
        }
        many.sort_unstable();
        for pair in many.windows(2) {
            if let [a, b] = pair
                && a == b
            {
                return Err(duplicate_key(offset, a));
            }
        }
        Ok(())
    }
}

/// The bytes of the key of an entry that this decoder wrote, with the cursor behind the entry.
fn entry_key<'b>(reader: &mut Reader<'_>, out: &'b [u8]) -> Result<&'b [u8]> {
    reader.head()?;
    let (start, end) = reader.range()?;
    let mut entry = Reader::new(out, start, end);
    let head = entry.head()?;
    let from = entry.position();
    entry.skip(head, 1)?;
    Ok(out.get(from..entry.position()).unwrap_or_default())
}

#[cold]
fn duplicate_key(offset: usize, key: &[u8]) -> Box<Fault> {
    // Text keys stand behind their length, and others tell a reader little.
    let message = match std::str::from_utf8(key.get(1..).unwrap_or_default()) {
        Ok(text) if key.first().is_some_and(|len| usize::from(*len) == text.len()) => {
            format!("key {:?} is there twice", shortened(text))
        }
        _ => "a key is there twice".to_owned(),
    };
    Fault::new(offset, message)
}
