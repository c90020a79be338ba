//! `http://host:port`, `https://host:port`.

use std::fmt;
use std::str::FromStr;

use crate::config::checked;

/// Where a backend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(pub checked::Endpoint);

const HINT: &str = "write `http://host:port`, or `https://host:port` for TLS";

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri = text.parse::<http::Uri>().map_err(|_| format!("expected an endpoint\n{HINT}"))?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(format!("expected an endpoint\n{HINT}")),
        };
        let authority =
            uri.authority().ok_or_else(|| format!("an endpoint needs a host\n{HINT}"))?;
        if authority.as_str().contains('@') {
            return Err(format!("an endpoint takes no user and no password\n{HINT}"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err(format!("an endpoint is a host and a port, without a path\n{HINT}"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(format!("an endpoint needs a host\n{HINT}"));
        }
        let port = match (authority.port_u16(), tls) {
            (Some(0), _) => return Err(format!("port 0 is no place to call\n{HINT}")),
            (Some(port), _) => port,
            (None, _) if authority.as_str().contains("]:") || has_port(authority.as_str()) => {
                return Err(format!("expected a port from 1 to 65535\n{HINT}"));
            }
            (None, true) => 443,
            (None, false) => 80,
        };
        Ok(Self(checked::Endpoint { tls, host: host.to_owned(), port }))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.0.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.0.authority())
    }
}

super::notation!(
    Endpoint,
    "Endpoint",
    "^https?://[^/?#@]+/?$",
    "Where a backend is: `http://host:port` for plain HTTP/2, `https://host:port` for TLS. Without a port: 80 and 443."
);

fn has_port(authority: &str) -> bool {
    !authority.ends_with(']') && authority.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_a_scheme_a_host_and_a_port() {
        let parsed = |text: &str| text.parse::<Endpoint>().map(|endpoint| endpoint.to_string());
        assert_eq!(parsed("http://127.0.0.1:50051").as_deref(), Ok("http://127.0.0.1:50051"));
        assert_eq!(parsed("https://shop.internal/").as_deref(), Ok("https://shop.internal:443"));
        assert_eq!(parsed("http://[::1]:50051").as_deref(), Ok("http://[::1]:50051"));
        for bad in [
            "127.0.0.1:50051",
            "grpc://shop:50051",
            "http://",
            "http://:80",
            "http://shop:0",
            "http://shop:99999",
            "http://shop:50051/v1",
            "http://shop:50051?x",
            "http://me:secret@shop:50051",
            "",
        ] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn refusing_a_password_does_not_repeat_it() {
        let said = "http://me:hunter2@shop:1".parse::<Endpoint>().unwrap_err();
        assert!(!said.contains("hunter2"), "{said}");
    }
}
