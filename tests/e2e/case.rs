//! The form of a case file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One file: a config, and cases that share a gateway run with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What the cases are about, for the reader.
    #[allow(dead_code, reason = "it is for the reader")]
    pub about: String,
    /// The gateway's config; without it, the one in `cases.rs`.
    #[serde(default)]
    pub config: Option<String>,
    pub cases: Vec<Case>,
}

/// One request and what comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence with underscores, as tests have.
    pub name: String,
    /// The calls that the backend must receive, in order. None: it must not be called.
    #[serde(default)]
    pub backend: Vec<Script>,
    pub request: Request,
    /// Response headers to show beside the usual ones.
    #[serde(default)]
    pub show: Vec<String>,
    /// The answer as text: status, headers, an empty line, the body. `[..]` stands for anything
    /// within a line.
    #[serde(default)]
    pub expect: String,
}

/// One call at the backend.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// `shop.v1.ProductService/GetProduct`
    pub method: String,
    /// Metadata it must have (`[..]` as above) or, with null, must not have.
    #[serde(default)]
    pub metadata: BTreeMap<String, Option<String>>,
    /// The request message; `requests` for a stream of them. Without either: anything.
    #[serde(default)]
    pub request: Option<Value>,
    #[serde(default)]
    pub requests: Option<Vec<Value>>,
    /// The gateway gives the call up before the request has ended.
    #[serde(default)]
    pub breaks_off: bool,
    // What the backend answers: headers, messages, an end.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The reply message; `replies` for a stream of them.
    #[serde(default)]
    pub reply: Option<Value>,
    #[serde(default)]
    pub replies: Vec<Value>,
    /// A message as bytes in hex, in the place of a reply.
    #[serde(default)]
    pub bytes: Option<String>,
    #[serde(default)]
    pub trailers: BTreeMap<String, String>,
    /// How it ends; without it: OK.
    #[serde(default)]
    pub status: Option<Status>,
    /// How it misbehaves in the place of an end.
    #[serde(default)]
    pub then: Option<Misbehaviour>,
    /// An answer that is not gRPC.
    #[serde(default)]
    pub http: Option<Http>,
    /// How the reply's messages are compressed: `gzip` or `zstd`.
    #[serde(default)]
    pub compress: Option<Coding>,
    /// Sends each message back as it comes, in the place of everything else.
    #[serde(default)]
    pub echo: bool,
    /// Sends the reply so many times, as fast as they are taken.
    #[serde(default)]
    pub times: Option<usize>,
    /// Takes the request as fast as it comes and forgets it.
    #[serde(default)]
    pub discard: bool,
}

/// A compression of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    Gzip,
    Zstd,
}

/// A status that is not OK.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub code: i32,
    #[serde(default)]
    pub message: String,
    /// Typed details, each with its `@type`.
    #[serde(default)]
    pub details: Vec<Value>,
}

/// Ways of not ending well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misbehaviour {
    /// Never answers at all; the case waits until the gateway gives the call up.
    Silent,
    /// Sends the messages and never ends; the case waits until the gateway gives the call up.
    Hang,
    /// Sends the messages, then resets the stream.
    Reset,
    /// Sends the messages, then closes the connection.
    Disconnect,
    /// Sends the messages, then half a frame, then ends with OK.
    Truncate,
    /// Sends the messages, then ends without a status.
    NoStatus,
}

/// A plain HTTP answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

/// What the client sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` where there is no body, else `POST`.
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A body that is sent as `application/json`, unless `headers` say otherwise.
    #[serde(default)]
    pub body: Option<String>,
    /// A body of many parts, as `body`.
    #[serde(default)]
    pub repeat: Option<Repeat>,
    /// The content coding that the body is sent in.
    #[serde(default)]
    pub coding: Option<String>,
    #[serde(default)]
    pub protocol: Protocol,
    /// Opens a WebSocket and says this; the answer is what is said back, and how it was closed.
    #[serde(default)]
    pub websocket: Option<Vec<Said>>,
    /// The listener's name.
    #[serde(default = "public")]
    pub listener: String,
    /// Bytes to send in the place of all that, over HTTP/1.1; the connection is read to its end.
    #[serde(default)]
    pub raw: Option<String>,
    /// Leaves after so many bytes of the response body, with the rest unread. They count as they
    /// come, in whatever coding.
    #[serde(default)]
    pub leave_after: Option<usize>,
}

/// What a client says over a WebSocket.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Said {
    /// A text frame.
    Text(String),
    /// A binary frame, its bytes in hex.
    Binary { binary: String },
    /// Bytes as they are, in hex.
    Bytes { bytes: String },
}

/// `before`, then `times` times `part`, then `after`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    #[serde(default)]
    pub before: String,
    pub part: String,
    pub times: usize,
    #[serde(default)]
    pub after: String,
}

/// The version of HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// HTTP/1.1
    #[default]
    Http1,
    /// HTTP/2 with prior knowledge.
    H2c,
}

fn public() -> String {
    "public".to_owned()
}
