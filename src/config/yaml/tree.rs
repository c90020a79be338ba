//! A YAML document as a tree in which every node knows its place.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Spanned};

use crate::config::problem::{Problem, Problems};
use crate::config::source::{Place, Source, Span};

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it holds.
    pub value: Value,
}

/// What a node holds. Scalars are text until a type asks for more.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar's text, escapes and folding undone.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Key, Node)>),
    /// Something wrong, told already.
    Told,
}

/// A mapping's key.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Where it stands.
    pub span: Span,
    /// Its text.
    pub text: String,
}

/// Reads a document. A syntax error is the only problem then: nothing after it can be trusted.
pub fn parse(source: &Arc<Source>) -> Result<Node, Problem> {
    let options = serde_saphyr::options! {
        // Found by `duplicates`, which goes on.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_documents: 1, max_depth: 64 },
    };
    let raw = serde_saphyr::from_str_with_options::<Spanned<Raw>>(&source.text, options)
        .map_err(|error| syntax_problem(source, &error))?;
    Ok(node(&source.text, raw))
}

/// Reports and drops keys that stand twice in one mapping.
pub fn duplicates(node: &mut Node, source: &Arc<Source>, problems: &mut Problems) {
    match &mut node.value {
        Value::Null | Value::Scalar(_) | Value::Told => {}
        Value::List(items) => {
            items.iter_mut().for_each(|item| duplicates(item, source, problems));
        }
        Value::Map(entries) => {
            let mut seen = std::collections::BTreeMap::new();
            entries.retain(|(key, _)| match seen.get(&key.text) {
                None => {
                    seen.insert(key.text.clone(), key.span);
                    true
                }
                Some(first) => {
                    let place = Place::new(source, key.span);
                    let line = Place::new(source, *first).line();
                    problems.push(
                        Problem::at(place, format!("key `{}` stands here twice", key.text))
                            .with_hint(format!("it was first given on line {line}")),
                    );
                    false
                }
            });
            entries.iter_mut().for_each(|(_, value)| duplicates(value, source, problems));
        }
    }
}

enum Raw {
    Null,
    Text(String),
    /// A plain scalar that YAML takes for a number or a boolean: its text is in the file.
    Plain(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

fn node(text: &str, raw: Spanned<Raw>) -> Node {
    let span = span(text, &raw.defined);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(value) => Value::Scalar(value),
        Raw::Plain(value) => match text.get(span.start..span.end) {
            Some(written) if !written.is_empty() => Value::Scalar(written.to_owned()),
            _ => Value::Scalar(value),
        },
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(text, item)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let key = Key { span: self::span(text, &key.defined), text: key.value };
                    let mut value = node(text, value);
                    // A mapping or nothing at all is best shown by the key that leads there.
                    if matches!(value.value, Value::Null | Value::Map(_) | Value::List(_)) {
                        value.span = key.span;
                    }
                    (key, value)
                })
                .collect(),
        ),
    };
    let span = match &value {
        Value::Map(entries) => entries.first().map_or(span, |(key, _)| key.span),
        _ => span,
    };
    Node { span, value }
}

fn span(text: &str, location: &Location) -> Span {
    let number = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok());
    let Some(start) = number(location.span().byte_offset()) else {
        return whole_line(text, location);
    };
    let end = start.saturating_add(number(location.span().byte_len()).unwrap_or_default());
    let written = text.get(start..end).unwrap_or_default();
    Span { start, end: start.saturating_add(written.trim_end().len()) }
}

/// From the column to the end of the line: the parser tells no more of a syntax error.
fn whole_line(text: &str, location: &Location) -> Span {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index == number(location.line()) {
            let skipped = line.chars().take(number(location.column()));
            let skipped = skipped.map(char::len_utf8).sum::<usize>();
            return Span { start: start + skipped, end: start + line.trim_end().len() };
        }
        start += line.len();
    }
    Span { start: text.len(), end: text.len() }
}

fn syntax_problem(source: &Arc<Source>, error: &serde_saphyr::Error) -> Problem {
    let plain = error.without_snippet().to_string();
    let message = plain.lines().next().unwrap_or_default();
    let message = message.split(" at line ").next().unwrap_or(message).to_owned();
    let Some(location) = error.location() else {
        return Problem::new(format!("{}: {message}", source.name));
    };
    let place = Place::new(source, span(&source.text, &location));
    let line = source.text.lines().nth(place.line().saturating_sub(1)).unwrap_or_default();
    let problem = Problem::at(place, format!("not valid YAML: {message}"));
    if line.contains("${") && line.contains(['{', '[']) {
        problem.with_hint("inside `{ }` and `[ ]`, write \"${NAME}\" in quotes")
    } else if line.contains('\t') {
        problem.with_hint("indent with spaces: YAML does not allow tabs")
    } else {
        problem
    }
}
