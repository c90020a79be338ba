//! Path templates from text.

use super::{RuleError, Segment, Template, Variable};
use crate::contract::check::is_identifier;

/// A template says at most this much: the matching tree is as deep as it has segments.
const MOST_BYTES: usize = 4096;

impl Template {
    /// Reads a path template. Beyond the grammar, `/` alone is the template of no segments, and a
    /// literal may hold a `:` where no verb can begin.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        if text.len() > MOST_BYTES {
            let message = format!("longer than the {MOST_BYTES} bytes that a path may have");
            return Err(RuleError::at(MOST_BYTES, message));
        }
        let mut parser = Parser { text, at: 0, segments: Vec::new(), variables: Vec::new() };
        parser.expect('/', "a path begins with `/`")?;
        if !parser.rest().is_empty() {
            parser.segments(false)?;
        }
        let verb = if parser.eat(':') { Some(parser.verb()?) } else { None };
        if !parser.rest().is_empty() {
            return Err(parser.unexpected("`/`, `:` or the end"));
        }
        let Parser { segments, variables, .. } = parser;
        Ok(Self { text: text.to_owned(), segments, verb, variables })
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    segments: Vec<Segment>,
    variables: Vec<Variable>,
}

impl<'a> Parser<'a> {
    fn segments(&mut self, in_variable: bool) -> Result<(), RuleError> {
        loop {
            let start = self.at;
            if self.segments.last() == Some(&Segment::Rest) {
                return Err(RuleError::at(start, "nothing but a verb can follow `**`"));
            }
            if self.eat('{') {
                if in_variable {
                    return Err(RuleError::at(start, "a variable holds no other variable"));
                }
                self.variable()?;
            } else if self.eat('*') {
                let segment = if self.eat('*') { Segment::Rest } else { Segment::One };
                self.segments.push(segment);
            } else {
                let literal = self.literal(in_variable)?;
                self.segments.push(Segment::Literal(literal));
            }
            if !self.eat('/') {
                return Ok(());
            }
        }
    }

    fn variable(&mut self) -> Result<(), RuleError> {
        let place = self.at;
        let mut path = Vec::new();
        loop {
            let start = self.at;
            let name = self.take(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if !is_identifier(name) {
                self.at = start;
                return Err(self.unexpected("the name of a field"));
            }
            path.push(name.to_owned());
            if !self.eat('.') {
                break;
            }
        }
        if self.variables.iter().any(|variable| variable.path == path) {
            let message = format!("variable {} stands twice", path.join("."));
            return Err(RuleError::at(place, message));
        }
        let start = self.segments.len();
        if self.eat('=') {
            self.segments(true)?;
        } else {
            self.segments.push(Segment::One);
        }
        self.expect('}', "expected `}`")?;
        self.variables.push(Variable { path, start, end: self.segments.len() });
        Ok(())
    }

    /// In the last segment the last `:` begins the verb, unless a variable is around.
    fn literal(&mut self, in_variable: bool) -> Result<String, RuleError> {
        let start = self.at;
        let whole = self.take(is_literal);
        let last = !self.rest().starts_with('/') && !in_variable;
        let colon = whole.rfind(':').filter(|_| last);
        let literal = colon.and_then(|colon| whole.get(..colon)).unwrap_or(whole);
        self.at = start + literal.len();
        if literal.is_empty() {
            return Err(self.unexpected("a literal, `*`, `**` or `{`"));
        }
        decode(literal, start)
    }

    fn verb(&mut self) -> Result<String, RuleError> {
        let start = self.at;
        let verb = self.take(is_literal);
        if verb.is_empty() {
            return Err(self.unexpected("a verb"));
        }
        decode(verb, start)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn eat(&mut self, letter: char) -> bool {
        let found = self.rest().starts_with(letter);
        if found {
            self.at += letter.len_utf8();
        }
        found
    }

    fn expect(&mut self, letter: char, message: &str) -> Result<(), RuleError> {
        if self.eat(letter) { Ok(()) } else { Err(RuleError::at(self.at, message)) }
    }

    fn unexpected(&self, expected: &str) -> RuleError {
        let found = match self.rest().chars().next() {
            Some(letter) => format!("found {letter:?}"),
            None => "it ends".to_owned(),
        };
        RuleError::at(self.at, format!("expected {expected}, but {found}"))
    }
}

/// What may stand in a segment of a URL's path (RFC 3986, `pchar`), less `*`, and letters beyond
/// ASCII, which clients send percent-encoded.
fn is_literal(letter: char) -> bool {
    match letter {
        '%' | ':' | '@' => true,
        '-' | '.' | '_' | '~' | '!' | '$' | '&' | '\'' | '(' | ')' | '+' | ',' | ';' | '=' => true,
        letter if letter.is_ascii() => letter.is_ascii_alphanumeric(),
        letter => !letter.is_control() && !letter.is_whitespace(),
    }
}

fn decode(literal: &str, start: usize) -> Result<String, RuleError> {
    let mut bytes = Vec::with_capacity(literal.len());
    let mut rest = literal.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digit = |index: usize| char::from(*after.get(index)?).to_digit(16);
        let Some(byte) = digit(0).zip(digit(1)).and_then(|(a, b)| u8::try_from(a * 16 + b).ok())
        else {
            let offset = start + literal.len() - after.len() - 1;
            return Err(RuleError::at(offset, "expected two hexadecimal digits after `%`"));
        };
        bytes.push(byte);
        rest = after.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|_| RuleError::at(start, "not UTF-8 once it is decoded"))
}
