//! Streams and their readers: back-pressure, leaving, and large bodies in little memory.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::client;
use crate::gateway::{Gateway, LIMIT};
use crate::shop::by_reflection;

/// Bytes of a message's text.
const MESSAGE: usize = 64 << 10;

/// Messages that the backend has to give: more than all buffers between it and a reader hold.
const MESSAGES: usize = 4096;

/// Messages that may be on their way to a reader that does not read: the kernel's buffers of two
/// sockets grow to several MiB each.
const WAITING: usize = 512;

async fn serve() -> (Gateway, Backend, SocketAddr) {
    let backend = Backend::start().await;
    let gateway = Gateway::serve(&by_reflection(backend.address)).await;
    let public = gateway.address("public").await;
    (gateway, backend, public)
}

fn expect(backend: &Backend, script: serde_json::Value) {
    backend.stage.open(&[serde_json::from_value(script).unwrap()]);
}

/// Asks for a stream and reads no more than its beginning.
async fn ask(public: SocketAddr, headers: &str) -> TcpStream {
    let mut connection = TcpStream::connect(public).await.unwrap();
    let request = format!("GET /v1/follow HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 9];
    timeout(LIMIT, connection.read_exact(&mut head)).await.expect("no answer").unwrap();
    assert_eq!(&head, b"HTTP/1.1 ");
    connection
}

const FORMS: [(&str, &str); 4] = [
    ("ndjson", "accept: application/x-ndjson\r\n"),
    ("array", "accept: application/json\r\n"),
    ("events", "accept: text/event-stream\r\n"),
    (
        "websocket",
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ),
];

#[tokio::test]
async fn reader_that_stops_reading_stops_the_backend() {
    let (gateway, backend, public) = serve().await;
    for (form, headers) in FORMS {
        let text = "x".repeat(MESSAGE);
        let script = serde_json::json!({
            "method": "cases.v1.EchoService/Follow", "reply": { "name": text }, "times": MESSAGES,
        });
        expect(&backend, script);
        let reader = ask(public, headers).await;
        // It has stopped once nothing has been taken while the gateway did a lot else.
        let mut taken = 0;
        loop {
            for _ in 0..100 {
                assert_eq!(client::get(public, "/nowhere").await.unwrap().status, 404);
            }
            let before = std::mem::replace(&mut taken, *backend.stage.taken.borrow());
            if taken > 0 && taken == before {
                break;
            }
        }
        assert!(taken < WAITING, "{form}: {taken} of {MESSAGES} messages were taken");
        // One that leaves ends it.
        drop(reader);
        let closed = timeout(LIMIT, backend.stage.close()).await;
        assert_eq!(closed.expect("the backend's stream goes on"), Vec::<String>::new(), "{form}");
        assert!(*backend.stage.taken.borrow() < WAITING, "{form}");
    }
    // A line is written once the call has ended, and read a little later.
    gateway.until(|| async { gateway.calls().len() >= FORMS.len() }).await;
    let calls = gateway.calls();
    assert_eq!(calls.len(), FORMS.len());
    for call in calls {
        assert_eq!((&call["code"], &call["origin"]), (&"CANCELLED".into(), &"client".into()));
    }
}

/// The most memory the process has had, in KiB.
pub fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// MiB of a large body. `LARGE_BODY_MIB` makes it another one, for trying by hand.
fn large() -> usize {
    std::env::var("LARGE_BODY_MIB").map_or(256, |text| text.parse().unwrap())
}

/// What the gateway may have in memory at most, in KiB.
const MOST_MEMORY: u64 = 96 << 10;

#[tokio::test]
async fn large_download_needs_little_memory() {
    let (gateway, backend, public) = serve().await;
    let piece =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, vec![b'x'; 1 << 20]);
    let script = serde_json::json!({
        "method": "cases.v1.EchoService/Download",
        "reply": { "contentType": "text/plain", "data": piece },
        "times": large(),
    });
    expect(&backend, script);
    let mut connection = TcpStream::connect(public).await.unwrap();
    let request = b"GET /v1/download/large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    connection.write_all(request).await.unwrap();
    let (mut total, mut space) = (0, vec![0; 1 << 20]);
    loop {
        match timeout(LIMIT, connection.read(&mut space)).await.expect("no more came").unwrap() {
            0 => break,
            length => total += length,
        }
    }
    assert!(total >= large() << 20, "{total} bytes came");
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
    let peak = peak(gateway.process());
    eprintln!("download of {} MiB: peak of {peak} KiB", large());
    assert!(peak < MOST_MEMORY, "{peak} KiB");
}

#[tokio::test]
async fn large_upload_needs_little_memory() {
    let (gateway, backend, public) = serve().await;
    let script = serde_json::json!({
        "method": "cases.v1.EchoService/Upload", "discard": true, "reply": { "number": 1 },
    });
    expect(&backend, script);
    let mut connection = TcpStream::connect(public).await.unwrap();
    let head = format!(
        "POST /v1/upload HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: text/plain\r\n\
         content-length: {}\r\n\r\n",
        large() << 20
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..large() {
        timeout(LIMIT, connection.write_all(&piece)).await.expect("it takes no more").unwrap();
    }
    let mut answer = String::new();
    timeout(LIMIT, connection.read_to_string(&mut answer)).await.expect("no answer").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}\n{}", gateway.log());
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
    assert!(*backend.stage.taken.borrow() >= large() << 20);
    let peak = peak(gateway.process());
    eprintln!("upload of {} MiB: peak of {peak} KiB", large());
    assert!(peak < MOST_MEMORY, "{peak} KiB");
}
