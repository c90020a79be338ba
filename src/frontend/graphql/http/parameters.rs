//! The parameters of a request, from JSON or from a query string (GraphQL over HTTP, "Request").

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use async_graphql::Variables;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::documents::Hash;
use crate::frontend::query::pairs;

/// What one request asks.
#[derive(Debug, Default, PartialEq)]
pub struct Asked {
    /// The document.
    pub query: Option<Arc<str>>,
    /// Which of its operations.
    pub operation: Option<String>,
    /// The values of its variables.
    pub variables: Variables,
    /// A trusted document's name or hash, in the place of its text.
    pub id: Option<String>,
    /// The hash of the document, as automatic persisted queries have it.
    pub hash: Option<Hash>,
    /// What its operation is called in an event stream of many.
    pub operation_id: Option<String>,
}

impl Asked {
    /// The same of what came over a connection of many operations.
    pub fn of(ask: crate::frontend::graphql::operation::Ask) -> Result<Self, String> {
        let mut asked = Self {
            query: ask.query.map(Arc::from),
            operation: ask.operation_name.filter(|name| !name.is_empty()),
            variables: ask.variables,
            id: ask.document_id,
            ..Self::default()
        };
        asked.extend(ask.extensions.as_ref())?;
        Ok(asked)
    }

    /// Reads what `extensions` say.
    fn extend(&mut self, extensions: Option<&Map<String, Value>>) -> Result<(), String> {
        self.hash = hash_of(extensions)?;
        let id = extensions.and_then(|extensions| extensions.get("operationId"));
        self.operation_id = id.and_then(Value::as_str).map(str::to_owned);
        Ok(())
    }

    /// Whether there is nothing that names a document.
    pub fn is_empty(&self) -> bool {
        self.query.is_none() && self.id.is_none() && self.hash.is_none()
    }
}

/// What one HTTP request asks.
#[derive(Debug, PartialEq)]
pub enum Ask {
    /// One answer.
    One(Box<Asked>),
    /// As many answers.
    Many(Vec<Asked>),
}

/// Reads the body of a POST. A batch is taken where `most` says how many it may have.
pub fn from_json(json: &[u8], batch: Option<usize>) -> Result<Ask, String> {
    let first = json.iter().find(|byte| !byte.is_ascii_whitespace());
    let at = Cell::new("");
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = match (first, batch) {
        (Some(b'['), None) => return Err("batches are not taken here, send one object".to_owned()),
        (Some(b'['), Some(most)) => {
            deserializer.deserialize_seq(Batch { most, at: &at }).map(Ask::Many)
        }
        _ => One { at: &at }.deserialize(&mut deserializer).map(|one| Ask::One(Box::new(one))),
    };
    read.and_then(|ask| deserializer.end().map(|()| ask)).map_err(|error| {
        match (error.is_data(), at.get()) {
            (true, "") => format!("the request: {error}"),
            (true, at) => format!("{at}: {error}"),
            (false, _) => format!("the request is not JSON: {error}"),
        }
    })
}

/// Reads the query string of a GET. Parameters that are empty are as good as none.
pub fn from_query(query: Option<&str>) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut seen = Vec::new();
    for pair in pairs(query.unwrap_or_default()) {
        let (name, value) =
            pair.map_err(|text| format!("cannot read {text:?} of the query string"))?;
        let Some(name) = NAMES.into_iter().find(|known| *known == name) else { continue };
        if seen.contains(&name) {
            return Err(format!("{name} is there twice"));
        }
        seen.push(name);
        if value.is_empty() {
            continue;
        }
        let wrong = |error: serde_json::Error| format!("{name}: {error}");
        match name {
            "query" => asked.query = Some(value.into()),
            "operationName" => asked.operation = Some(value.into_owned()),
            "variables" => asked.variables = serde_json::from_str(&value).map_err(wrong)?,
            "extensions" => {
                let extensions: Option<Map<_, _>> = serde_json::from_str(&value).map_err(wrong)?;
                asked.extend(extensions.as_ref())?;
            }
            _ => asked.id = Some(value.into_owned()),
        }
    }
    Ok(asked)
}

/// Whether a query string has none of the parameters: such a GET asks nothing.
pub fn is_without(query: Option<&str>) -> bool {
    let mut all = pairs(query.unwrap_or_default());
    all.all(|pair| pair.is_ok_and(|(name, _)| !NAMES.contains(&&*name)))
}

/// The parameters there are; others are left to those who know them.
const NAMES: [&str; 6] = ["query", "operationName", "variables", "extensions", "documentId", "id"];

/// What automatic persisted queries have in `extensions`: `{"persistedQuery":{"version":1,...}}`.
fn hash_of(extensions: Option<&Map<String, Value>>) -> Result<Option<Hash>, String> {
    let persisted = match extensions.and_then(|extensions| extensions.get("persistedQuery")) {
        None | Some(Value::Null) => return Ok(None),
        Some(persisted) => persisted,
    };
    if persisted.get("version").and_then(Value::as_u64) != Some(1) {
        return Err("extensions.persistedQuery: expected version 1".to_owned());
    }
    let hash = persisted.get("sha256Hash").and_then(Value::as_str).and_then(Hash::parse);
    let wrong = "extensions.persistedQuery.sha256Hash: expected 64 hexadecimal digits";
    hash.map(Some).ok_or_else(|| wrong.to_owned())
}

