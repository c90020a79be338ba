//! The opening handshake, seen from the server (RFC 6455, section 4.2; RFC 8441, section 5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::sync::CancellationToken;

use super::socket::{Settings, Socket};
use crate::frontend::manners::AllowedPage;
use crate::frontend::upgrade::Takeover;
use crate::frontend::{Body, Request, Response};

const WEBSOCKET: &str = "websocket";

/// The only version there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// A request to open a WebSocket, in order and not answered yet.
#[derive(Debug)]
pub struct Handshake {
    connection: OnUpgrade,
    /// HTTP/1.1: the proof that the request was understood. HTTP/2 needs none.
    accept: Option<HeaderValue>,
    /// What is spoken over it, where that was settled.
    subprotocol: Option<&'static str>,
}

/// Why a request to open a WebSocket is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A page of another site wants it: 403.
    #[error("pages of {0} may not open a WebSocket here")]
    Origin(String),
    /// Another version of the protocol: 426.
    #[error("this WebSocket version is not spoken here, version 13 is")]
    Version,
    /// `Connection` or `Sec-WebSocket-Key` is not as it must be: 400.
    #[error("header {name}: {problem}")]
    Header {
        /// The header.
        name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Refused {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Header { .. } => StatusCode::BAD_REQUEST,
        }
    }

    /// The version that would have been right, where that was wrong.
    pub fn version(&self) -> Option<HeaderValue> {
        (*self == Self::Version).then_some(VERSION)
    }
}

impl Handshake {
    /// Looks whether a request wants to open a WebSocket; `None` costs next to nothing. A request
    /// to upgrade to anything else is as if it had not asked (RFC 9110, section 7.8).
    pub fn find(request: &mut Request) -> Option<Result<Self, Refused>> {
        // Only there where the client has asked for some upgrade, or over HTTP/2 for a CONNECT.
        request.extensions().get::<OnUpgrade>()?;
        let wanted = match request.version() {
            Version::HTTP_11 => {
                request.method() == Method::GET && lists(request.headers(), &UPGRADE, WEBSOCKET)
            }
            _ => request.extensions().get::<Protocol>().is_some_and(|p| p.as_str() == WEBSOCKET),
        };
        if !wanted {
            return None;
        }
        let connection = request.extensions_mut().remove::<OnUpgrade>()?;
        let checked = check(request);
        Some(checked.map(|accept| Self { connection, accept, subprotocol: None }))
    }

    /// Settles on a subprotocol: of those that the client offers in its `headers` the first that is
    /// `known` (RFC 6455, section 4.2.2), which the response then names. `None` where it offers
    /// none of them.
    pub fn settle(&mut self, headers: &HeaderMap, known: &[&'static str]) -> Option<&'static str> {
        self.subprotocol = choose(headers, known);
        self.subprotocol
    }

    /// The response that opens the WebSocket. Once it has been sent, `talk` has the socket, and is
    /// told when the server drains.
    pub fn accept<F, Fut>(self, settings: Settings, talk: F) -> Response
    where
        F: FnOnce(Socket, CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let Self { connection, accept, subprotocol } = self;
        let mut response = Response::new(Body::empty());
        if let Some(subprotocol) = subprotocol {
            let name = HeaderValue::from_static(subprotocol);
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, name);
        }
        if let Some(accept) = accept {
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(UPGRADE, HeaderValue::from_static(WEBSOCKET));
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        Takeover::attach(&mut response, move |draining| async move {
            match connection.await {
                Ok(upgraded) => talk(Socket::new(upgraded, settings).await, draining).await,
                Err(error) => tracing::debug!(%error, "a WebSocket was not opened"),
            }
        });
        response
    }
}

fn check(request: &Request) -> Result<Option<HeaderValue>, Refused> {
    let headers = request.headers();
    if headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(Refused::Version);
    }
    let accept = if request.version() == Version::HTTP_11 {
        if !lists(headers, &CONNECTION, "upgrade") {
            let problem = "it must list upgrade to open a WebSocket";
            return Err(Refused::Header { name: "connection", problem });
        }
        Some(accept(headers)?)
    } else {
        None
    };
    // Browsers let every page try, with the user's cookies, and always say where it is from.
    if let Some(page) = headers.get(ORIGIN)
        && request.extensions().get::<AllowedPage>().is_none()
    {
        let page = String::from_utf8_lossy(page.as_bytes());
        return Err(Refused::Origin(page.chars().take(100).collect()));
    }
    Ok(accept)
}

fn accept(headers: &HeaderMap) -> Result<HeaderValue, Refused> {
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    let wrong = Refused::Header {
        name: "sec-websocket-key",
        problem: "it must be 16 bytes in base64 to open a WebSocket",
    };
    if STANDARD.decode(key).map(|bytes| bytes.len()) != Ok(16) {
        return Err(wrong);
    }
    HeaderValue::try_from(derive_accept_key(key)).map_err(|_| wrong)
}

fn choose(headers: &HeaderMap, known: &[&'static str]) -> Option<&'static str> {
    items(headers, &SEC_WEBSOCKET_PROTOCOL)
        .find_map(|offered| known.iter().find(|known| **known == offered).copied())
}

/// Whether one of the header's comma-separated values is `wanted`.
fn lists(headers: &HeaderMap, name: &http::HeaderName, wanted: &str) -> bool {
    items(headers, name).any(|item| item.eq_ignore_ascii_case(wanted))
}

/// The header's comma-separated values.
fn items<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = http::Request::get("/v1/talk");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    const GOOD: [(&str, &str); 4] = [
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn the_key_is_answered_as_the_rfc_has_it() {
        let accept = check(&request(&GOOD)).unwrap().unwrap();
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn handshakes_that_are_not_in_order_are_refused() {
        for (place, value, status) in [
            (1, "keep-alive", 400),
            (2, "8", 426),
            (3, "dGhlIHNhbXBsZSBub25j", 400),
            (3, "the sample nonce!", 400),
        ] {
            let mut headers = GOOD;
            headers[place].1 = value;
            let refused = check(&request(&headers)).unwrap_err();
            assert_eq!(refused.status(), status, "{headers:?}");
            assert_eq!(refused.version().is_some(), status == 426);
        }
        let mut headers = GOOD.to_vec();
        headers.extend([("host", "shop.example"), ("origin", "https://evil.example")]);
        let mut request = request(&headers);
        assert_eq!(check(&request).unwrap_err().status(), 403);
        request.extensions_mut().insert(AllowedPage);
        assert!(check(&request).is_ok());
    }

    #[test]
    fn first_known_subprotocol_of_the_clients_is_settled_on() {
        let known = ["new", "old"];
        for (offered, settled) in [
            (&[][..], None),
            (&["other, News"][..], None),
            (&["other,old , new"][..], Some("old")),
            (&["other", "new", "old"][..], Some("new")),
        ] {
            let offers: Vec<_> =
                offered.iter().map(|value| ("sec-websocket-protocol", *value)).collect();
            assert_eq!(choose(request(&offers).headers(), &known), settled, "{offered:?}");
        }
    }

    #[test]
    fn who_did_not_ask_is_not_a_handshake() {
        assert!(Handshake::find(&mut request(&GOOD)).is_none(), "no connection to take over");
    }
}
