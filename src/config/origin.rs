//! Web origins and patterns over them: `https://app.example.com`, `https://*.example.com`,
//! `http://localhost:*`.

/// One origin, or all that differ from it in the labels before a domain or in the port.
///
/// An origin is a scheme, a host and a port (RFC 6454, section 6.2); the default port of a scheme
/// is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    scheme: String,
    /// Without the `*.` before it.
    host: String,
    /// Whether labels must stand before `host`: at least one, any number.
    below: bool,
    port: Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    /// The scheme's own.
    Default,
    /// This one.
    Is(u16),
    /// `*`
    Any,
}

/// An `Origin` header taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'o> {
    /// `http` or `https`, for web pages.
    pub scheme: &'o str,
    /// The host, an IPv6 address with its brackets.
    pub host: &'o str,
    /// The port, where it is not the scheme's own.
    pub port: Option<u16>,
}

impl<'o> Origin<'o> {
    /// Reads an `Origin` header. `None` for `null`, and for what is no origin.
    pub fn parse(text: &'o str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = split_port(authority)?;
        let port = port.map(|port| port.parse::<u16>().ok()).map_or(Some(None), |p| p.map(Some))?;
        let port = port.filter(|port| Some(*port) != default_port(scheme));
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.[]:".contains(&b);
        let is_origin = is_scheme(scheme) && host.bytes().all(legal);
        is_origin.then_some(Self { scheme, host, port })
    }

    /// Whether this is the origin of what is served at `authority` (`host` or `host:port`), by
    /// TLS or not. Behind a proxy that ends TLS only the proxy knows, so that without TLS of our
    /// own both schemes pass.
    pub fn is_of(&self, authority: &str, tls: bool) -> bool {
        if !(self.scheme == "https" || (self.scheme == "http" && !tls)) {
            return false;
        }
        let Some((host, port)) = split_port(authority) else { return false };
        let port = match port.map(str::parse::<u16>) {
            None => None,
            Some(Ok(port)) => Some(port).filter(|port| Some(*port) != default_port(self.scheme)),
            Some(Err(_)) => return false,
        };
        host.eq_ignore_ascii_case(self.host) && port == self.port
    }
}

impl OriginPattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        if text == "null" {
            return Err("`null` is the origin of every sandboxed page of anybody".into());
        }
        let (scheme, authority) = text.split_once("://").ok_or_else(|| {
            "an origin is a scheme and a host, `https://app.example.com`".to_owned()
        })?;
        if !is_scheme(scheme) {
            return Err(format!("`{scheme}` is no scheme"));
        }
        if let Some(at) = authority.find(['/', '?', '#']) {
            let rest = &authority[at..];
            return Err(format!("an origin ends with its host or port, without `{rest}`"));
        }
        let (host, port) = split_port(authority).ok_or_else(|| "the host is missing".to_owned())?;
        let port = match port {
            None => Port::Default,
            Some("*") => Port::Any,
            Some(digits) => match digits.parse::<u16>() {
                Ok(port) if Some(port) == default_port(scheme) => Port::Default,
                Ok(port) if port > 0 => Port::Is(port),
                _ => return Err(format!("`{digits}` is no port")),
            },
        };
        let (below, host) = match host.strip_prefix("*.") {
            Some(host) => (true, host),
            None => (false, host),
        };
        if host.contains('*') {
            return Err("`*` can stand for whole labels before a domain, as in \
                        `https://*.example.com`, and for a port"
                .into());
        }
        check_host(host)?;
        Ok(Self { scheme: scheme.to_owned(), host: host.to_owned(), below, port })
    }

    /// Whether everybody could have a name below the domain: `https://*.com`.
    pub fn is_wide(&self) -> bool {
        self.below && !self.host.contains('.') && self.host != "localhost"
    }

    /// Whether it stands for this origin.
    pub fn matches(&self, origin: &Origin<'_>) -> bool {
        let host_matches = match self.below {
            false => origin.host == self.host,
            true => origin
                .host
                .strip_suffix(self.host.as_str())
                .and_then(|labels| labels.strip_suffix('.'))
                .is_some_and(|labels| labels.split('.').all(|label| !label.is_empty())),
        };
        let port_matches = match self.port {
            Port::Default => origin.port.is_none(),
            Port::Is(port) => origin.port == Some(port),
            Port::Any => true,
        };
        origin.scheme == self.scheme && host_matches && port_matches
    }
}

