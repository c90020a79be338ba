//! `backends:` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Duration, Endpoint, Identity, Size};

/// One backend. Exactly one protocol is named.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Backend {
    /// It speaks gRPC over HTTP/2.
    pub grpc: Option<At<Grpc>>,
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
