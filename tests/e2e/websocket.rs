//! WebSockets beyond what one conversation shows: limits, signs of life, and the end of the gateway.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::client;
use crate::gateway::{Gateway, LIMIT};
use crate::shop::by_reflection;
use crate::socket::Socket;

async fn serve(listener: &str) -> (Gateway, Backend) {
    let backend = Backend::start().await;
    let config = by_reflection(backend.address).replace("rest: {}", listener);
    let gateway = Gateway::serve(&config).await;
    (gateway, backend)
}

fn expect(backend: &Backend, scripts: &str) {
    backend.stage.open(&serde_saphyr::from_str::<Vec<_>>(scripts).unwrap());
}

const TALK: &str = "[{ method: cases.v1.EchoService/Talk, echo: true }]";

#[tokio::test]
async fn draining_gateway_says_it_is_going_away() {
    let (mut gateway, backend) = serve("rest: {}").await;
    let public = gateway.address("public").await;
    expect(&backend, TALK);
    let mut socket = Socket::open(public, "/v1/talk").await;
    socket.say("{\"number\":1}").await;
    assert_eq!(socket.hear().await, "{\"number\":1}");
    gateway.signal();
    assert_eq!(socket.hear().await, "<closed 1001 the gateway is going away>");
    assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.log());
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
    let call = gateway.calls().pop().unwrap();
    assert_eq!(call["origin"], "gateway", "{call}");
    assert_eq!(call["code"], "CANCELLED", "{call}");
    assert_eq!(call["level"], "INFO", "{call}");
    gateway.until_logged(|line| line["message"] == "stopped" && line["cut"] == 0).await;
}

#[tokio::test]
async fn each_websocket_is_one_call_in_the_records() {
    let (gateway, backend) = serve("rest: {}").await;
    let public = gateway.address("public").await;
    expect(&backend, TALK);
    let mut socket = Socket::open(public, "/v1/talk").await;
    socket.say("{\"number\":1}").await;
    assert_eq!(socket.hear().await, "{\"number\":1}");
    let metrics = gateway.metrics().await;
    let in_flight = metrics
        .lines()
        .find(|line| line.contains("in_flight") && line.contains("Talk") && line.ends_with(" 1"));
    assert!(in_flight.is_some(), "{metrics}");
    socket.say("").await;
    assert_eq!(socket.hear().await, "<closed 1000>");
    let call = gateway.until_logged(|line| line["message"] == "call").await;
    assert_eq!(call["operation"], "cases.v1.EchoService/Talk");
    assert_eq!(call["code"], "OK");
    assert_eq!((&call["sent"], &call["received"]), (&2.into(), &2.into()), "{call}");
    assert_eq!(gateway.calls().len(), 1);
}

/// Opens a WebSocket by hand and reads its head; nobody answers pings then.
async fn open_by_hand(address: std::net::SocketAddr, path: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    connection
}

#[tokio::test]
async fn client_that_answers_no_ping_is_gone() {
    let (gateway, backend) = serve("websocket: { ping_interval: 100ms }").await;
    let public = gateway.address("public").await;
    expect(&backend, TALK);
    let mut silent = open_by_hand(public, "/v1/talk").await;
    let mut all = Vec::new();
    timeout(LIMIT, silent.read_to_end(&mut all)).await.expect("no end").unwrap();
    assert_eq!(all, [0x89, 0], "one ping");
    assert_eq!(backend.stage.close().await, Vec::<String>::new());

    // One that answers stays, however little it has to say.
    expect(&backend, TALK);
    let mut socket = Socket::open(public, "/v1/talk").await;
    let listened = timeout(Duration::from_secs(1), socket.hear()).await;
    assert!(listened.is_err(), "{listened:?}");
    socket.say("{\"number\":1}").await;
    assert_eq!(socket.hear().await, "{\"number\":1}");
}

#[tokio::test]
async fn request_that_does_not_come_is_not_waited_for() {
    let (gateway, _backend) = serve("limits: { body_timeout: 100ms }").await;
    let public = gateway.address("public").await;
    let mut socket = Socket::open(public, "/v1/watch").await;
    let error = socket.hear().await;
    assert!(error.contains("no request message came for 100ms"), "{error}");
    assert_eq!(
        socket.hear().await,
        "<closed 4004 DEADLINE_EXCEEDED: no request message came for 100ms>"
    );
    let call = gateway.until_logged(|line| line["message"] == "call").await;
    assert_eq!(call["origin"], "client", "{call}");
}

#[tokio::test]
async fn websocket_counts_as_a_connection() {
    let (gateway, backend) = serve("limits: { connections: 1 }").await;
    let public = gateway.address("public").await;
    expect(&backend, TALK);
    let socket = Socket::open(public, "/v1/talk").await;
    assert!(client::get(public, "/nowhere").await.is_err());
    drop(socket);
    let again =
        || async { client::get(public, "/nowhere").await.is_ok_and(|answer| answer.status == 404) };
    gateway.until(again).await;
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
}

#[tokio::test]
async fn websockets_can_be_turned_off() {
    let (gateway, backend) = serve("websocket: { enabled: false }").await;
    let public = gateway.address("public").await;
    expect(&backend, "[{ method: cases.v1.EchoService/Follow, replies: [{ number: 1 }] }]");
    let request = serde_json::json!({ "path": "/v1/follow", "websocket": [] });
    let request = serde_json::from_value(request).unwrap();
    let answer = client::send(public, &request, |_| ()).await.unwrap();
    assert_eq!(answer.status, 200);
}
