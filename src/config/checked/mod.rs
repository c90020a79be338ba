//! Config as it runs: every default filled in, every reference resolved, every value in range.

mod graphql;
mod grpc;
mod rest_backend;
mod soap;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use self::graphql::{
    Document, Documents, FieldKind, Graphql, GraphqlLimits, OperationField, Placed,
};
pub use self::grpc::GrpcFrontend;
pub use self::rest_backend::RestBackend;
pub use self::soap::{Soap, SoapSecurity, Wsdl};
use crate::config::header::HeaderNames;
use crate::config::origin::OriginPattern;
use crate::config::problem::Problems;
use crate::config::source::Place;

/// The whole config.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where operations come from.
    pub contracts: Vec<Contract>,
    /// Who answers calls, by name.
    pub backends: BTreeMap<Arc<str>, Backend>,
    /// Which backend serves which services; the most specific pattern wins.
    pub services: Vec<Service>,
    /// Where clients come in.
    pub listeners: Vec<Listener>,
    /// The admin listener; `None` turns it off.
    pub admin: Option<SocketAddr>,
    /// What holds for the process.
    pub process: Process,
    /// The file as written (`${NAME}` stays as it is), with secrets masked, for the admin
    /// listener's `/config`.
    pub masked: String,
    /// Where each of `contracts` stands in the file.
    pub contract_places: Vec<Place>,
    /// What is likely not meant but does not keep the config from running.
    pub warnings: Problems,
}

/// One source of operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contract {
    /// `.proto` files, compiled when the gateway starts.
    Proto {
        /// The files, globs already expanded, in a stable order.
        files: Vec<PathBuf>,
        /// Where imports are looked up.
        include: Vec<PathBuf>,
    },
    /// A binary `google.protobuf.FileDescriptorSet`.
    Descriptors(PathBuf),
    /// A backend's gRPC server reflection.
    Reflection {
        /// The backend to ask.
        backend: Arc<str>,
        /// How often it is asked again for changes; zero: never.
        interval: Duration,
    },
}

/// One backend.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Its name in the file.
    pub name: Arc<str>,
    /// The longest a unary call may take here when the client says nothing shorter.
    pub deadline: Duration,
    /// The same of a call that streams, in whichever direction.
    pub stream_deadline: Duration,
    /// The protocol it speaks.
    pub kind: BackendKind,
}

/// The protocol a backend speaks.
#[derive(Debug, Clone)]
pub enum BackendKind {
    /// gRPC over HTTP/2.
    Grpc(Grpc),
    /// HTTP and JSON.
    Rest(RestBackend),
}

/// A gRPC backend.
#[derive(Debug, Clone)]
pub struct Grpc {
    /// Where it is; calls go to the endpoint with the fewest in flight.
    pub endpoints: Vec<Endpoint>,
    /// TLS settings, used by the `https` endpoints.
    pub tls: ClientTls,
    /// How long a connection may take to be there, TLS included.
    pub connect_timeout: Duration,
    /// HTTP/2 PING after this much silence while calls are open.
    pub keep_alive_interval: Duration,
    /// How long a PING may stay unanswered before the connection is given up.
    pub keep_alive_timeout: Duration,
    /// The largest request message sent, in bytes.
    pub max_request: usize,
    /// The largest reply message accepted, in bytes, after decompression.
    pub max_reply: usize,
    /// How request messages are compressed; `None`: not at all.
    pub compression: Option<Compression>,
}

/// Where a gRPC backend listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether to speak TLS (`https`) or plain HTTP/2 (`http`).
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Endpoint {
    /// `host:port`, with brackets around an IPv6 address.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// How the gateway proves itself and checks the other side as a TLS client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// PEM file of certificate authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// PEM files of the client certificate chain and its key.
    pub identity: Option<Identity>,
    /// The name to check the certificate against (and to send as SNI) instead of the host.
    pub server_name: Option<String>,
}

/// A certificate chain and its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// PEM file of the chain, leaf first.
    pub certificate: PathBuf,
    /// PEM file of the key (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
}

/// A message compression of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// `gzip`
    Gzip,
    /// `zstd`
    Zstd,
}

