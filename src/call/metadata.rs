//! Key-value pairs that travel beside a payload: HTTP headers and gRPC metadata in normal form.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

/// A metadata name: lower-case ASCII. Names ending in `-bin` carry arbitrary bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Cow<'static, str>);

/// A metadata value. Where the name ends in `-bin` these are the raw bytes, never base64;
/// otherwise they are printable ASCII.
pub type Value = Bytes;

impl Name {
    /// A name known when the gateway is compiled; it must be lower case.
    pub const fn from_static(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Accepts the characters of the gRPC specification (`0-9 a-z _ - .`), folding upper case.
    /// `None` for any other character and for an empty name.
    pub fn parse(name: &str) -> Option<Self> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if name.is_empty() || !name.bytes().all(legal) {
            return None;
        }
        Some(Self(Cow::Owned(name.to_ascii_lowercase())))
    }

    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether values under this name are arbitrary bytes.
    pub fn is_binary(&self) -> bool {
        self.0.ends_with("-bin")
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names and values in the order they came; a name may stand more than once.
///
/// `Debug` shows names only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(Name, Value)>);

impl Metadata {
    /// Adds a value, beside any others of that name.
    pub fn append(&mut self, name: Name, value: impl Into<Value>) {
        self.0.push((name, value.into()));
    }

    /// Puts one value in the place of all others of that name.
    pub fn set(&mut self, name: Name, value: impl Into<Value>) {
        self.remove(name.as_str());
        self.append(name, value);
    }

    /// Takes away every value of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n.as_str() != name);
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(n, _)| n.as_str() == name).map(|(_, value)| value)
    }

    /// All pairs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing here.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Metadata {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_checked() {
        assert_eq!(Name::parse("X-Trace.id_1").expect("legal").as_str(), "x-trace.id_1");
        for bad in ["", "a b", "é", ":path", "a\n"] {
            assert!(Name::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn debug_never_shows_a_value() {
        let mut metadata = Metadata::default();
        metadata.append(Name::from_static("authorization"), "Bearer secret");
        assert_eq!(format!("{metadata:?}"), "[authorization]");
    }
}
