//! `listeners:` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Address, At, Cors, Duration, Graphql, GrpcFrontend, Identity, ResponseCompression, Size, Soap,
};

/// One address that clients come to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Where to listen.
    pub address: At<Address>,
    /// Certificate and key. Without them: plain HTTP/1.1 and HTTP/2 (h2c).
    #[serde(default)]
    pub tls: Option<At<Identity>>,
    /// What can be called here: globs over services and operations, for example `shop.v1.*` or
    /// `shop.v1.ProductService/Get*`.
    #[serde(default = "everything")]
    pub expose: At<Vec<At<String>>>,
    /// The REST frontend: JSON over HTTP. It is on where no frontend is named.
    #[serde(default)]
    pub rest: Option<At<Rest>>,
    /// The GraphQL frontend. It is off where it is not written; `{}` turns it on.
    #[serde(default)]
    pub graphql: Option<At<Graphql>>,
    /// The frontend of gRPC, gRPC-Web and Connect. It is off where it is not written; `{}` turns it on.
    #[serde(default)]
    pub grpc: Option<At<GrpcFrontend>>,
    /// The SOAP frontend. It is off where it is not written; `{}` turns it on.
    #[serde(default)]
    pub soap: Option<At<Soap>>,
    /// Which pages of other origins may call from a browser; none where it is not written.
    #[serde(default)]
    pub cors: Option<At<Cors>>,
    /// How responses are compressed; not at all where it is not written. `{}` turns it on.
    #[serde(default)]
    pub compression: Option<At<ResponseCompression>>,
    /// WebSockets of all frontends: they carry calls that stream.
    #[serde(default)]
    pub websocket: At<WebSocket>,
    /// What a client may cost.
    #[serde(default)]
    pub limits: At<Limits>,
}

fn everything() -> At<Vec<At<String>>> {
    vec!["*".to_owned().into()].into()
}

/// The REST frontend.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rest {
    /// The form of error bodies where the client's `Accept` leaves it open.
    pub errors: At<ErrorFormat>,
    /// What happens to a field that the request message does not have.
    pub unknown_fields: At<UnknownFields>,
    /// Write fields that hold their default value, too.
    pub emit_defaults: At<bool>,
    /// Write enums as numbers instead of names.
    pub enum_as_number: At<bool>,
    /// Write field names as the contract has them (`product_id`) instead of `productId`.
    pub original_names: At<bool>,
    /// Names of request headers to hand on to the backend as metadata, beside those that always
    /// are. A list of one's own takes the place of this one.
    pub forward_headers: At<Vec<At<String>>>,
    /// Which percent-escapes are decoded in a path variable over several segments
    /// (`{name=shelves/*}`, `{name=**}`). A variable over one segment is always decoded whole.
    pub unescape: At<Unescape>,
    /// Send an `ETag` with replies to GET, and 304 in the place of one that the client has.
    pub etag: At<bool>,
    /// Names of reply metadata that become response headers of their own name instead of
    /// `Grpc-Metadata-NAME`, in the place of what the gateway would say: `cache-control`, `etag`,
    /// `location`, `retry-after`; `x-shop-*` for all that begin so.
    pub response_headers: At<Vec<At<String>>>,
    /// The name of reply metadata that is the HTTP status, for example `x-http-code`.
    pub status_header: Option<At<String>>,
    /// Which preferences of a client's `Prefer` header are honoured.
    pub prefer: At<Vec<At<Preference>>>,
    /// Serve methods without an HTTP rule at `POST /package.Service/Method`.
    pub default_routes: At<bool>,
    /// Streams as server-sent events.
    pub sse: At<Sse>,
    /// The OpenAPI document of what this listener exposes.
    pub openapi: At<OpenApi>,
    /// A page that shows the document and sends requests from the browser.
    pub docs: At<Docs>,
}

impl Default for Rest {
    fn default() -> Self {
        Self {
            errors: ErrorFormat::Status.into(),
            unknown_fields: UnknownFields::Refuse.into(),
            emit_defaults: false.into(),
            enum_as_number: false.into(),
            original_names: false.into(),
            forward_headers: At::from(vec![At::from("authorization".to_owned())]),
            unescape: Unescape::ExceptReserved.into(),
            etag: true.into(),
            response_headers: Vec::new().into(),
            status_header: None,
            prefer: [Preference::Return, Preference::Wait, Preference::Strict]
                .map(At::from)
                .to_vec()
                .into(),
            default_routes: true.into(),
            sse: At::from(Sse::default()),
            openapi: At::default(),
            docs: At::default(),
        }
    }
}

