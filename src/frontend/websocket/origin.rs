//! Which pages may open a WebSocket: browsers let every page try, with the user's cookies.

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Uri};

/// Whether the request comes from a page of the host it goes to, or from no page at all. Browsers
/// always say where a page is from (RFC 6455, section 10.2).
pub fn is_allowed(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some(page) = origin.to_str().ok().and_then(place) else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    // HTTP/2 has the host in the target.
    let Some(host) = host.as_ref().or(uri.authority()) else { return false };
    let port = host.port_u16().unwrap_or(page.usual_port);
    page.host.eq_ignore_ascii_case(host.host()) && page.port == port
}

/// Where a page is from.
struct Place {
    host: String,
    port: u16,
    /// The scheme's own. Which one the client used cannot be seen behind what ends TLS, so that
    /// the page's stands for it.
    usual_port: u16,
}

/// `null` and what is no `scheme://host[:port]` are nowhere.
fn place(origin: &str) -> Option<Place> {
    let (scheme, host) = origin.split_once("://")?;
    let usual_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let host: Authority = host.parse().ok()?;
    let port = host.port_u16().unwrap_or(usual_port);
    Some(Place { host: host.host().to_owned(), port, usual_port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: &str, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, origin.parse().unwrap());
        headers.insert(HOST, host.parse().unwrap());
        is_allowed(&headers, &Uri::from_static("/v1/talk"))
    }

    #[test]
    fn a_page_opens_sockets_of_its_own_host() {
        assert!(allowed("https://shop.example", "shop.example"));
        assert!(allowed("https://shop.example", "Shop.example:443"));
        assert!(allowed("http://shop.example:8000", "shop.example:8000"));
        assert!(allowed("http://[::1]:8000", "[::1]:8000"));
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, "https://shop.example".parse().unwrap());
        assert!(is_allowed(&headers, &Uri::from_static("https://shop.example/v1/talk")));
    }

    #[test]
    fn no_other_page_does() {
        assert!(!allowed("https://evil.example", "shop.example"));
        assert!(!allowed("https://shop.example.evil.example", "shop.example"));
        assert!(!allowed("https://shop.example:8443", "shop.example"));
        assert!(!allowed("http://shop.example", "shop.example:8000"));
        assert!(!allowed("null", "shop.example"));
        assert!(!allowed("file://", "shop.example"));
        assert!(!allowed("shop.example", "shop.example"));
    }

    #[test]
    fn what_is_no_page_is_free_to() {
        assert!(is_allowed(&HeaderMap::new(), &Uri::from_static("/v1/talk")));
    }
}