/// Reads the object of one request, and remembers in `at` where it is.
struct One<'c> {
    at: &'c Cell<&'static str>,
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = Asked;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Asked, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = Asked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a query")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Asked, A::Error> {
        let mut asked = Asked::default();
        let mut seen = [false; NAMES.len()];
        while let Some(place) = map.next_key_seed(Name)? {
            let Some(place) = place else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let name = NAMES[place];
            self.at.set(name);
            if std::mem::replace(&mut seen[place], true) {
                return Err(de::Error::custom("it is there twice"));
            }
            match name {
                "query" => asked.query = map.next_value_seed(Text)?,
                "operationName" => {
                    asked.operation = map.next_value::<Option<String>>()?.filter(|s| !s.is_empty());
                }
                "variables" => asked.variables = map.next_value()?,
                "extensions" => {
                    let extensions = map.next_value::<Option<Map<_, _>>>()?;
                    asked.extend(extensions.as_ref()).map_err(|error| {
                        self.at.set("");
                        de::Error::custom(error)
                    })?;
                }
                _ => asked.id = map.next_value::<Option<String>>()?.or(asked.id),
            }
            self.at.set("");
        }
        Ok(asked)
    }
}

/// The place of a name in [`NAMES`].
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(NAMES.iter().position(|name| *name == text))
    }
}

/// A text or null, copied once.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Arc<str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<Arc<str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }
}

/// Reads the array of a batch.
struct Batch<'c> {
    most: usize,
    at: &'c Cell<&'static str>,
}

impl<'de> Visitor<'de> for Batch<'_> {
    type Value = Vec<Asked>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from 1 to {} requests", self.most)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Asked>, A::Error> {
        let mut all = Vec::new();
        while let Some(asked) = items.next_element_seed(One { at: self.at })? {
            if all.len() == self.most {
                return Err(de::Error::invalid_length(all.len() + 1, &self));
            }
            all.push(asked);
        }
        if all.is_empty() {
            return Err(de::Error::invalid_length(0, &self));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: &str) -> Result<Asked, String> {
        match from_json(json.as_bytes(), None)? {
            Ask::One(asked) => Ok(*asked),
            Ask::Many(_) => panic!("not a batch"),
        }
    }

    const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn parameters_are_read_from_a_body_and_from_a_query_string() {
        let json = format!(
            r#"{{"query":"{{a\n}}","operationName":"A","variables":{{"x":1}},"other":[],
                "extensions":{{"persistedQuery":{{"version":1,"sha256Hash":"{HASH}"}}}}}}"#
        );
        let asked = one(&json).unwrap();
        assert_eq!(asked.query.as_deref(), Some("{a\n}"));
        assert_eq!(asked.operation.as_deref(), Some("A"));
        assert_eq!(asked.variables.len(), 1);
        assert_eq!(asked.hash, Hash::parse(HASH));
        let query = format!(
            "query=%7Ba%0A%7D&operationName=A&variables=%7B%22x%22%3A1%7D&other=1&\
             extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{HASH}%22%7D%7D"
        );
        assert_eq!(from_query(Some(&query)), Ok(asked));
    }

    #[test]
    fn what_is_null_or_empty_is_not_there() {
        let nothing = r#"{"query":null,"operationName":null,"variables":null,"extensions":null}"#;
        assert_eq!(one(nothing), Ok(Asked::default()));
        assert_eq!(one("{}"), Ok(Asked::default()));
        assert_eq!(one(r#"{"operationName":""}"#), Ok(Asked::default()));
        assert_eq!(from_query(Some("query=&variables=&operationName=")), Ok(Asked::default()));
        assert_eq!(from_query(None), Ok(Asked::default()));
    }

    #[test]
    fn what_has_the_wrong_type_is_named() {
        let mut said = String::new();
        for json in [
            "",
            "7",
            "null",
            "\"{a}\"",
            "{",
            "{}}",
            "[]",
            r#"{"query":7}"#,
            r#"{"query":{}}"#,
            r#"{"query":"a","query":"b"}"#,
            r#"{"operationName":[]}"#,
            r#"{"variables":"x"}"#,
            r#"{"variables":[1]}"#,
            r#"{"extensions":[]}"#,
            r#"{"extensions":{"persistedQuery":7}}"#,
            r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"abc"}}}"#,
            r#"{"documentId":7}"#,
            "{\"query\":\"\u{1}\"}",
        ] {
            let error = one(json).expect_err(json);
            said.push_str(&format!("{json}\n  {error}\n"));
        }
        for query in ["variables=7", "extensions=%5B%5D", "query=a&query=b", "query=%zz"] {
            let error = from_query(Some(query)).expect_err(query);
            said.push_str(&format!("?{query}\n  {error}\n"));
        }
        insta::assert_snapshot!(said);
    }

    #[test]
    fn batches_are_bounded() {
        let batch = |json: &str| from_json(json.as_bytes(), Some(2));
        let Ok(Ask::Many(all)) = batch(r#" [{"query":"a"},{"query":"b"}]"#) else {
            panic!("a batch of two")
        };
        assert_eq!(all[1].query.as_deref(), Some("b"));
        for json in ["[]", "[{},{},{}]", "[7]", "[{}"] {
            assert!(batch(json).is_err(), "{json}");
        }
    }

    #[test]
    fn deep_variables_are_refused() {
        let deep = format!(r#"{{"variables":{{"a":{}1{}}}}}"#, "[".repeat(1000), "]".repeat(1000));
        assert!(one(&deep).unwrap_err().contains("recursion limit"), "{:?}", one(&deep));
    }
}
