//! A backend that speaks HTTP and JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::{ClientTls, Endpoint, UnknownFields};

/// See the module.
#[derive(Clone)]
pub struct RestBackend {
    /// Where it is.
    pub endpoint: Endpoint,
    /// What stands before each path.
    pub prefix: String,
    /// TLS settings.
    pub tls: ClientTls,
    /// Headers of every request.
    pub headers: BTreeMap<String, String>,
    /// Whether it names fields as the contract does.
    pub original_names: bool,
    /// Whether fields that hold their default are sent.
    pub emit_defaults: bool,
    /// What happens to unknown fields of replies.
    pub unknown_fields: UnknownFields,
    /// How often a request is redirected at most.
    pub redirects: usize,
    /// How long a connection may take to be there.
    pub connect_timeout: Duration,
    /// The largest request body, in bytes.
    pub max_request: usize,
    /// The largest reply, in bytes.
    pub max_reply: usize,
}

impl fmt::Debug for RestBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of headers may be secrets.
        f.debug_struct("RestBackend")
            .field("endpoint", &self.endpoint)
            .field("prefix", &self.prefix)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