/// Streams as server-sent events.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sse {
    /// A comment is sent after this much silence, so that nobody on the way takes the connection for
    /// dead.
    pub heartbeat: At<Duration>,
    /// How long a client waits before it comes back after the connection broke. By default its own
    /// choice.
    pub retry: Option<At<Duration>>,
}

impl Default for Sse {
    fn default() -> Self {
        Self { heartbeat: Duration::seconds(15).into(), retry: None }
    }
}

/// The OpenAPI document of a listener.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpenApi {
    /// Serve it.
    pub enabled: At<bool>,
    /// Where. An operation that has this path keeps it.
    pub path: At<String>,
    /// Its title; the name of the listener where there is none.
    pub title: Option<At<String>>,
    /// The version of what it describes.
    pub version: At<String>,
    /// What it says of the whole, in CommonMark.
    pub description: Option<At<String>>,
    /// The URLs at which clients reach this listener, where that is behind something that changes
    /// paths or hosts.
    pub servers: At<Vec<At<String>>>,
}

impl Default for OpenApi {
    fn default() -> Self {
        Self {
            enabled: true.into(),
            path: At::from("/openapi.json".to_owned()),
            title: None,
            version: At::from("1".to_owned()),
            description: None,
            servers: At::default(),
        }
    }
}

/// The page that shows the OpenAPI document. It needs nothing but this listener.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Docs {
    /// Serve it, as long as there is a document.
    pub enabled: At<bool>,
    /// Where; its scripts and styles are below.
    pub path: At<String>,
}

impl Default for Docs {
    fn default() -> Self {
        Self { enabled: true.into(), path: At::from("/docs".to_owned()) }
    }
}

/// The form of REST error bodies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ErrorFormat {
    /// `google.rpc.Status` as JSON.
    #[default]
    Status,
    /// RFC 9457 problem details.
    Problem,
    /// `{"error":{...}}`, which is what Google's own REST clients read.
    Google,
}

/// A preference of a client (RFC 7240).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Preference {
    /// `return=minimal`: a mutation's reply is left out, and the status is 204.
    #[default]
    Return,
    /// `wait=N`: the client waits so many seconds; never longer than the operation's deadline.
    Wait,
    /// `handling=strict`: unknown fields are refused.
    Strict,
    /// `handling=lenient`: unknown fields are ignored, whatever `unknown_fields` says.
    Lenient,
}

/// Which percent-escapes are decoded in a path variable over several segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Unescape {
    /// All but those of RFC 6570's reserved characters, as `google.api.http` has it by default.
    #[default]
    ExceptReserved,
    /// All but `%2F`.
    ExceptSlash,
    /// All of them: what was an escaped slash cannot be told from a slash any more.
    All,
}

/// What happens to a field that the message does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum UnknownFields {
    /// The call is refused with `INVALID_ARGUMENT`, naming the nearest field.
    #[default]
    Refuse,
    /// The field is dropped, and counted in a metric.
    Ignore,
}

/// WebSockets.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebSocket {
    /// Whether they are opened. Where not, a request to open one is answered as if it had not asked.
    pub enabled: At<bool>,
    /// How often a client is asked for a sign of life. One that gave none until it is asked again is
    /// gone.
    pub ping_interval: At<Duration>,
}

impl Default for WebSocket {
    fn default() -> Self {
        Self { enabled: true.into(), ping_interval: Duration::seconds(30).into() }
    }
}

/// What a client may cost. Every limit is finite.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The headers of a request.
    pub headers: At<Size>,
    /// The body of a request that is one message, or one message of a stream.
    pub body: At<Size>,
    /// All that a client sends in one stream, in whatever number of messages.
    pub stream: At<Size>,
    /// Open connections.
    pub connections: At<usize>,
    /// Calls in flight on one HTTP/2 connection.
    pub streams_per_connection: At<u32>,
    /// How long the headers of a request may take to arrive.
    pub headers_timeout: At<Duration>,
    /// How long a body may stay silent between two pieces.
    pub body_timeout: At<Duration>,
    /// How long a connection may stay idle.
    pub idle_timeout: At<Duration>,
    /// How deep messages may nest.
    pub depth: At<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Size::kib(64).into(),
            body: Size::mib(4).into(),
            stream: Size::mib(16 * 1024).into(),
            connections: 10_000.into(),
            streams_per_connection: 256.into(),
            headers_timeout: Duration::seconds(10).into(),
            body_timeout: Duration::seconds(30).into(),
            idle_timeout: Duration::seconds(75).into(),
            depth: 100.into(),
        }
    }
}
