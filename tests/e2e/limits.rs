//! What a client may cost, as clients see it: limits from the config, from the outside.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::client;
use crate::gateway::{Gateway, LIMIT};

async fn limited(limits: &str) -> (Gateway, Backend, SocketAddr) {
    let backend = Backend::start().await;
    let config = format!(
        r#"
contracts: [reflection: catalog]
backends: {{ catalog: {{ grpc: {{ endpoints: ["http://{}"] }} }} }}
listeners: {{ public: {{ address: "127.0.0.1:0", limits: {{ {limits} }} }} }}
admin: {{ address: "127.0.0.1:0" }}
process: {{ threads: 1 }}
"#,
        backend.address
    );
    let gateway = Gateway::serve(&config).await;
    let public = gateway.address("public").await;
    (gateway, backend, public)
}

/// Sends a request and reads to the end of the connection without closing the sending side.
async fn exchange(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // Whoever is refused early may not be able to send all of it.
    let _ = connection.write_all(request.as_ref()).await;
    let mut answer = Vec::new();
    let _ = timeout(LIMIT, connection.read_to_end(&mut answer)).await.expect("no end");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Has the backend wait for the end of a request that may come, and will not end.
fn break_off(backend: &Backend, method: &str) {
    let script = serde_json::json!([{ "method": method, "breaks_off": true }]);
    backend.stage.open(&serde_json::from_value::<Vec<_>>(script).unwrap());
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

#[tokio::test]
async fn headers_over_the_limit_are_431() {
    let (_gateway, _backend, public) = limited("headers: 8KiB").await;
    let large = "x".repeat(9 << 10);
    let request = format!("GET /v1/products/p-1 HTTP/1.1\r\nhost: a\r\nx-large: {large}\r\n\r\n");
    assert_eq!(status(&exchange(public, &request).await), "431");

    let request = serde_json::json!({
        "path": "/v1/products/p-1", "protocol": "h2c", "headers": { "x-large": large },
    });
    let request = serde_json::from_value(request).unwrap();
    // Over HTTP/2 it is 431 or a reset; the call is not made in either case.
    if let Ok(answer) = client::send(public, &request, |_| ()).await {
        assert_eq!(answer.status, 431);
    }
}

#[tokio::test]
async fn body_over_the_limit_is_413_announced_or_not() {
    let (gateway, backend, public) = limited("body: 1KiB, stream: 1KiB").await;
    let body = "x".repeat(1025);
    for (path, call) in [
        ("/v1/products", "none"),
        ("/v1/collect", "cases.v1.EchoService/Collect"),
        ("/v1/upload", "cases.v1.EchoService/Upload"),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n");
        let announced = format!("{head}content-length: 1025\r\n\r\n{body}");
        let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n401\r\n{body}\r\n0\r\n\r\n");
        for request in [announced, chunked] {
            break_off(&backend, call);
            let answer = exchange(public, &request).await;
            assert_eq!(status(&answer), "413", "{path}: {answer}\n{}", gateway.log());
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn bomb_is_cut_off_and_costs_no_memory() {
    let (gateway, backend, public) = limited("body: 4MiB").await;
    let bomb = crate::coding::bomb();
    let peak = || {
        let status = format!("/proc/{}/status", gateway.process());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap()
    };
    let before = peak();
    for (path, call) in [
        ("/v1/products", "none"),
        ("/v1/collect", "cases.v1.EchoService/Collect"),
        ("/v1/upload", "cases.v1.EchoService/Upload"),
    ] {
        break_off(&backend, call);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
             content-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            bomb.len()
        );
        let request = [head.as_bytes(), &bomb].concat();
        let answer = exchange(public, &request).await;
        assert_eq!(status(&answer), "413", "{path}: {answer}\n{}", gateway.log());
    }
    let grown = peak() - before;
    assert!(grown < 48 << 10, "{grown} KiB more for {} bytes", bomb.len());
}

#[tokio::test]
async fn stream_may_be_larger_than_each_of_its_messages() {
    let (gateway, backend, public) = limited("body: 1KiB, stream: 4KiB").await;
    let line = |length: usize| format!("{{\"name\":\"{}\"}}\n", "x".repeat(length - 12));
    let post = |body: &str| {
        let head = "POST /v1/collect HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
        format!("{head}content-length: {}\r\n\r\n{body}", body.len())
    };
    let collect = "[{ method: cases.v1.EchoService/Collect, reply: { number: 4 } }]";
    backend.stage.open(&serde_saphyr::from_str::<Vec<_>>(collect).unwrap());
    let answer = exchange(public, &post(&line(1024).repeat(4))).await;
    assert_eq!(status(&answer), "200", "{answer}\n{}", gateway.log());

    for (body, why) in [
        (line(1024).repeat(4) + "{}", "the request body is larger than 4096 bytes"),
        (line(100) + &line(1025), "a message of the request body is larger than 1024 bytes"),
    ] {
        break_off(&backend, "cases.v1.EchoService/Collect");
        let answer = exchange(public, &post(&body)).await;
        assert_eq!(status(&answer), "413", "{answer}\n{}", gateway.log());
        assert!(answer.contains(why), "{answer}");
    }
}

#[tokio::test]
async fn headers_that_do_not_come_are_408() {
    let (_gateway, _backend, public) = limited("headers_timeout: 100ms").await;
    let answer = exchange(public, "GET /v1/products/p-1 HTTP/1.1\r\nhost: a\r\n").await;
    assert_eq!(status(&answer), "408");
}

#[tokio::test]
async fn body_that_does_not_come_is_408() {
    let (gateway, backend, public) = limited("body_timeout: 100ms").await;
    for (path, call) in [
        ("/v1/products", "none"),
        ("/v1/collect", "cases.v1.EchoService/Collect"),
        ("/v1/upload", "cases.v1.EchoService/Upload"),
    ] {
        break_off(&backend, call);
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 9\r\n\r\n{{"
        );
        let answer = exchange(public, &request).await;
        assert_eq!(status(&answer), "408", "{path}: {answer}\n{}", gateway.log());
    }
}

#[tokio::test]
async fn connections_over_the_limit_are_closed() {
    let (gateway, _backend, public) = limited("connections: 2").await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut connection = TcpStream::connect(public).await.unwrap();
        connection.write_all(b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        connection.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 404");
        open.push(connection);
    }
    assert_eq!(exchange(public, "").await, "");
    let metrics = gateway.metrics().await;
    let refused = "dragoman_connections_refused_total{listener=\"public\"} 1";
    assert!(metrics.contains(refused), "{metrics}");
    // A place that becomes free is another's.
    drop(open.pop());
    let again =
        || async { client::get(public, "/nowhere").await.is_ok_and(|answer| answer.status == 404) };
    gateway.until(again).await;
}

#[tokio::test]
async fn idle_connection_is_closed() {
    let (_gateway, _backend, public) = limited("idle_timeout: 100ms").await;
    let answer = exchange(public, "GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(status(&answer), "404");
}