/// Host and port of an authority; `None` without a host.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    // The colons of an IPv6 address stand within its brackets.
    let after = authority.rfind(']').map_or(0, |at| at + 1);
    let tail = authority.get(after..)?;
    let (host, port) = match tail.find(':') {
        Some(at) => (authority.get(..after + at)?, authority.get(after + at + 1..)),
        None => (authority, None),
    };
    (!host.is_empty()).then_some((host, port))
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn check_host(host: &str) -> Result<(), String> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return match address.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("`{host}` is no IPv6 address")),
        };
    }
    if !host.is_ascii() {
        return Err("write the host as browsers send it, in punycode (`xn--...`)".into());
    }
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if host.split('.').all(|label| !label.is_empty() && label.bytes().all(legal)) {
        Ok(())
    } else {
        Err(format!("`{host}` is no host name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, origin: &str) -> bool {
        let pattern = OriginPattern::parse(pattern).expect(pattern);
        Origin::parse(origin).is_some_and(|origin| pattern.matches(&origin))
    }

    #[test]
    fn exact_origin_stands_for_itself() {
        assert!(matches("https://app.example.com", "https://app.example.com"));
        assert!(matches("https://App.Example.com:443", "https://app.example.com"));
        assert!(matches("http://[::1]:3000", "http://[::1]:3000"));
        assert!(matches("capacitor://localhost", "capacitor://localhost"));
        for other in [
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.net",
            "https://evil.net",
            "https://app.example.com/",
            "null",
            "",
        ] {
            assert!(!matches("https://app.example.com", other), "{other}");
        }
    }

    #[test]
    fn wildcard_stands_for_labels_and_not_for_text() {
        for good in ["https://a.example.com", "https://a.b.example.com"] {
            assert!(matches("https://*.example.com", good), "{good}");
        }
        for bad in [
            "https://example.com",
            "https://evilexample.com",
            "https://evil-example.com",
            "https://.example.com",
            "https://a..example.com",
            "https://a.example.com.evil.net",
            "https://a.example.com:8443",
            "http://a.example.com",
            "https://evil.net/.example.com",
            "https://evil.net?.example.com",
        ] {
            assert!(!matches("https://*.example.com", bad), "{bad}");
        }
    }

    #[test]
    fn port_may_be_any() {
        assert!(matches("http://localhost:*", "http://localhost:5173"));
        assert!(matches("http://localhost:*", "http://localhost"));
        assert!(!matches("http://localhost:*", "http://localhost.evil.net:5173"));
        assert!(!matches("http://localhost:*", "http://localhost:x"));
    }

    #[test]
    fn same_origin_is_host_and_port() {
        let is_of = |origin, authority, tls| {
            Origin::parse(origin).is_some_and(|origin| origin.is_of(authority, tls))
        };
        assert!(is_of("http://shop.example:8000", "Shop.example:8000", false));
        assert!(is_of("https://shop.example", "shop.example", false));
        assert!(is_of("https://shop.example", "shop.example:443", true));
        assert!(!is_of("http://shop.example", "shop.example", true));
        assert!(!is_of("http://shop.example:8000", "shop.example:8001", false));
        assert!(!is_of("http://evil.example", "shop.example", false));
        assert!(!is_of("null", "shop.example", false));
    }

    #[test]
    fn wide_patterns_are_told() {
        let is_wide = |text| OriginPattern::parse(text).expect(text).is_wide();
        assert!(is_wide("https://*.com"));
        assert!(!is_wide("https://*.example.com"));
        assert!(!is_wide("http://*.localhost:*"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in [
            "",
            "example.com",
            "https://",
            "https://example.com/",
            "https://exa*mple.com",
            "https://*.*.example.com",
            "https://*",
            "https://example.com:0",
            "https://example.com:99999",
            "https://bücher.example",
            "https://a..b",
            "https://[::1",
            "1http://x",
            "null",
        ] {
            assert!(OriginPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
