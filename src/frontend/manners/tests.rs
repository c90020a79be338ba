use std::net::SocketAddr;

use http::Request;

use super::Manners;
use crate::config::checked::{Config, Listener};
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
    manners.allows_origin(&request.body(()).unwrap().into_parts().0)
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
