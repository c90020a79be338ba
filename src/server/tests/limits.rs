//! What an HTTP/1.1 client may cost.

use super::*;

fn post(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n\r\n{body}")
}

#[tokio::test]
async fn slow_headers_are_answered_408() {
    let mut server = start(&config(Limits { headers_timeout: SHORT, ..limits() }));
    let response = server.talk("GET / HTTP/1.1\r\nhost: local").await;
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(server.entered.try_recv().is_err());
}

#[tokio::test]
async fn slow_headers_of_a_second_request_are_answered_408() {
    let limits = Limits { headers_timeout: SHORT, ..limits() };
    let server = start(&config(limits));
    let mut stream = server.connect().await;
    stream.write_all(get_and_stay("/").as_bytes()).await.unwrap();
    read_until(&mut stream, "listener 0").await;
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed_without_a_word() {
    let server = start(&config(Limits { headers_timeout: SHORT, ..limits() }));
    assert_eq!(server.talk("").await, "");
    assert_eq!(server.talk("PRI * HTTP").await, "");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = start(&config(Limits { idle_timeout: SHORT, ..limits() }));
    let text = server.talk(get_and_stay("/")).await;
    assert!(text.ends_with("listener 0"), "{text}");
}

#[tokio::test]
async fn a_request_at_work_is_not_idle() {
    let short =
        Limits { idle_timeout: SHORT, headers_timeout: SHORT, body_timeout: SHORT, ..limits() };
    let mut server = start(&config(short));
    let mut stream = server.connect().await;
    stream.write_all(get("/wait").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    // Another connection's patience ends, that of this one does not begin.
    assert_eq!(server.talk("").await, "");
    server.release.add_permits(1);
    assert!(rest(&mut stream).await.ends_with("at last"));
}

#[tokio::test]
async fn large_headers_are_answered_431() {
    let server = start(&config(Limits { headers: 1000, ..limits() }));
    for length in [1000, 20_000] {
        let request =
            format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-large: {}\r\n\r\n", "x".repeat(length));
        let response = server.talk(request).await;
        assert!(response.starts_with("HTTP/1.1 431 "), "{length}: {response}");
    }
    assert!(server.talk(get("/")).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn too_many_headers_are_answered_431() {
    let server = start(&config(limits()));
    let headers: String = (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let response = server.talk(format!("GET / HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")).await;
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
}

#[tokio::test]
async fn a_head_that_is_no_http_is_answered_400() {
    let server = start(&config(limits()));
    let response = server.talk("how do you do?\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_unread() {
    let server = start(&config(Limits { stream: 10, ..limits() }));
    let head = "content-length: 11\r\nexpect: 100-continue\r\nconnection: close";
    let response = server.talk(post("/echo", head, "")).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
    assert!(response.ends_with("the request body is larger than 10 bytes"), "{response}");
}

#[tokio::test]
async fn a_chunked_body_is_refused_once_it_is_too_large() {
    let server = start(&config(Limits { stream: 10, ..limits() }));
    let chunks = "6\r\nfirst-\r\n6\r\nsecond\r\n0\r\n\r\n";
    let headers = "transfer-encoding: chunked\r\nconnection: close";
    let response = server.talk(post("/echo", headers, chunks)).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
    let chunks = "5\r\nfirst\r\n5\r\nlast!\r\n0\r\n\r\n";
    let response = server.talk(post("/echo", headers, chunks)).await;
    assert!(response.ends_with("firstlast!"), "{response}");
}

#[tokio::test]
async fn a_client_that_is_still_sending_reads_the_refusal() {
    let server = start(&config(Limits { stream: 10, ..limits() }));
    let length = 500_000;
    let body = "x".repeat(length);
    let request = post("/echo", &format!("content-length: {length}"), &body);
    let response = server.talk(request).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let server = start(&config(Limits { body_timeout: SHORT, ..limits() }));
    let response = server.talk(post("/echo", "content-length: 10", "first")).await;
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(response.ends_with("the request body was silent for 150ms"), "{response}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let mut server = start(&config(Limits { idle_timeout: SHORT, ..limits() }));
    let mut stream = server.connect().await;
    stream.write_all(get("/endless").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    // What the socket's buffers hold, and then no more.
    let open = "dragoman_connections_open{listener=\"public\"} 1";
    tokio::time::timeout(LONG, async {
        while server.metrics().contains(open) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    drop(stream);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed() {
    let mut config = config(Limits { connections: 2, ..limits() });
    config.process.threads = 2;
    let server = start(&config);
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(get_and_stay("/").as_bytes()).await.unwrap();
        read_until(&mut stream, "listener 0").await;
        open.push(stream);
    }
    assert_eq!(rest(&mut server.connect().await).await, "");
    let metrics = server.metrics();
    for line in [
        "dragoman_connections_open{listener=\"public\"} 2",
        "dragoman_connections_accepted_total{listener=\"public\"} 2",
        "dragoman_connections_refused_total{listener=\"public\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    // One that leaves makes room.
    open[0].write_all(get("/").as_bytes()).await.unwrap();
    rest(&mut open[0]).await;
    while server.metrics().contains("dragoman_connections_open{listener=\"public\"} 2") {
        tokio::task::yield_now().await;
    }
    assert!(server.talk(get("/")).await.ends_with("listener 0"));
}
