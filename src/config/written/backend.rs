//! `backends:` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Duration, Endpoint, Identity, Map, Size, UnknownFields};

/// One backend. Exactly one protocol is named.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Backend {
    /// It speaks gRPC over HTTP/2.
    pub grpc: Option<At<Grpc>>,
    /// It speaks HTTP and JSON: operations become requests by their rules (`google.api.http`).
    pub rest: Option<At<RestBackend>>,
    /// The longest a call of one message and one reply may take here. A client's shorter deadline
    /// holds instead.
    pub deadline: At<Duration>,
    /// The longest a stream may take here, in whichever direction it goes, however busy it is. A
    /// client's shorter deadline holds instead.
    pub stream_deadline: At<Duration>,
}

impl Default for Backend {
    fn default() -> Self {
        Self {
            grpc: None,
            rest: None,
            deadline: Duration::seconds(15).into(),
            stream_deadline: Duration::seconds(60 * 60).into(),
        }
    }
}

/// A backend that speaks gRPC.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Grpc {
    /// Where it is; at least one. A call goes to the endpoint with the fewest calls in flight.
    pub endpoints: At<Vec<At<Endpoint>>>,
    /// TLS settings of the `https` endpoints.
    pub tls: Option<At<ClientTls>>,
    /// How long a connection may take to be there, TLS included.
    pub connect_timeout: At<Duration>,
    /// After this much silence while calls are open, an HTTP/2 PING is sent. Many gRPC servers
    /// hang up on clients that send them more often than every five minutes.
    pub keep_alive_interval: At<Duration>,
    /// How long a PING may stay unanswered before the connection is given up.
    pub keep_alive_timeout: At<Duration>,
    /// The largest request message that is sent.
    pub max_request: At<Size>,
    /// The largest reply message that is accepted, after decompression.
    pub max_reply: At<Size>,
    /// How request messages are compressed. By default not at all.
    pub compression: Option<At<Compression>>,
}

impl Default for Grpc {
    fn default() -> Self {
        Self {
            endpoints: At::from(Vec::new()),
            tls: None,
            connect_timeout: Duration::seconds(5).into(),
            keep_alive_interval: Duration::seconds(300).into(),
            keep_alive_timeout: Duration::seconds(10).into(),
            max_request: Size::mib(16).into(),
            max_reply: Size::mib(16).into(),
            compression: None,
        }
    }
}

/// A backend that speaks HTTP and JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestBackend {
    /// Where it is.
    pub url: At<Endpoint>,
    /// What stands before the path of each rule: `/api/v2`.
    #[serde(default)]
    pub prefix: At<String>,
    /// TLS settings, if it is an `https` one.
    #[serde(default)]
    pub tls: Option<At<ClientTls>>,
    /// Headers that every request has: write secrets as `${VAR}`.
    #[serde(default)]
    pub headers: At<Map<String>>,
    /// It names fields as the contract does (`product_id`) instead of `productId`. Both are read.
    #[serde(default)]
    pub original_names: At<bool>,
    /// Send fields that hold their default value, too.
    #[serde(default)]
    pub emit_defaults: At<bool>,
    /// What happens to a field of a reply that the contract does not have.
    #[serde(default = "ignored")]
    pub unknown_fields: At<UnknownFields>,
    /// How often a request that only reads is sent on to where the service says it is.
    #[serde(default)]
    pub redirects: At<usize>,
    /// How long a connection may take to be there, TLS not included.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: At<Duration>,
    /// The largest request body that is sent.
    #[serde(default = "largest")]
    pub max_request: At<Size>,
    /// The largest reply that is accepted; of a stream, each message.
    #[serde(default = "largest")]
    pub max_reply: At<Size>,
}

fn ignored() -> At<UnknownFields> {
    At::from(UnknownFields::Ignore)
}

fn connect_timeout() -> At<Duration> {
    Duration::seconds(5).into()
}

fn largest() -> At<Size> {
    Size::mib(16).into()
}

/// How the gateway proves itself to a backend, and checks the backend.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClientTls {
    /// PEM file of the certificate authorities to trust. By default the system's.
    pub ca: Option<At<String>>,
    /// The certificate to show to the backend. By default none.
    pub identity: Option<At<Identity>>,
    /// The name that the backend's certificate must be for. By default the endpoint's host.
    pub server_name: Option<At<String>>,
}

/// A message compression of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Compression {
    /// What every gRPC implementation reads.
    Gzip,
    /// Smaller and faster, for a backend that reads it.
    Zstd,
}
