//! The document of a request, where its client sends a hash or a name in its place: trusted documents
//! from files, and automatic persisted queries.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use super::parameters::Asked;
use super::refusal::refused;
use crate::call::Code;
use crate::config::checked;
use crate::frontend::graphql::{Answer, Query};

/// The SHA-256 of a document's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of a text.
    pub fn of(text: &str) -> Self {
        let mut hash = Self([0; 32]);
        hash.0.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        hash
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let mut hash = Self([0; 32]);
        for (byte, pair) in hash.0.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(hash)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The documents that one listener knows.
#[derive(Debug)]
pub struct Documents {
    names: HashMap<String, Arc<str>>,
    hashes: HashMap<Hash, Arc<str>>,
    /// Whether every other document is refused.
    only: bool,
    /// What clients have brought; `None` where nothing is kept.
    kept: Option<Cache<Hash, Arc<str>>>,
}

/// A query, and what to keep its document under once it is known to be a good one.
#[derive(Debug)]
pub struct Found {
    /// The query.
    pub query: Query,
    /// The hash of a document that is new.
    pub keep: Option<Hash>,
}

impl Documents {
    /// What the config names, and room for what clients bring.
    pub fn build(settings: &checked::Graphql) -> Self {
        let known = &settings.documents.known;
        Self {
            names: known.iter().map(|known| (known.name.clone(), known.text.clone())).collect(),
            hashes: known.iter().map(|known| (Hash::of(&known.text), known.text.clone())).collect(),
            only: settings.documents.only,
            kept: settings.persisted.map(Cache::new),
        }
    }

    /// Finds the document that is asked for. The error is an answer that says why there is none.
    pub fn find(&self, asked: Asked) -> Result<Found, Answer> {
        let Asked { query, operation, variables, id, hash, operation_id: _ } = asked;
        let (document, keep) = match (query, id, hash) {
            (Some(_), Some(_), _) => return Err(invalid("a request has a query or a documentId")),
            (None, Some(id), _) => (self.named(&id)?, None),
            (None, None, Some(hash)) => (self.hashed(hash)?, None),
            (Some(text), None, hash) => self.given(text, hash)?,
            (None, None, None) => return Err(invalid("the request has no query")),
        };
        Ok(Found { query: Query { document, operation, variables }, keep })
    }

    /// Keeps a document under its hash for those who will ask for it by that.
    pub fn keep(&self, hash: Hash, document: Arc<str>) {
        if let Some(kept) = &self.kept {
            kept.insert(hash, document);
        }
    }

    fn named(&self, id: &str) -> Result<Arc<str>, Answer> {
        let hash = Hash::parse(id.strip_prefix("sha256:").unwrap_or(id));
        let found = self.names.get(id).or_else(|| self.hashes.get(&hash?)).cloned();
        found.ok_or_else(|| {
            let message = format!("no document named {id}");
            refused(Code::NotFound, "PERSISTED_DOCUMENT_NOT_FOUND", &message)
        })
    }

    fn hashed(&self, hash: Hash) -> Result<Arc<str>, Answer> {
        if let Some(document) = self.hashes.get(&hash) {
            return Ok(document.clone());
        }
        // Clients look for these very messages, and send the text if the first is told.
        match &self.kept {
            Some(kept) if !self.only => kept.get(&hash).ok_or_else(|| {
                refused(Code::NotFound, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
            }),
            _ => Err(refused(
                Code::NotFound,
                "PERSISTED_QUERY_NOT_SUPPORTED",
                "PersistedQueryNotSupported",
            )),
        }
    }

    fn given(
        &self,
        text: Arc<str>,
        hash: Option<Hash>,
    ) -> Result<(Arc<str>, Option<Hash>), Answer> {
        if hash.is_none() && !self.only {
            return Ok((text, None));
        }
        let own = Hash::of(&text);
        if hash.is_some_and(|hash| hash != own) {
            return Err(invalid("extensions.persistedQuery.sha256Hash is not that of the query"));
        }
        if let Some(document) = self.hashes.get(&own) {
            return Ok((document.clone(), None));
        }
        if self.only {
            let message = "only documents that are known here are taken, by their id";
            return Err(refused(Code::PermissionDenied, Code::PermissionDenied.name(), message));
        }
        Ok((text, hash))
    }
}

fn invalid(message: &str) -> Answer {
    refused(Code::InvalidArgument, Code::InvalidArgument.name(), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::graphql::Verdict;

    fn documents(graphql: &str) -> Documents {
        let text = format!(
            "contracts: [{{ reflection: shop }}]\n\
             backends: {{ shop: {{ grpc: {{ endpoints: [\"http://127.0.0.1:1\"] }} }} }}\n\
             listeners: {{ public: {{ address: \"127.0.0.1:0\", graphql: {{ {graphql} }} }} }}\n"
        );
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/graphql");
        let config = crate::config::parse("f", text, &folder, &|_| None).unwrap();
        Documents::build(config.listeners[0].graphql.as_ref().unwrap())
    }

    fn ask(
        documents: &Documents,
        query: Option<&str>,
        hash: Option<Hash>,
    ) -> Result<Found, Answer> {
        documents.find(Asked { query: query.map(Into::into), hash, ..Asked::default() })
    }

    fn verdict(found: Result<Found, Answer>) -> (Verdict, String) {
        let answer = found.unwrap_err();
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        (answer.verdict, body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned())
    }

    #[test]
    fn hash_is_that_of_the_specification() {
        // FIPS 180-4, the message "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::parse(abc), Some(Hash::of("abc")));
        assert_eq!(Hash::parse(&abc.to_uppercase()), Some(Hash::of("abc")));
        assert_eq!(format!("{:?}", Hash::of("abc")), abc);
        for bad in ["", "ab", &abc[1..], &format!("{abc}0"), &abc.replace('b', "g")] {
            assert_eq!(Hash::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn query_is_known_by_its_hash_once_it_was_kept() {
        let documents = documents("");
        let hash = Hash::of("{ a }");
        let not_found = "PERSISTED_QUERY_NOT_FOUND".to_owned();
        let refused = Verdict::Refused(Code::NotFound);
        assert_eq!(verdict(ask(&documents, None, Some(hash))), (refused, not_found));
        let found = ask(&documents, Some("{ a }"), Some(hash)).unwrap();
        assert_eq!(found.keep, Some(hash));
        documents.keep(hash, found.query.document);
        let found = ask(&documents, None, Some(hash)).unwrap();
        assert_eq!((&*found.query.document, found.keep), ("{ a }", None));
        let other = ask(&documents, Some("{ b }"), Some(hash));
        assert_eq!(verdict(other).0, Verdict::Refused(Code::InvalidArgument));
        assert_eq!(ask(&documents, Some("{ b }"), None).unwrap().keep, None);
    }

    #[test]
    fn no_more_is_kept_than_the_config_says() {
        let documents = documents("persisted: { entries: 10 }");
        for count in 0..1000 {
            let text = format!("{{ a{count} }}");
            documents.keep(Hash::of(&text), text.into());
        }
        assert!(documents.kept.unwrap().len() <= 10);
    }

    #[test]
    fn nothing_is_kept_where_that_is_off() {
        let documents = documents("persisted: { automatic: false }");
        let hash = Hash::of("{ a }");
        let (_, code) = verdict(ask(&documents, None, Some(hash)));
        assert_eq!(code, "PERSISTED_QUERY_NOT_SUPPORTED");
        assert!(ask(&documents, Some("{ a }"), Some(hash)).is_ok());
    }

    #[test]
    fn trusted_document_has_a_name_and_a_hash() {
        let documents = documents("documents: { files: [documents/*.graphql], only: true }");
        let by_id =
            |id: &str| documents.find(Asked { id: Some(id.to_owned()), ..Asked::default() });
        let text = by_id("Product").unwrap().query.document;
        let hash = Hash::of(&text);
        for id in [format!("{hash:?}"), format!("sha256:{hash:?}")] {
            assert_eq!(by_id(&id).unwrap().query.document, text);
        }
        assert!(ask(&documents, None, Some(hash)).is_ok());
        assert!(ask(&documents, Some(&text), None).is_ok());
        assert_eq!(verdict(by_id("Other")).1, "PERSISTED_DOCUMENT_NOT_FOUND");
        let other = Hash::of("{ a }");
        assert_eq!(verdict(ask(&documents, Some("{ a }"), None)).1, "PERMISSION_DENIED");
        assert_eq!(verdict(ask(&documents, Some("{ a }"), Some(other))).1, "PERMISSION_DENIED");
        let (_, code) = verdict(ask(&documents, None, Some(other)));
        assert_eq!(code, "PERSISTED_QUERY_NOT_SUPPORTED");
        let asked = Asked { id: Some("Product".into()), query: Some(text), ..Asked::default() };
        assert_eq!(verdict(documents.find(asked)).0, Verdict::Refused(Code::InvalidArgument));
    }
}
