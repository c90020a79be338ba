//! HTTP/2 by prior knowledge, on the same port.

use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::*;

type Client = SendRequest<Full<bytes::Bytes>>;

pub(super) async fn client(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
) -> (Client, JoinHandle<hyper::Result<()>>) {
    let (client, connection) =
        Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await.unwrap();
    (client, tokio::spawn(connection))
}

pub(super) fn request(
    path: &str,
    body: impl Into<bytes::Bytes>,
) -> http::Request<Full<bytes::Bytes>> {
    http::Request::post(format!("http://localhost{path}")).body(Full::new(body.into())).unwrap()
}

pub(super) async fn send(
    client: &mut Client,
    path: &str,
    body: impl Into<bytes::Bytes>,
) -> (StatusCode, String) {
    let response = client.send_request(request(path, body)).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn prior_knowledge_needs_no_upgrade() {
    let server = start(&config(limits()));
    let (mut client, _connection) = client(server.connect().await).await;
    let answer = send(&mut client, "/echo", "hello").await;
    assert_eq!(answer, (StatusCode::OK, "hello".to_owned()));
}

#[tokio::test]
async fn one_panic_leaves_the_other_streams_alone() {
    let mut server = start(&config(limits()));
    let (mut client, _connection) = client(server.connect().await).await;
    let waiting = client.send_request(request("/wait", ""));
    let waiting = tokio::spawn(waiting);
    server.entered.recv().await.unwrap();
    assert_eq!(send(&mut client, "/panic", "").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    server.release.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_stream_that_is_reset_ends_its_request() {
    let mut server = start(&config(limits()));
    let (mut client, _connection) = client(server.connect().await).await;
    let waiting = tokio::spawn(client.send_request(request("/wait", "")));
    server.entered.recv().await.unwrap();
    waiting.abort();
    server.left.recv().await.unwrap();
    assert_eq!(send(&mut client, "/echo", "on").await.1, "on");
}

#[tokio::test]
async fn a_large_body_is_refused_and_the_connection_goes_on() {
    let server = start(&config(Limits { stream: 10, ..limits() }));
    let (mut client, _connection) = client(server.connect().await).await;
    let (status, reason) = send(&mut client, "/echo", "eleven byte").await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(reason, "the request body is larger than 10 bytes");
    assert_eq!(send(&mut client, "/echo", "ten bytes!").await.1, "ten bytes!");
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let server = start(&config(Limits { body_timeout: SHORT, ..limits() }));
    let (sender, body) = mpsc::channel::<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>(1);
    let body = http_body_util::StreamBody::new(tokio_stream::wrappers::ReceiverStream::new(body));
    let (mut client, connection) = Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(server.connect().await))
        .await
        .unwrap();
    let _connection = tokio::spawn(connection);
    let first = http_body::Frame::data(bytes::Bytes::from_static(b"first"));
    sender.send(Ok(first)).await.unwrap();
    let request = http::Request::post("http://localhost/echo").body(body).unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    drop(sender);
}

#[tokio::test]
async fn large_headers_are_refused_and_the_connection_goes_on() {
    let server = start(&config(Limits { headers: 1000, ..limits() }));
    let (mut client, _connection) = client(server.connect().await).await;
    let mut large = request("/", "");
    large.headers_mut().insert("x-large", "x".repeat(2000).parse().unwrap());
    // The client knows the server's limit and may keep to it on its own account.
    if let Ok(response) = client.send_request(large).await {
        assert_eq!(response.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    assert_eq!(send(&mut client, "/echo", "on").await.1, "on");
}

#[tokio::test]
async fn streams_beyond_the_limit_wait() {
    let mut server = start(&config(Limits { streams_per_connection: 1, ..limits() }));
    let (mut client, _connection) = client(server.connect().await).await;
    let first = tokio::spawn(client.send_request(request("/wait", "")));
    server.entered.recv().await.unwrap();
    let second = tokio::spawn(client.send_request(request("/", "")));
    server.release.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(second.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go() {
    let server = start(&config(Limits { idle_timeout: SHORT, ..limits() }));
    let (mut client, connection) = client(server.connect().await).await;
    send(&mut client, "/echo", "hello").await;
    tokio::time::timeout(LONG, connection).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_busy_connection_is_not_idle() {
    let mut server = start(&config(Limits { idle_timeout: SHORT, ..limits() }));
    let (mut busy, _connection) = client(server.connect().await).await;
    let (_, idle) = client(server.connect().await).await;
    let waiting = tokio::spawn(busy.send_request(request("/wait", "")));
    server.entered.recv().await.unwrap();
    // Another connection's patience ends, that of this one does not begin.
    tokio::time::timeout(LONG, idle).await.unwrap().unwrap().unwrap();
    server.release.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_idle_client_that_does_not_go_is_cut_off() {
    let server = start(&config(Limits { idle_timeout: SHORT, ..limits() }));
    let mut stream = server.connect().await;
    // The preface and empty settings, and no answer to anything after that.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap();
    assert!(read.is_ok() || read.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_request_without_a_body_is_at_its_end_at_once() {
    let server = start(&config(Limits { stream: 0, ..limits() }));
    let (mut client, connection) = Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(server.connect().await))
        .await
        .unwrap();
    let _connection = tokio::spawn(connection);
    let request = http::Request::get("http://localhost/echo");
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    assert_eq!(client.send_request(request).await.unwrap().status(), StatusCode::OK);
}
