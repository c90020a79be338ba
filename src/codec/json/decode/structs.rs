//! `Struct`, `Value` and `ListValue`: JSON as a message.

use super::{Decoder, Result};
use crate::codec::json::number;
use crate::codec::wire::{close_length, open_length};

impl Decoder<'_> {
    /// A `Struct` without its length: `map<string, Value> fields = 1`.
    pub(super) fn structure(&mut self, depth: u32) -> Result<()> {
        let depth = self.deeper(depth)?;
        self.open(b'{', "an object")?;
        if self.peek() == b'}' {
            self.pos += 1;
            return Ok(());
        }
        let (before, offset) = (self.out.len(), self.pos);
        let mut count = 0;
        loop {
            let key = self.string("a key")?;
            self.out.push(0x0a);
            let start = open_length(1, self.out);
            self.out.push(0x0a);
            self.write_string(&key)?;
            self.colon()?;
            self.out.push(0x12);
            let value = open_length(1, self.out);
            self.any_value(depth)
                .map_err(|fault| fault.at_key(&self.content(&key).unwrap_or_default()))?;
            close_length(value, 1, self.out);
            close_length(start, 1, self.out);
            count += 1;
            if !self.more(b'}')? {
                break;
            }
        }
        self.refuse_duplicates(before, count, offset)
    }

    /// A `ListValue` without its length: `repeated Value values = 1`.
    pub(super) fn list_value(&mut self, depth: u32) -> Result<()> {
        let depth = self.deeper(depth)?;
        self.open(b'[', "a list")?;
        if self.peek() == b']' {
            self.pos += 1;
            return Ok(());
        }
        let mut index = 0;
        loop {
            self.out.push(0x0a);
            let start = open_length(1, self.out);
            self.any_value(depth).map_err(|fault| fault.at_index(index))?;
            close_length(start, 1, self.out);
            index += 1;
            if !self.more(b']')? {
                return Ok(());
            }
        }
    }

    /// A `Value` without its length: a oneof over what JSON knows.
    pub(super) fn any_value(&mut self, depth: u32) -> Result<()> {
        let depth = self.deeper(depth)?;
        match self.peek() {
            b'n' => {
                self.null()?;
                self.out.extend_from_slice(&[0x08, 0]);
            }
            b't' => {
                self.word("true")?;
                self.out.extend_from_slice(&[0x20, 1]);
            }
            b'f' => {
                self.word("false")?;
                self.out.extend_from_slice(&[0x20, 0]);
            }
            b'"' => {
                let token = self.string("string")?;
                self.out.push(0x1a);
                self.write_string(&token)?;
            }
            bracket @ (b'{' | b'[') => {
                self.out.push(if bracket == b'{' { 0x2a } else { 0x32 });
                let start = open_length(1, self.out);
                match bracket {
                    b'{' => self.structure(depth)?,
                    _ => self.list_value(depth)?,
                }
                close_length(start, 1, self.out);
            }
            _ => {
                let rest = self.input.get(self.pos..).unwrap_or_default();
                match number::double(rest) {
                    Ok((value, len)) => {
                        self.pos += len;
                        self.out.push(0x11);
                        self.out.extend_from_slice(&value.to_le_bytes());
                    }
                    Err(number::Problem::Range) => {
                        return Err(self.expected("a number within the range of a double"));
                    }
                    Err(number::Problem::Form) => return Err(self.syntax("a value")),
                }
            }
        }
        Ok(())
    }
}
