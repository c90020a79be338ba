//! `listeners: { NAME: { graphql: ... } }` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Duration, Size};

/// The GraphQL frontend: one endpoint over every operation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Graphql {
    /// Where it is.
    pub path: At<String>,
    /// Show a page to write queries on to browsers that open the path.
    pub graphiql: At<bool>,
    /// Answer questions about the schema (`__schema`, `__type`).
    pub introspection: At<bool>,
    /// Fields without presence always have a value, and their types say so: those that a reply leaves
    /// out have their default. Without it they have none then.
    pub emit_defaults: At<bool>,
    /// Names of request headers to hand on to the backends as metadata, beside those that always
    /// are. A list of one's own takes the place of this one.
    pub forward_headers: At<Vec<At<String>>>,
    /// Take queries as GET, too; mutations never are.
    pub get: At<bool>,
    /// Several requests in one.
    pub batch: At<Batch>,
    /// Queries that clients send by hash once they are known.
    pub persisted: At<Persisted>,
    /// Queries that are known from files.
    pub documents: At<Documents>,
    /// Take files as `multipart/form-data`, for fields of type `bytes`.
    pub uploads: At<bool>,
    /// Be a subgraph of Apollo Federation 2.
    pub federation: At<bool>,
    /// Files that extend the schema, in GraphQL's schema definition language.
    pub schema: At<Vec<At<String>>>,
    /// Server-sent events over a single connection, beside one connection for each operation.
    pub single_connection_sse: At<bool>,
    /// What a client may ask.
    pub limits: At<GraphqlLimits>,
}

impl Default for Graphql {
    fn default() -> Self {
        Self {
            path: At::from("/graphql".to_owned()),
            graphiql: true.into(),
            introspection: true.into(),
            emit_defaults: true.into(),
            forward_headers: At::from(vec![At::from("authorization".to_owned())]),
            get: true.into(),
            batch: At::default(),
            persisted: At::default(),
            documents: At::default(),
            uploads: true.into(),
            federation: false.into(),
            schema: At::default(),
            single_connection_sse: false.into(),
            limits: At::default(),
        }
    }
}

/// Several GraphQL requests in one: a JSON array of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Batch {
    /// Whether they are taken.
    pub enabled: At<bool>,
    /// How many there may be in one.
    pub most: At<usize>,
}

impl Default for Batch {
    fn default() -> Self {
        Self { enabled: false.into(), most: 10.into() }
    }
}

/// Automatic persisted queries: a client sends the SHA-256 of a query, and its text only where that
/// is not known yet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Persisted {
    /// Whether queries are kept by their hash.
    pub automatic: At<bool>,
    /// How many are kept.
    pub entries: At<usize>,
}

impl Default for Persisted {
    fn default() -> Self {
        Self { automatic: true.into(), entries: 1000.into() }
    }
}

/// Trusted documents: files of one GraphQL document each, asked for by the SHA-256 of their text or
/// by the file's name without `.graphql`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Documents {
    /// Files or globs.
    pub files: At<Vec<At<String>>>,
    /// Refuse every query that is not among them.
    pub only: At<bool>,
}

/// What a client may ask of GraphQL. Every limit is finite.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GraphqlLimits {
    /// How deep fields may nest in a query.
    pub depth: At<usize>,
    /// Fields with an alias.
    pub aliases: At<usize>,
    /// Fields at the root.
    pub root_fields: At<usize>,
    /// The sum of what the fields of a query cost.
    pub complexity: At<usize>,
    /// The tokens of a document.
    pub tokens: At<usize>,
    /// The text of a document.
    pub document: At<Size>,
    /// Calls of one request that are under way at the same time.
    pub calls: At<usize>,
    /// Queries whose plans are kept.
    pub plans: At<usize>,
    /// Files in one upload.
    pub files: At<usize>,
    /// Operations under way on one WebSocket or event stream.
    pub subscriptions: At<usize>,
    /// How long a WebSocket may stay open before its client says what it wants.
    pub connection_init_timeout: At<Duration>,
}

impl Default for GraphqlLimits {
    fn default() -> Self {
        Self {
            depth: 15.into(),
            aliases: 30.into(),
            root_fields: 20.into(),
            complexity: 10_000.into(),
            tokens: 4000.into(),
            document: Size::kib(64).into(),
            calls: 16.into(),
            plans: 1000.into(),
            files: 20.into(),
            subscriptions: 100.into(),
            connection_init_timeout: Duration::seconds(10).into(),
        }
    }
}
