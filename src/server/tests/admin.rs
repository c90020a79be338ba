//! The admin listener.

use super::*;

pub(super) async fn ask(server: &Running, method: &str, path: &str) -> String {
    ask_as(server, method, path, "localhost").await
}

async fn ask_as(server: &Running, method: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(server.admin).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn each_route_shows_its_own() {
    let server = start(&config(limits()));
    assert_eq!(body(&ask(&server, "GET", "/healthz").await), "ok\n");
    assert_eq!(body(&ask(&server, "GET", "/config").await), "listeners: {}\n");
    let index = ask(&server, "GET", "/").await;
    for route in ["/healthz", "/readyz", "/metrics", "/config"] {
        assert!(index.contains(route), "{index}");
    }
    server.talk(get("/")).await;
    let metrics = ask(&server, "GET", "/metrics").await;
    assert!(metrics.contains("content-type: application/openmetrics-text"), "{metrics}");
    assert!(metrics.contains("\ndragoman_build_info{version="), "{metrics}");
    assert!(
        metrics.contains("\ndragoman_connections_accepted_total{listener=\"public\"} 1\n"),
        "{metrics}"
    );
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
}

#[tokio::test]
async fn readiness_names_what_is_missing() {
    let server = start(&config(limits()));
    let readiness = &server.state.readiness;
    assert!(ask(&server, "GET", "/readyz").await.starts_with("HTTP/1.1 503 "));
    readiness.start();
    readiness.miss("reflection of catalog", "connection refused");
    let response = ask(&server, "GET", "/readyz").await;
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    assert_eq!(
        body(&response),
        r#"{"ready":false,"draining":false,"missing":{"reflection of catalog":"connection refused"}}"#
    );
    readiness.find("reflection of catalog");
    let response = ask(&server, "GET", "/readyz").await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert_eq!(body(&response), r#"{"ready":true,"draining":false,"missing":{}}"#);
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let server = start(&config(limits()));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for path in ["/", "/healthz", "/readyz", "/metrics", "/config"] {
            let response = ask(&server, method, path).await;
            assert!(response.starts_with("HTTP/1.1 405 "), "{method} {path}: {response}");
        }
    }
    let head = ask(&server, "HEAD", "/healthz").await;
    assert!(head.starts_with("HTTP/1.1 200 ") && body(&head).is_empty(), "{head}");
    assert!(ask(&server, "GET", "/nothing").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn foreign_names_are_refused() {
    let server = start(&config(limits()));
    let port = server.admin.port();
    for (host, status) in [
        ("localhost", "200"),
        (&*format!("LOCALHOST.:{port}"), "200"),
        ("gateway.localhost", "200"),
        (&*format!("127.0.0.1:{port}"), "200"),
        ("[::1]:9000", "200"),
        ("evil.example", "403"),
        ("localhost.evil.example", "403"),
        ("127.0.0.1.evil.example", "403"),
        ("", "403"),
    ] {
        let response = ask_as(&server, "GET", "/config", host).await;
        assert_eq!(&response[9..12], status, "{host}: {response}");
    }
    // Not even a route that is not there tells a stranger so.
    assert!(ask_as(&server, "GET", "/x", "evil.example").await.starts_with("HTTP/1.1 403 "));
}
