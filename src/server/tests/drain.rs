//! Ending: gently, by the limit, and at once.

use super::*;

#[tokio::test]
async fn draining_finishes_what_is_being_answered() {
    let mut server = start(&config(limits()));
    let mut stream = server.connect().await;
    stream.write_all(get_and_stay("/wait").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    server.stop.drain();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.release.add_permits(1);
    let response = rest(&mut stream).await;
    assert!(response.ends_with("at last"), "{response}");
    assert!(response.contains("connection: close\r\n"), "{response}");
    assert_eq!(server.outcome().await, Outcome { cut: 0 });
}

#[tokio::test]
async fn draining_closes_idle_connections() {
    let server = start(&config(limits()));
    let mut stream = server.connect().await;
    stream.write_all(get_and_stay("/").as_bytes()).await.unwrap();
    read_until(&mut stream, "listener 0").await;
    let (mut client, connection) = http2::client(server.connect().await).await;
    http2::send(&mut client, "/echo", "hello").await;
    // It said nothing yet.
    let _silent = server.connect().await;
    server.stop.drain();
    assert_eq!(rest(&mut stream).await, "");
    connection.await.unwrap().unwrap();
    assert_eq!(server.outcome().await, Outcome { cut: 0 });
}

#[tokio::test]
async fn draining_finishes_the_streams_of_http2() {
    let mut server = start(&config(limits()));
    let (mut client, connection) = http2::client(server.connect().await).await;
    let waiting = tokio::spawn(client.send_request(http2::request("/wait", "")));
    server.entered.recv().await.unwrap();
    server.stop.drain();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.release.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
    connection.await.unwrap().unwrap();
    assert_eq!(server.outcome().await, Outcome { cut: 0 });
}

#[tokio::test]
async fn what_does_not_end_is_cut_at_the_limit() {
    let mut config = config(limits());
    config.process.drain = SHORT;
    let mut server = start(&config);
    let mut stream = server.connect().await;
    stream.write_all(get("/wait").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    server.stop.drain();
    assert_eq!(rest(&mut stream).await, "");
    server.left.recv().await.unwrap();
    assert_eq!(server.outcome().await, Outcome { cut: 1 });
}

#[tokio::test]
async fn the_second_order_ends_at_once() {
    let mut server = start(&config(limits()));
    let mut stream = server.connect().await;
    stream.write_all(get("/wait").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    server.stop.drain();
    server.stop.now();
    assert_eq!(server.outcome().await, Outcome { cut: 1 });
}

#[tokio::test]
async fn a_draining_gateway_is_alive_and_not_ready() {
    let mut server = start(&config(limits()));
    server.state.readiness.start();
    let mut stream = server.connect().await;
    stream.write_all(get("/wait").as_bytes()).await.unwrap();
    server.entered.recv().await.unwrap();
    assert!(admin::ask(&server, "GET", "/readyz").await.starts_with("HTTP/1.1 200 "));
    server.stop.drain();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(admin::ask(&server, "GET", "/healthz").await.starts_with("HTTP/1.1 200 "));
    let ready = admin::ask(&server, "GET", "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503 "), "{ready}");
    assert!(ready.ends_with(r#"{"ready":false,"draining":true,"missing":{}}"#), "{ready}");
    server.release.add_permits(1);
    rest(&mut stream).await;
    assert_eq!(server.outcome().await, Outcome { cut: 0 });
}
