//! From the tree to typed values, by serde, leaving out what is wrong and going on.
//!
//! Unknown keys are reported and skipped. A value behind an [`At`](crate::config::written::At)
//! that cannot be read is reported and stays empty; everything beside it is still read.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeOwned, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Entries, Items, Parts, Variant};
use super::tree::{Key, Node, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::source::{Place, Source, Span};
use crate::config::suggest;

/// The newtype name by which a type asks for start, end and value of a node.
pub const AT: &str = "$at";
/// The newtype name by which a type asks whether a node is a scalar, and then for its value.
pub const SHORT: &str = "$short";

/// Reads `node` as a `T`.
pub fn decode<T: DeserializeOwned>(
    node: &Node,
    source: &Arc<Source>,
    problems: &mut Problems,
) -> Option<T> {
    let context = Context { source, problems: RefCell::new(Problems::default()) };
    let decoded = match T::deserialize(Decoder { node, context: &context }) {
        Ok(value) => Some(value),
        Err(fault) => {
            context.report(fault, node.span);
            None
        }
    };
    problems.extend(context.problems.into_inner());
    decoded
}

/// Why a node cannot be read. What a type says is `message`, or `message\nhint`.
#[derive(Debug)]
pub struct Fault {
    message: String,
    hint: Option<String>,
    span: Option<Span>,
    /// Whether it was told before.
    told: bool,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, span: None, told: false }
    }

    pub(super) fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    fn or_at(self, span: Span) -> Self {
        Self { span: self.span.or(Some(span)), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(said: T) -> Self {
        let said = said.to_string();
        match said.split_once('\n') {
            Some((message, hint)) => {
                Self { hint: Some(hint.to_owned()), ..Self::new(message.to_owned()) }
            }
            None => Self::new(said),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("key `{field}` is missing here"))
    }
}

pub(super) struct Context<'a> {
    source: &'a Arc<Source>,
    problems: RefCell<Problems>,
}

impl Context<'_> {
    pub(super) fn report(&self, fault: Fault, span: Span) {
        if fault.told {
            return;
        }
        let place = Place::new(self.source, fault.span.unwrap_or(span));
        let mut problem = Problem::at(place, fault.message);
        problem.hint = fault.hint;
        self.problems.borrow_mut().push(problem);
    }
}

#[derive(Clone, Copy)]
pub(super) struct Decoder<'a> {
    pub(super) node: &'a Node,
    pub(super) context: &'a Context<'a>,
}

impl<'a> Decoder<'a> {
    fn scalar(&self, expected: &str) -> Result<&'a str, Fault> {
        match &self.node.value {
            Value::Scalar(text) => Ok(text),
            _ => Err(self.mismatch(expected)),
        }
    }

    fn parse<T: std::str::FromStr>(&self, expected: &str) -> Result<T, Fault> {
        let text = self.scalar(expected)?;
        text.parse().map_err(|_| Fault::new(format!("expected {expected}")).or_at(self.node.span))
    }

    fn mismatch(&self, expected: &str) -> Fault {
        let (got, hint) = match &self.node.value {
            Value::Null if expected == MAPPING => ("nothing", Some("write `{}` for all defaults")),
            Value::Null => ("nothing", None),
            Value::Scalar(_) if expected == LIST => ("plain text", Some("put it in `[ ]`")),
            Value::Scalar(_) => ("plain text", None),
            Value::List(_) => ("a list", None),
            Value::Map(_) => ("a mapping", None),
            Value::Told => return Fault { told: true, ..Fault::new("") },
        };
        let fault = Fault::new(format!("expected {expected}, got {got}")).or_at(self.node.span);
        Fault { hint: hint.map(str::to_owned), ..fault }
    }

    fn entries(&self) -> Result<&'a [(Key, Node)], Fault> {
        match &self.node.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.mismatch(MAPPING)),
        }
    }
}

const MAPPING: &str = "a mapping";
const LIST: &str = "a list";

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.parse::<$type>("a whole number")?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Decoder<'_> {
    type Error = Fault;

    numbers! {
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(self.parse("`true` or `false`")?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.scalar("text")?).map_err(|fault: Fault| fault.or_at(self.node.span))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match name {
            AT => visitor.visit_seq(Parts {
                decoder: self,
                heads: [self.node.span.end, self.node.span.start].to_vec(),
                recover: true,
            }),
            SHORT => visitor.visit_seq(Parts {
                decoder: self,
                heads: [usize::from(matches!(self.node.value, Value::Scalar(_)))].to_vec(),
                recover: false,
            }),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::List(items) => {
                visitor.visit_seq(Items { items: items.iter(), context: self.context })
            }
            _ => Err(self.mismatch(LIST)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Entries {
            entries: self.entries()?.iter(),
            fields: None,
            value: None,
            context: self.context,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let entries = Entries {
            entries: self.entries()?.iter(),
            fields: Some(fields),
            value: None,
            context: self.context,
        };
        visitor.visit_map(entries).map_err(|fault| fault.or_at(self.node.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let unknown = |name: &str, span: Span| Fault {
            hint: suggest::hint(name, variants.iter().copied()),
            ..Fault::new(format!("`{name}` is not known here")).or_at(span)
        };
        match &self.node.value {
            Value::Scalar(text) if variants.contains(&text.as_str()) => {
                visitor.visit_enum(Variant { name: text, value: None, context: self.context })
            }
            // It may come from the environment, so it is not repeated.
            Value::Scalar(text) => Err(Fault {
                hint: suggest::nearest(text, variants.iter().copied())
                    .map(|name| format!("did you mean `{name}`?")),
                ..Fault::new(format!("expected {}", one_of(variants))).or_at(self.node.span)
            }),
            Value::Map(entries) => match entries.as_slice() {
                [(key, value)] if variants.contains(&key.text.as_str()) => visitor
                    .visit_enum(Variant {
                        name: &key.text,
                        value: Some(value),
                        context: self.context,
                    })
                    .map_err(|fault| fault.or_at(key.span)),
                [(key, _)] => Err(unknown(&key.text, key.span)),
                _ => Err(Fault::new(format!("expected exactly {}", one_of(variants)))
                    .or_at(self.node.span)),
            },
            _ => Err(self.mismatch(&one_of(variants))),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Scalar(_) => self.deserialize_str(visitor),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
            Value::Told => Err(self.mismatch("a value")),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

fn one_of(names: &[&str]) -> String {
    let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    format!("one of {}", names.join(", "))
}
