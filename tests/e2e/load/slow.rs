//! Clients that ask for a fast stream and read it slowly, or not at all, or leave.

use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::http1::shop;
use super::{Client, Memory, metric, served, size};

/// Some hundred megabytes; every message is some 700 bytes of JSON.
const STREAM: &str = "/v1/products:search?query=tent&again=100000";

/// What one slow reader may cost, in KiB.
const EACH: u64 = 400;

#[tokio::test]
async fn slow_readers_grow_no_memory_and_hold_nobody_up() {
    let count = size(200, 1000);
    let (_shop, gateway, public) = shop("idle_timeout: 2m").await;
    served(public, 10).await;
    let mut memory = Memory::of(&gateway, format!("{count} slow readers of a fast stream"));
    let open = |_| async move {
        let mut client = Client::narrow(public).await;
        client.send(format!("GET {STREAM} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await;
        let begin = client.read(1024).await;
        assert!(begin.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&begin));
        client
    };
    let mut readers: Vec<_> =
        stream::iter(0..count).map(open).buffer_unordered(100).collect().await;
    memory.note("open");
    // The others are on the same connections to the backend.
    let longest = served(public, size(100, 1000)).await;
    memory.note("while others were served");
    memory.report.push_str(&format!(", others waited {longest:?} at most"));
    for reader in &mut readers {
        reader.read(64 << 10).await;
    }
    memory.note("read on");
    let grown = memory.peak();
    assert!(grown < 16384 + EACH * count as u64, "{grown} KiB for {count} slow readers");

    // They all leave, and what they had asked for ends.
    drop(readers);
    let over = || async { metric(&gateway, "dragoman_calls_in_flight{").await == 0.0 };
    gateway.until(over).await;
    served(public, 10).await;
    memory.note("gone");
}

#[tokio::test]
async fn streams_end_whose_clients_leave() {
    let count = size(100, 1000);
    let (_shop, gateway, public) = shop("idle_timeout: 2m").await;
    served(public, 10).await;
    let mut memory =
        Memory::of(&gateway, format!("{count} clients that leave a fast stream, 5 times"));
    for _ in 0..5 {
        let leave = |_| async move {
            let mut client = Client::connect(public).await;
            client.send(format!("GET {STREAM} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await;
            let read = client.read(64 << 10).await;
            let begin = read.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
            let line = read[begin + 4..].split(|byte| *byte == b'\n').nth(1).unwrap();
            let message: Value = serde_json::from_slice(line).unwrap();
            assert!(message["result"]["productId"].is_string(), "{message}");
        };
        stream::iter(0..count).for_each_concurrent(50, leave).await;
    }
    served(public, 10).await;
    let over = || async { metric(&gateway, "dragoman_calls_in_flight{").await == 0.0 };
    gateway.until(over).await;
    memory.note("gone");
    let grown = memory.peak();
    assert!(grown < 64 << 10, "{grown} KiB");
}
