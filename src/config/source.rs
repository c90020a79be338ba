//! The text of a config file and places in it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A config file as it was read.
#[derive(PartialEq, Eq)]
pub struct Source {
    /// What problems call it: the path as the user gave it.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// The text as it may be shown: of the same length, with secrets covered.
    pub shown: String,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Something a user wrote: the file and the range of bytes in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    source: Arc<Source>,
    span: Span,
}

impl Place {
    /// `span` in `source`, cut to what the text has.
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        let text = &source.text;
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end).max(start);
        Self { source: Arc::clone(source), span: Span { start, end } }
    }

    /// The file's name as the user gave it.
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        let line = self.before().rsplit('\n').next().unwrap_or_default();
        line.chars().count() + 1
    }

    /// The rest of a text from `offset` bytes into it, for who reads what stands here.
    pub fn from(&self, offset: usize) -> Self {
        let quoted = self.source.text.get(self.range()).is_some_and(|t| t.starts_with(['"', '\'']));
        let start = self.span.start.saturating_add(offset).saturating_add(usize::from(quoted));
        let end = self.span.end.saturating_sub(usize::from(quoted));
        Self::new(&self.source, Span { start: start.min(end), end })
    }

    /// The bytes in [`source`](Self::source).
    pub fn range(&self) -> Range<usize> {
        self.span.start..self.span.end
    }

    /// The whole text of the file, secrets covered.
    pub fn source(&self) -> &str {
        &self.source.shown
    }

    fn before(&self) -> &str {
        self.source.text.get(..self.span.start).unwrap_or_default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file(), self.line(), self.column())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source { name: "f.yaml".into(), text: text.into(), shown: text.into() })
    }

    #[test]
    fn places_count_characters_from_one() {
        let source = source("a: 1\né: ü\n");
        let place = Place::new(&source, Span { start: 9, end: 11 });
        assert_eq!((place.line(), place.column()), (2, 4));
        assert_eq!(place.source().get(place.range()), Some("ü"));
        assert_eq!(place.to_string(), "f.yaml:2:4");
    }

    #[test]
    fn part_of_a_value_is_found_behind_its_quote() {
        let source = source("get: \"/v1/x\"\n");
        let place = Place::new(&source, Span { start: 5, end: 12 });
        assert_eq!(source.text.get(place.from(4).range()), Some("x"));
        assert_eq!(place.from(99).range(), 11..11);
    }

    #[test]
    fn spans_past_the_text_are_cut() {
        let source = source("é");
        assert_eq!(Place::new(&source, Span { start: 1, end: 99 }).range(), 0..2);
    }
}
