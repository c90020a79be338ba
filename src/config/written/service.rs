//! `services:` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Duration, Map};

/// Which backend serves a service, and what is said of its operations.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The backend: a name under `backends`.
    pub backend: At<String>,
    /// Settings by method name. Only where the service is a full name, not a glob.
    #[serde(default)]
    pub operations: At<Map<Operation>>,
}

/// What is said of one operation.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Operation {
    /// The longest a call may take, instead of the backend's `deadline` or `stream_deadline`.
    pub deadline: Option<At<Duration>>,
    /// Where it is reached over REST, instead of what the contract says (`google.api.http`).
    pub http: At<Vec<At<HttpRule>>>,
    /// The request that it is to a backend that speaks REST, instead of what the contract says
    /// (`google.api.http`).
    pub rest: Option<At<HttpRule>>,
    /// What goes into its server-sent events. Only where it answers with a stream.
    pub sse: Option<At<Events>>,
    /// Its GraphQL field. By default the contract decides.
    pub graphql: At<OperationField>,
}

/// The GraphQL field of an operation.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OperationField {
    /// The root it is a field of. By default what answers with a stream is a subscription, what the
    /// contract calls free of side effects or reaches by GET is a query, and the rest are mutations.
    pub kind: Option<At<FieldKind>>,
    /// The field's name. By default the method's, as `getProduct` of `GetProduct`.
    pub field: Option<At<String>>,
    /// Have no field. Schema files may call the operation all the same.
    pub hidden: At<bool>,
    /// The field of the request, a `google.protobuf.FieldMask`, that is told which fields of the
    /// reply are asked for. By default `read_mask`, where there is one.
    pub read_mask: Option<At<String>>,
}

/// The root that an operation is a field of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FieldKind {
    /// It only reads.
    #[default]
    Query,
    /// It changes something.
    Mutation,
    /// It answers with a stream.
    Subscription,
}

/// Fields of a stream's messages that become lines of their server-sent events, beside the data. A
/// field that holds nothing (0, an empty text, the first value of an enum) leaves its line out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// The field that is the event's id. A client that comes back says the last one it had, which
    /// the backend is told as metadata `last-event-id`.
    pub id: Option<At<String>>,
    /// The field that is the event's name.
    pub event: Option<At<String>>,
}

/// One REST binding. Exactly one method is named, with its path template, for example
/// `get: "/v1/products/{product_id}"`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpRule {
    /// The path template of a GET.
    pub get: Option<At<String>>,
    /// The path template of a PUT.
    pub put: Option<At<String>>,
    /// The path template of a POST.
    pub post: Option<At<String>>,
    /// The path template of a DELETE.
    pub delete: Option<At<String>>,
    /// The path template of a PATCH.
    pub patch: Option<At<String>>,
    /// Where the request body goes: `*` for the whole request message, or one of its fields. By
    /// default there is none, and all fields come from the path and the query.
    pub body: Option<At<String>>,
    /// The field of the reply that is the response body. By default the whole reply.
    pub response_body: Option<At<String>>,
}
