//! The text of a file: from the parser's positions to places, and the places that the parser does
//! not tell.

use std::sync::Arc;

use async_graphql::Pos;

use super::File;
use crate::config::source::{Place, Source, Span};

/// A file, with what is asked to name a place in it.
#[derive(Debug, Clone)]
pub struct Text {
    source: Arc<Source>,
}

/// A key of an object literal.
#[derive(Debug)]
pub struct Spot {
    /// The keys down to it, itself the last.
    pub path: Vec<String>,
    /// Which object of the literal it stands in, from 0.
    object: usize,
    /// Where it stands.
    pub key: Place,
    /// Where its value starts.
    pub value: Place,
}

impl Text {
    /// The text of `file`.
    pub fn new(file: &File) -> Self {
        let (name, text) = (file.path.clone(), file.text.clone());
        Self { source: Arc::new(Source { name, shown: text.clone(), text }) }
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.source.text
    }

    /// The word that stands at `at`.
    pub fn place(&self, at: Pos) -> Place {
        let start = self.offset(at);
        let mut tokens = Tokens::new(self.as_str(), start);
        let end = match tokens.next() {
            // A directive with its name.
            Some(Token { what: What::Mark('@'), span }) => tokens
                .next()
                .filter(|next| next.what == What::Name && next.span.start == span.end)
                .map_or(span.end, |next| next.span.end),
            Some(token) => token.span.end,
            None => start,
        };
        Place::new(&self.source, Span { start, end })
    }

    /// Whether there is nothing but comments.
    pub fn is_blank(&self) -> bool {
        Tokens::new(self.as_str(), 0).next().is_none()
    }