/// Which backend serves a service, and what is said of its operations.
#[derive(Debug, Clone)]
pub struct Service {
    /// A full service name or a glob over them (`shop.v1.*`).
    pub pattern: String,
    /// The backend's name.
    pub backend: Arc<str>,
    /// Per method; only where `pattern` is a plain name.
    pub operations: BTreeMap<String, OperationSettings>,
    /// The pattern in the file; `None` where the service is not listed there.
    pub place: Option<Place>,
}

/// What the config says of one operation.
#[derive(Debug, Clone, Default)]
pub struct OperationSettings {
    /// Replaces the backend's deadline, or its stream deadline.
    pub deadline: Option<Duration>,
    /// Replaces the contract's `google.api.http` rules where not empty.
    pub http: Vec<HttpRule>,
    /// The request that it is to a REST backend, instead of the contract's first rule.
    pub rest: Option<HttpRule>,
    /// What goes into server-sent events beside the data.
    pub events: Option<Events>,
    /// Its GraphQL field.
    pub graphql: OperationField,
    /// The method's name in the file.
    pub place: Option<Place>,
}

/// Fields of a stream's messages that become lines of their server-sent events. Whether they are
/// in the contract is seen when the gateway is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// The event's id.
    pub id: Option<EventField>,
    /// The event's name.
    pub event: Option<EventField>,
    /// The setting in the file.
    pub place: Place,
}

/// A field named by a path like `order.id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventField {
    /// The path as written.
    pub path: String,
    /// The path in the file.
    pub place: Place,
}

/// A REST binding that the config gives. Whether it fits the operation is seen when the gateway
/// is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRule {
    /// The method in upper case.
    pub method: String,
    /// The path template as written.
    pub template: String,
    /// Where the request body goes: a field, `*`, or empty for none.
    pub body: String,
    /// The reply's field that is the response body; empty: the whole reply.
    pub response_body: String,
    /// The template in the file.
    pub place: Place,
}

/// One address that clients come to.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its name in the file.
    pub name: Arc<str>,
    /// The address; port 0 lets the system choose.
    pub address: SocketAddr,
    /// Certificate and key; `None`: plain HTTP/1.1 and h2c.
    pub tls: Option<Identity>,
    /// Globs over operation and service names (`shop.v1.*`): what can be called here.
    pub expose: Vec<String>,
    /// The REST frontend; `None`: not spoken here.
    pub rest: Option<Rest>,
    /// The GraphQL frontend; `None`: not spoken here.
    pub graphql: Option<Graphql>,
    /// gRPC, gRPC-Web and Connect; `None`: not spoken here.
    pub grpc: Option<GrpcFrontend>,
    /// SOAP; `None`: not spoken here.
    pub soap: Option<Soap>,
    /// Which pages of other origins may call; `None`: none.
    pub cors: Option<Cors>,
    /// How responses are compressed; `None`: not at all.
    pub compression: Option<ResponseCompression>,
    /// WebSockets; `None`: none are opened here.
    pub websocket: Option<WebSocket>,
    /// What a client may cost.
    pub limits: Limits,
}

/// Which pages of other origins may call a listener from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Who may call.
    pub origins: Origins,
    /// Methods that may be used; `None`: whichever is asked for.
    pub methods: Option<Vec<String>>,
    /// Request headers that may be sent; `None`: whichever are asked for.
    pub headers: Option<Vec<String>>,
    /// Response headers that a page may read; `None`: all.
    pub exposed_headers: Option<Vec<String>>,
    /// Whether a page may send the browser's credentials; never with [`Origins::Any`].
    pub credentials: bool,
    /// How long a browser may keep the answer to a preflight.
    pub max_age: Duration,
    /// Whether pages from the public internet may call into a private network.
    pub private_network: bool,
}

/// Origins that may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// `*`
    Any,
    /// These.
    Listed(Vec<OriginPattern>),
}

/// How responses are compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseCompression {
    /// What is offered, the preferred one first; at least one, none twice.
    pub codings: Vec<Coding>,
    /// Smaller bodies, in bytes, are sent as they are.
    pub min_size: usize,
    /// Time against size.
    pub level: CompressionLevel,
}

/// A content coding that responses can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`
    Gzip,
    /// `br`
    Br,
    /// `zstd`
    Zstd,
}

