//! The tokens of JSON, and skipping what is not wanted.

use std::borrow::Cow;

use super::super::{number, string};
use super::{Decoder, Result};
use crate::codec::error::{Fault, shortened};

/// Where the content of a string stands, without the quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) escaped: bool,
}

impl<'a> Decoder<'a> {
    /// The next byte that is not white space, which the cursor then stands on; 0 at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        match self.input.get(self.pos) {
            Some(&byte) if byte > b' ' => byte,
            _ => self.skip_space(),
        }
    }

    #[inline(never)]
    fn skip_space(&mut self) -> u8 {
        while let Some(&byte) = self.input.get(self.pos) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return byte;
            }
            self.pos += 1;
        }
        0
    }

    /// Goes past the bracket that starts a value.
    #[inline]
    pub(super) fn open(&mut self, bracket: u8, expected: &str) -> Result<()> {
        if self.peek() != bracket {
            return Err(self.expected(expected));
        }
        self.pos += 1;
        Ok(())
    }

    /// Goes past a comma, and says whether there was one; `close` ends the list.
    #[inline]
    pub(super) fn more(&mut self, close: u8) -> Result<bool> {
        match self.peek() {
            b',' => {
                self.pos += 1;
                self.peek();
                Ok(true)
            }
            byte if byte == close => {
                self.pos += 1;
                Ok(false)
            }
            _ => Err(self.syntax(if close == b'}' { "',' or '}'" } else { "',' or ']'" })),
        }
    }

    #[inline]
    pub(super) fn colon(&mut self) -> Result<()> {
        if self.peek() != b':' {
            return Err(self.syntax("':'"));
        }
        self.pos += 1;
        Ok(())
    }

    pub(super) fn null(&mut self) -> Result<()> {
        self.word("null")
    }

    #[inline]
    pub(super) fn word(&mut self, word: &str) -> Result<()> {
        match self.input.get(self.pos..) {
            Some(rest) if rest.starts_with(word.as_bytes()) => {
                self.pos += word.len();
                Ok(())
            }
            _ => Err(self.syntax("a value")),
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.peek() != 0 || self.pos < self.input.len() {
            return Err(self.syntax("the end"));
        }
        Ok(())
    }

    /// A string. Its escapes are resolved by whoever uses the content.
    #[inline(always)]
    pub(super) fn string(&mut self, expected: &str) -> Result<Token> {
        if self.peek() != b'"' {
            return Err(self.expected(expected));
        }
        let start = self.pos + 1;
        let end = string::find_special(self.input, start);
        if self.input.get(end) == Some(&b'"') {
            self.pos = end + 1;
            return Ok(Token { start, end, escaped: false });
        }
        self.escaped_string(start, end)
    }

    #[inline(never)]
    fn escaped_string(&mut self, start: usize, mut end: usize) -> Result<Token> {
        loop {
            match self.input.get(end) {
                Some(b'"') => {
                    self.pos = end + 1;
                    return Ok(Token { start, end, escaped: true });
                }
                Some(b'\\') => end = string::find_special(self.input, end + 2),
                Some(_) => return Err(Fault::new(end, "a control character in a string")),
                None => return Err(Fault::new(self.pos, "a string does not end")),
            }
            // The byte after a backslash is never special here: it is looked at with its escape.
        }
    }

    /// What a string says.
    #[inline]
    pub(super) fn content(&self, token: &Token) -> Result<Cow<'a, str>> {
        if token.escaped {
            let mut bytes = Vec::new();
            self.unescape(token, &mut bytes)?;
            // Escapes stand for characters and the rest was UTF-8 before.
            return Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(Cow::Borrowed(self.text.get(token.start..token.end).unwrap_or_default()))
    }

    #[inline(never)]
    pub(super) fn unescape(&self, token: &Token, out: &mut Vec<u8>) -> Result<()> {
        let content = self.input.get(token.start..token.end).unwrap_or_default();
        string::unescape(content, out)
            .map_err(|at| Fault::new(token.start + at, "an invalid escape in a string"))
    }

    /// Goes past any value.
    pub(super) fn skip(&mut self, depth: u32) -> Result<()> {
        match self.peek() {
            b'"' => {
                let token = self.string("a value")?;
                if token.escaped {
                    self.unescape(&token, &mut Vec::new())?;
                }
                Ok(())
            }
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            open @ (b'{' | b'[') => {
                let depth = self.deeper(depth)?;
                let close = open + 2;
                self.pos += 1;
                if self.peek() == close {
                    self.pos += 1;
                    return Ok(());
                }
                loop {
                    if open == b'{' {
                        self.string("a field name")?;
                        self.colon()?;
                    }
                    self.skip(depth)?;
                    if !self.more(close)? {
                        return Ok(());
                    }
                }
            }
            _ => match number::length(self.input.get(self.pos..).unwrap_or_default()) {
                Some(len) => {
                    self.pos += len;
                    Ok(())
                }
                None => Err(self.syntax("a value")),
            },
        }
    }

    /// `expected int32, got "abc"`, at the cursor.
    #[cold]
    pub(super) fn expected(&mut self, what: &str) -> Box<Fault> {
        let (start, got) = (self.pos, self.describe());
        Fault::new(start, format!("expected {what}, got {got}"))
    }

    /// The same for what makes the whole text no JSON, so with the place.
    #[cold]
    pub(super) fn syntax(&mut self, what: &str) -> Box<Fault> {
        let (start, got) = (self.pos, self.describe());
        Fault::new(start, format!("expected {what}, got {got} at byte {start}"))
    }

    fn describe(&mut self) -> String {
        let start = self.pos;
        match self.peek() {
            0 if self.pos >= self.input.len() => "the end".to_owned(),
            b'{' => "an object".to_owned(),
            b'[' => "a list".to_owned(),
            b'"' => match self.string("").and_then(|token| self.content(&token)) {
                Ok(content) => format!("{:?}", shortened(&content)),
                Err(_) => "a string that does not end".to_owned(),
            },
            _ => {
                let rest = self.text.get(start..).unwrap_or_default().trim_start();
                let end =
                    rest.find([',', '}', ']', ' ', '\n', '\r', '\t', ':']).filter(|end| *end > 0);
                let first = rest.chars().next().map_or(0, char::len_utf8);
                let end = end.unwrap_or(if rest.find([',', '}', ']', ':']) == Some(0) {
                    first
                } else {
                    rest.len()
                });
                shortened(rest.get(..end).unwrap_or_default())
            }
        }
    }
}
