//! The GraphQL frontend of a listener.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::source::Place;

/// The GraphQL frontend of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graphql {
    /// Where it is.
    pub path: String,
    /// Show a page to browsers that open the path.
    pub graphiql: bool,
    /// Answer questions about the schema.
    pub introspection: bool,
    /// Fields without presence are never null.
    pub emit_defaults: bool,
    /// Request headers handed on as metadata, lower case, beside the ones always handed on.
    pub forward_headers: Vec<String>,
    /// Take queries as GET.
    pub get: bool,
    /// How many requests there may be in one; `None`: there are no batches.
    pub batch: Option<usize>,
    /// How many queries are kept by their hash; `None`: none are.
    pub persisted: Option<usize>,
    /// Queries that are known from files.
    pub documents: Documents,
    /// Take files.
    pub uploads: bool,
    /// Be a subgraph of Apollo Federation 2.
    pub federation: bool,
    /// Files that extend the schema, as they were when the config was read, in a stable order.
    pub schema: Vec<Document>,
    /// Server-sent events over a single connection.
    pub single_connection_sse: bool,
    /// What a client may ask.
    pub limits: GraphqlLimits,
}

/// The GraphQL field of an operation. Whether it fits is seen when the gateway is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationField {
    /// The root it is a field of; `None`: the contract decides.
    pub kind: Option<Placed<FieldKind>>,
    /// Its name; `None`: the method's.
    pub field: Option<Placed<String>>,
    /// Whether it has none.
    pub hidden: bool,
    /// The request's field that is told what is asked for; `None`: `read_mask`.
    pub read_mask: Option<Placed<String>>,
}

/// A setting and where it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// The root that an operation is a field of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// It only reads.
    Query,
    /// It changes something.
    Mutation,
    /// It answers with a stream.
    Subscription,
}

/// Queries that are known from files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents {
    /// The files, as they were when the config was read.
    pub known: Vec<Document>,
    /// Refuse every other query.
    pub only: bool,
}

/// A file in GraphQL's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file, below the config's folder if it is there.
    pub path: PathBuf,
    /// Its name without the ending.
    pub name: String,
    /// Its text.
    pub text: Arc<str>,
}

/// What a client may ask; every limit is finite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphqlLimits {
    /// How deep fields may nest.
    pub depth: usize,
    /// Fields with an alias.
    pub aliases: usize,
    /// Fields at the root.
    pub root_fields: usize,
    /// The sum of what the fields cost.
    pub complexity: usize,
    /// The tokens of a document.
    pub tokens: usize,
    /// Bytes of a document.
    pub document: usize,
    /// Calls of one request under way at the same time.
    pub calls: usize,
    /// Queries whose plans are kept.
    pub plans: usize,
    /// Files in one upload.
    pub files: usize,
    /// Operations under way on one connection.
    pub subscriptions: usize,
    /// How long a WebSocket's client may say nothing at first.
    pub connection_init_timeout: Duration,
}
