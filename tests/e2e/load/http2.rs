//! HTTP/2 frames that cost a server more than their sender, by hand.

use std::net::SocketAddr;
use std::time::Instant;

use super::http1::shop;
use super::{Client, Memory, metric, served, size};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A GET of `path`, in literals alone.
fn get(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    assert!(length < 127);
    [&[0x82, 0x86, 0x04, length], path.as_bytes(), &[0x01, 1, b'a']].concat()
}

/// Preface and settings; `window` is what each stream may send before it is asked to go on.
async fn connect(address: SocketAddr, window: u32) -> Client {
    let mut client = Client::narrow(address).await;
    let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
    let begin =
        [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &frame(SETTINGS, 0, 0, &settings)[..]].concat();
    client.send(&begin).await;
    client
}

/// Sends `frames` over and over until the gateway closes the connection or `most` bytes are sent;
/// how many were.
async fn flood(
    client: &mut Client,
    most: usize,
    mut frames: impl FnMut(usize) -> Vec<u8>,
) -> usize {
    let (mut reader, mut writer) = client.0.split();
    let sending = async {
        let mut sent = 0;
        for round in 0.. {
            let frames = frames(round);
            if sent > most
                || tokio::io::AsyncWriteExt::write_all(&mut writer, &frames).await.is_err()
            {
                break;
            }
            sent += frames.len();
        }
        sent
    };
    let reading = async {
        let mut read = Vec::new();
        // What comes is read, so that only the frames are what is hard to bear.
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut read).await;
    };
    let mut reading = std::pin::pin!(reading);
    let mut sending = std::pin::pin!(sending);
    tokio::select! {
        sent = &mut sending => sent,
        () = &mut reading => sending.await,
    }
}

#[tokio::test]
async fn rapid_resets_end_the_connection_and_nobody_elses() {
    let (_shop, gateway, public) = shop("streams_per_connection: 100").await;
    let mut memory = Memory::of(&gateway, "HTTP/2 rapid reset");
    let most = size(4 << 20, 256 << 20);
    let begun = Instant::now();
    let mut client = connect(public, 65_535).await;
    let request = get("/v1/products/p-1001");
    let attack = flood(&mut client, most, |round| {
        let stream = u32::try_from(round).unwrap() * 2 + 1;
        let mut frames = frame(HEADERS, END_HEADERS | END_STREAM, stream, &request);
        frames.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
        frames
    });
    let (sent, longest) = tokio::join!(attack, served(public, size(50, 500)));
    memory.note("after");
    memory.report.push_str(&format!(
        ", ended after {sent} bytes in {:?}, others waited {longest:?} at most",
        begun.elapsed()
    ));
    let grown = memory.peak();
    assert!(grown < 32 << 10, "{grown} KiB");
    served(public, 10).await;
}

#[tokio::test]
async fn headers_that_go_on_and_on_end_the_connection() {
    let (_shop, gateway, public) = shop("headers: 64KiB").await;
    let mut memory = Memory::of(&gateway, "HTTP/2 CONTINUATION flood");
    let most = size(64 << 20, 1 << 30);
    let mut client = connect(public, 65_535).await;
    client.send(&frame(HEADERS, END_STREAM, 1, &get("/v1/products/p-1001"))).await;
    // Literal fields of 1 KiB, none of them indexed.
    let field = [&[0x00, 1, b'x', 0x7f, 0x81, 0x07][..], &[b'a'; 1024]].concat();
    let piece = frame(CONTINUATION, 0, 1, &field.repeat(8));
    let (sent, longest) =
        tokio::join!(flood(&mut client, most, |_| piece.clone()), served(public, 20));
    memory.note("after");
    memory
        .report
        .push_str(&format!(", ended after {sent} bytes, others waited {longest:?} at most"));
    assert!(sent < most, "{sent} bytes of headers are taken");
    let grown = memory.peak();
    assert!(grown < 32 << 10, "{grown} KiB");
}

#[tokio::test]
async fn settings_and_pings_that_ask_for_answers_grow_no_memory() {
    let (_shop, gateway, public) = shop("").await;
    let mut memory = Memory::of(&gateway, "HTTP/2 SETTINGS and PING floods, answers unread");
    let most = size(16 << 20, 256 << 20);
    for piece in [frame(SETTINGS, 0, 0, &[]), frame(PING, 0, 0, b"12345678")] {
        let mut client = connect(public, 65_535).await;
        let pieces = piece.repeat(1000);
        let mut sent = 0;
        // Nothing is read: once the kernel's buffers are full, nothing more may be taken.
        let writing = async {
            while sent < most
                && tokio::io::AsyncWriteExt::write_all(&mut client.0, &pieces).await.is_ok()
            {
                sent += pieces.len();
            }
        };
        tokio::select! {
            () = writing => {}
            // As long as others are well, it has had its time.
            _ = served(public, size(100, 2000)) => {}
        }
        memory.note(&format!("{sent} bytes"));
    }
    let grown = memory.peak();
    assert!(grown < 32 << 10, "{grown} KiB");
    served(public, 10).await;
}

#[tokio::test]
async fn streams_that_nobody_lets_go_on_are_bounded() {
    let (connections, streams) = (size(1, 8), 256);
    let (_shop, gateway, public) = shop("").await;
    served(public, 10).await;
    let mut memory = Memory::of(
        &gateway,
        format!("{connections} HTTP/2 connections of {streams} stalled streams"),
    );
    let request = get("/v1/products:search?query=tent&again=100000");
    let mut clients = Vec::new();
    for _ in 0..connections {
        // No stream may send a byte of its body.
        let mut client = connect(public, 0).await;
        for index in 0..streams {
            let stream = index * 2 + 1;
            client.send(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &request)).await;
        }
        clients.push(client);
    }
    let longest = served(public, size(100, 1000)).await;
    memory.note("stalled");
    memory.report.push_str(&format!(
        ", {} calls in flight, others waited {longest:?} at most",
        metric(&gateway, "dragoman_calls_in_flight{").await
    ));
    let grown = memory.peak();
    let most = 16384 + 400 * u64::from(streams) * connections as u64;
    assert!(grown < most, "{grown} KiB");
    drop(clients);
    let over = || async { metric(&gateway, "dragoman_calls_in_flight{").await == 0.0 };
    gateway.until(over).await;
    memory.note("gone");
    served(public, 10).await;
}