/// Time against size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompressionLevel {
    /// The least time.
    Fast,
    /// What the formats' own tools do.
    Balanced,
    /// The least size that is bearable while a client waits.
    Small,
}

/// The REST frontend of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// The form of error bodies where the client accepts any.
    pub errors: ErrorFormat,
    /// What happens to a field the request message does not have.
    pub unknown_fields: UnknownFields,
    /// Write fields without presence even at their default value.
    pub emit_defaults: bool,
    /// Write enums as numbers.
    pub enum_as_number: bool,
    /// Write the contract's field names instead of their JSON names.
    pub original_names: bool,
    /// Request headers handed on as metadata, lower case, beside the ones always handed on.
    pub forward_headers: Vec<String>,
    /// Which percent-escapes are decoded in a path variable over several segments.
    pub unescape: Unescape,
    /// Send an `ETag` with replies to GET.
    pub etag: bool,
    /// Reply metadata that becomes a response header of its own name.
    pub response_headers: HeaderNames,
    /// Reply metadata that is the HTTP status, lower case.
    pub status_header: Option<String>,
    /// The preferences that are honoured.
    pub prefer: Vec<Preference>,
    /// Serve methods that have no HTTP rule at `POST /package.Service/Method`.
    pub default_routes: bool,
    /// Streams as server-sent events.
    pub sse: Sse,
    /// What the OpenAPI document says beside the contract.
    pub openapi: OpenApi,
    /// Where the page that shows the document is; `None`: nowhere.
    pub docs: Option<String>,
}

/// Server-sent events of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sse {
    /// A comment is sent after this much silence.
    pub heartbeat: Duration,
    /// What clients are told to wait before they come back.
    pub retry: Option<Duration>,
}

/// WebSockets of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebSocket {
    /// How often a client is asked for a sign of life.
    pub ping_interval: Duration,
}

/// The OpenAPI document of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenApi {
    /// Where it is served; `None`: nowhere.
    pub path: Option<String>,
    /// Its title.
    pub title: String,
    /// The version of what it describes.
    pub version: String,
    /// What it says of the whole; may be empty.
    pub description: String,
    /// The URLs at which clients reach the listener; may be empty.
    pub servers: Vec<String>,
}

/// The form of REST error bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `google.rpc.Status` as JSON.
    Status,
    /// RFC 9457 problem details.
    Problem,
    /// `{"error":{...}}`
    Google,
}

/// A preference of a client (RFC 7240).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// `return=minimal`
    Return,
    /// `wait=N`
    Wait,
    /// `handling=strict`
    Strict,
    /// `handling=lenient`
    Lenient,
}

/// Which percent-escapes are decoded in a path variable over several segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unescape {
    /// All but those of RFC 6570's reserved characters.
    ExceptReserved,
    /// All but `%2F`.
    ExceptSlash,
    /// All of them.
    All,
}

/// What happens to a field that the message does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownFields {
    /// `INVALID_ARGUMENT`, naming the nearest field.
    Refuse,
    /// It is dropped, and counted.
    Ignore,
}

/// What a client may cost; every limit is finite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's headers.
    pub headers: usize,
    /// Bytes of a request's body that is one message, or of one message of a stream.
    pub body: usize,
    /// Bytes of a client's stream; at least `body`.
    pub stream: u64,
    /// Open connections.
    pub connections: usize,
    /// Calls in flight on one HTTP/2 connection.
    pub streams_per_connection: u32,
    /// How long the headers of a request may take to arrive.
    pub headers_timeout: Duration,
    /// How long a body may stay silent between two pieces.
    pub body_timeout: Duration,
    /// How long a connection may stay idle.
    pub idle_timeout: Duration,
    /// How deep messages may nest.
    pub depth: u32,
}

/// What holds for the whole process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Runtimes, one thread each; the number of cores by default.
    pub threads: usize,
    /// How long calls in flight may take to finish after SIGTERM.
    pub drain: Duration,
    /// Log lines.
    pub log: Log,
}

/// How the log is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `tracing` filter directives, for example `info,dragoman=debug`.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    /// Always human.
    Human,
    /// Always one JSON object a line.
    Json,
}
