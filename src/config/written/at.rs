//! A value and where it stands.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::config::source::Span;
use crate::config::yaml::decode;

/// A value with its place. It is empty where what was written could not be read; that problem is
/// then already told.
#[derive(Debug, Clone)]
pub struct At<T> {
    value: Option<T>,
    span: Option<Span>,
}

impl<T> At<T> {
    /// The value, if it could be read.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Where it stands; `None` for a default.
    pub fn span(&self) -> Option<Span> {
        self.span
    }
}

impl<T: Clone + Default> At<T> {
    /// The value, or the type's own default where it could not be read and the config will be
    /// refused anyway.
    pub fn value(&self) -> T {
        self.value.clone().unwrap_or_default()
    }
}

impl<T: Default> Default for At<T> {
    fn default() -> Self {
        Self::from(T::default())
    }
}

impl<T> From<T> for At<T> {
    fn from(value: T) -> Self {
        Self { value: Some(value), span: None }
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(decode::AT, AtVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value and its place")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<At<T>, A::Error> {
        let missing = || A::Error::custom("a value without its place");
        let start = parts.next_element()?.ok_or_else(missing)?;
        let end = parts.next_element()?.ok_or_else(missing)?;
        let value = parts.next_element()?;
        Ok(At { value, span: Some(Span { start, end }) })
    }
}
