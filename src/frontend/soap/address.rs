//! Where a service is, as its WSDL says: as the client reached it, or as the config has it.

use http::header::HOST;
use http::request::Parts;

/// How addresses are made.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// What stands before the path, from the config: `https://api.example.com`.
    pub base: Option<String>,
    /// Whether the listener speaks TLS.
    pub tls: bool,
}

impl Address {
    /// The address of the service that a request is for.
    pub fn of(&self, parts: &Parts) -> String {
        let path = parts.uri.path();
        if let Some(base) = &self.base {
            return format!("{}{path}", base.trim_end_matches('/'));
        }
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or(parts.uri.authority().map(|authority| authority.as_str()));
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", host.unwrap_or("localhost"))
    }
}
