use std::net::SocketAddr;

use http::Request;

use super::{AllowedPage, Manners};
use crate::config::checked::{Config, Listener};
use crate::frontend::{Body, Response};
use crate::telemetry::metrics::Metrics;

/// The manners of a listener with that in its config.
fn manners(cors: &str, tls: bool) -> Manners {
    let text = format!(
        "contracts: [{{ reflection: shop }}]\n\
         backends: {{ shop: {{ grpc: {{ endpoints: [\"http://127.0.0.1:1\"] }} }} }}\n\
         listeners: {{ public: {{ address: \"127.0.0.1:8000\"{cors} }} }}\n"
    );
    let folder = std::path::Path::new(".");
    let config: Config = crate::config::parse("test", text, folder, &|_| None).unwrap();
    let listener: &Listener = &config.listeners[0];
    assert_eq!(listener.address, SocketAddr::from(([127, 0, 0, 1], 8000)));
    let mut manners = Manners::build(listener, Metrics::default().listener("public"));
    manners.tls = tls;
    manners
}

fn allows(manners: &Manners, host: &str, origin: Option<&str>) -> bool {
    let mut request = Request::builder().header("host", host);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let request = request.body(()).unwrap();
    manners.allows_origin(request.headers(), request.uri())
}

/// Whether a page's request to upgrade comes to the frontend with its mark.
async fn is_marked(manners: &Manners, origin: &str) -> bool {
    let request = Request::builder().header("host", "shop.example").header("origin", origin);
    let mut request = request.body(Body::empty()).unwrap();
    let connection = hyper::upgrade::on(&mut request);
    request.extensions_mut().insert(connection);
    let answer = |request: crate::frontend::Request| async move {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().extend(request.into_parts().0.extensions);
        response
    };
    let response = manners.around(request, answer).await;
    response.extensions().get::<AllowedPage>().is_some()
}

#[tokio::test]
async fn upgrade_that_a_page_may_ask_for_is_marked() {
    let cors = manners(", cors: { origins: [\"https://*.example.com\"] }", false);
    assert!(is_marked(&cors, "https://app.example.com").await);
    assert!(is_marked(&cors, "http://shop.example").await);
    assert!(!is_marked(&cors, "https://evil.net").await);
    assert!(!is_marked(&manners("", false), "https://app.example.com").await);
}

#[test]
fn a_page_of_the_listeners_own_origin_is_allowed() {
    let plain = manners("", false);
    assert!(allows(&plain, "shop.example:8000", Some("http://shop.example:8000")));
    assert!(allows(&plain, "shop.example", Some("https://shop.example")));
    assert!(allows(&plain, "shop.example", None));
    assert!(!allows(&plain, "shop.example", Some("http://evil.example")));
    assert!(!allows(&plain, "shop.example", Some("null")));
    assert!(!allows(&manners("", true), "shop.example", Some("http://shop.example")));
}

#[test]
fn a_page_that_cors_allows_is_allowed() {
    let cors = manners(", cors: { origins: [\"https://*.example.com\"] }", false);
    assert!(allows(&cors, "shop.example", Some("https://app.example.com")));
    assert!(!allows(&cors, "shop.example", Some("https://example.com.evil.net")));
}
