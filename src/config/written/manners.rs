//! `listeners.NAME.cors` and `listeners.NAME.compression` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Duration, Size};

/// Which pages of other origins may call this listener from a browser (the Fetch Standard, "CORS
/// protocol"). Without it browsers let only pages of the listener's own origin read answers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Who may call: `https://app.example.com`; `https://*.example.com` for everything below a
    /// domain; `http://localhost:*` for every port; `*` alone for everybody.
    pub origins: At<Vec<At<String>>>,
    /// Methods that may be used; left out: whichever is asked for.
    #[serde(default)]
    pub methods: Option<At<Vec<At<String>>>>,
    /// Request headers that may be sent; left out: whichever are asked for.
    #[serde(default)]
    pub headers: Option<At<Vec<At<String>>>>,
    /// Response headers that a page may read; left out: all of them.
    #[serde(default)]
    pub exposed_headers: Option<At<Vec<At<String>>>>,
    /// Whether a page may send cookies and other credentials that the browser keeps. Not together
    /// with the origin `*`.
    #[serde(default)]
    pub credentials: At<bool>,
    /// How long a browser may keep what it was told before it asks again.
    #[serde(default = "ten_minutes")]
    pub max_age: At<Duration>,
    /// Whether pages from the public internet may call, where this listener is in a private
    /// network (Private Network Access).
    #[serde(default)]
    pub private_network: At<bool>,
}

fn ten_minutes() -> At<Duration> {
    Duration::seconds(600).into()
}

/// How responses are compressed, for clients whose `Accept-Encoding` asks for it. It costs the
/// gateway several times the CPU time of the call itself, and a reply that holds a secret beside
/// text of an attacker's choice tells of the secret by its size (BREACH): it is off where it is
/// not written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResponseCompression {
    /// The codings offered, the preferred one first, for clients that like several as much.
    pub codings: At<Vec<At<Coding>>>,
    /// Smaller bodies are sent as they are.
    pub min_size: At<Size>,
    /// Time against size.
    pub level: At<CompressionLevel>,
}

impl Default for ResponseCompression {
    fn default() -> Self {
        Self {
            codings: vec![Coding::Zstd.into(), Coding::Br.into(), Coding::Gzip.into()].into(),
            min_size: Size::kib(1).into(),
            level: CompressionLevel::Fast.into(),
        }
    }
}

/// A content coding (RFC 9110, section 8.4.1; RFC 7932; RFC 8878).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Coding {
    /// `gzip`
    #[default]
    Gzip,
    /// Brotli.
    Br,
    /// Zstandard.
    Zstd,
}

/// Time against size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CompressionLevel {
    /// The least time: gzip 1, br 1, zstd 1.
    #[default]
    Fast,
    /// What the formats' own tools do: gzip 6, br 5, zstd 3.
    Balanced,
    /// The least size that is bearable while a client waits: gzip 9, br 9, zstd 9.
    Small,
}