    /// Where brackets are first open more than `most` deep.
    pub fn too_deep(&self, most: usize) -> Option<Place> {
        let mut depth = 0_usize;
        Tokens::new(self.as_str(), 0).find_map(|token| {
            match token.what {
                What::Mark('{' | '[' | '(') => depth += 1,
                What::Mark('}' | ']' | ')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            (depth > most).then(|| self.at(token.span))
        })
    }

    /// Every key of the object literal that starts at `at`, at any depth.
    pub fn spots(&self, at: Pos) -> Vec<Spot> {
        let mut spots = Vec::new();
        // The brackets that are open, each with the object's number.
        let mut open: Vec<Option<usize>> = Vec::new();
        let mut path: Vec<String> = Vec::new();
        let mut objects = 0;
        let mut tokens = Tokens::new(self.as_str(), self.offset(at)).peekable();
        while let Some(token) = tokens.next() {
            match token.what {
                What::Mark('{') => {
                    open.push(Some(objects));
                    objects += 1;
                }
                What::Mark('[') => open.push(None),
                What::Mark(']' | '}') => {
                    open.pop();
                }
                What::Name => {
                    let colon = tokens.next_if(|next| next.what == What::Mark(':'));
                    if let (Some(Some(object)), Some(_)) = (open.last(), colon) {
                        path.truncate(open.iter().flatten().count().saturating_sub(1));
                        path.push(self.at_text(token.span).to_owned());
                        let value = tokens.peek().map_or(token.span, |value| value.span);
                        spots.push(Spot {
                            path: path.clone(),
                            object: *object,
                            key: self.at(token.span),
                            value: self.at(value),
                        });
                    }
                }
                _ => {}
            }
            if open.is_empty() {
                break;
            }
        }
        spots
    }

    fn at(&self, span: Span) -> Place {
        Place::new(&self.source, span)
    }

    fn at_text(&self, span: Span) -> &str {
        self.as_str().get(span.start..span.end).unwrap_or_default()
    }

    fn offset(&self, at: Pos) -> usize {
        let text = self.as_str();
        let skipped = text.split_inclusive('\n').take(at.line.saturating_sub(1));
        let line = skipped.map(str::len).sum();
        let rest = text.get(line..).unwrap_or_default();
        let column = rest.char_indices().nth(at.column.saturating_sub(1));
        line + column.map_or(rest.len(), |(offset, _)| offset)
    }
}

/// The first key that stands in its object for the second time.
pub fn duplicate(spots: &[Spot]) -> Option<&Spot> {
    spots.iter().enumerate().find_map(|(index, spot)| {
        let before = spots.get(..index).unwrap_or_default();
        let same = |other: &&Spot| other.object == spot.object && other.path == spot.path;
        before.iter().find(same).map(|_| spot)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Name,
    String,
    Number,
    Mark(char),
}

#[derive(Debug, Clone, Copy)]
struct Token {
    what: What,
    span: Span,
}

/// The words of GraphQL, whether or not they make sense together.
struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How long the string literal is that the rest starts with.
    fn string(rest: &str) -> usize {
        let (quote, skipped) = match rest.strip_prefix("\"\"\"") {
            Some(_) => ("\"\"\"", "\\\"\"\""),
            None => ("\"", "\\\""),
        };
        let mut at = quote.len();
        while let Some(left) = rest.get(at..).filter(|left| !left.is_empty()) {
            if left.starts_with(quote) {
                return at + quote.len();
            }
            at += if left.starts_with(skipped) {
                skipped.len()
            } else if quote.len() == 1 && left.starts_with("\\\\") {
                2
            } else {
                left.chars().next().map_or(1, char::len_utf8)
            };
        }
        rest.len()
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let blank = |c: char| c.is_ascii_whitespace() || c == ',' || c == '\u{feff}';
            self.at += self.rest().len() - self.rest().trim_start_matches(blank).len();
            let rest = self.rest();
            if !rest.starts_with('#') {
                break;
            }
            self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
        }
        let rest = self.rest();
        let first = rest.chars().next()?;
        let run = |part: fn(char) -> bool| rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (what, len) = match first {
            '"' => (What::String, Self::string(rest)),
            'a'..='z' | 'A'..='Z' | '_' => {
                (What::Name, run(|c| c.is_ascii_alphanumeric() || c == '_'))
            }
            '0'..='9' | '-' => {
                (What::Number, run(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)))
            }
            mark => (What::Mark(mark), mark.len_utf8()),
        };
        let span = Span { start: self.at, end: self.at + len };
        self.at = span.end;
        Some(Token { what, span })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Text::new(&File { path: "f.graphql".into(), text: text.into() })
    }

    #[test]
    fn keys_of_a_literal_are_found_with_their_values() {
        let text = text("x(ü: {a: \"}\", b: {c: [{d: 1}, {d: 2}]}, # e: 1\n f: $x})");
        let spots = text.spots(Pos { line: 1, column: 6 });
        let found: Vec<_> =
            spots.iter().map(|spot| format!("{} {}", spot.path.join("."), spot.value)).collect();
        assert_eq!(
            found,
            [
                "a f.graphql:1:10",
                "b f.graphql:1:18",
                "b.c f.graphql:1:22",
                "b.c.d f.graphql:1:27",
                "b.c.d f.graphql:1:35",
                "f f.graphql:2:5",
            ]
        );
        assert!(duplicate(&spots).is_none());
    }

    #[test]
    fn key_that_stands_twice_is_found() {
        let text = text("{a: {b: 1}, c: {b: 1, b: 2}}");
        let spots = text.spots(Pos { line: 1, column: 1 });
        assert_eq!(duplicate(&spots).unwrap().key.to_string(), "f.graphql:1:23");
    }

    #[test]
    fn brackets_are_counted_outside_of_strings_and_comments() {
        assert!(text("{ [ \"((((\" ] # {{{{\n }").too_deep(2).is_none());
        assert_eq!(text("{[\n(").too_deep(2).unwrap().to_string(), "f.graphql:2:1");
        assert!(text("\"\"\" \\\"\"\" {{{ \"\"\" {").too_deep(1).is_none());
    }

    #[test]
    fn places_cover_words_and_directives() {
        let text = text("type X @call(a: 1)\n");
        let covered = |column| {
            let place = text.place(Pos { line: 1, column });
            text.as_str()[place.range()].to_owned()
        };
        assert_eq!([covered(6), covered(8), covered(17)], ["X", "@call", "1"]);
        assert!(text.place(Pos { line: 9, column: 9 }).range().is_empty());
    }
}
