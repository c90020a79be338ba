//! A GraphQL request, whatever brought it.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Variables;

use crate::call::{Metadata, Source};

/// What a client asks.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The document.
    pub document: Arc<str>,
    /// Which of its operations.
    pub operation: Option<String>,
    /// The values of its variables. An uploaded file is `Value::Binary`.
    pub variables: Variables,
}

/// What the calls of a query have in common.
#[derive(Debug, Clone)]
pub struct Context {
    /// What is handed on with each of them.
    pub metadata: Metadata,
    /// Where the request came from.
    pub source: Source,
    /// When the client stops waiting, if it says so.
    pub deadline: Option<Instant>,
}

/// What kind of operation a document asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Query,
    /// Changes something.
    Mutation,
    /// Goes on.
    Subscription,
}

impl Kind {
    /// The word of logs and metrics, which is GraphQL's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}
