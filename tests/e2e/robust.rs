//! Bytes that nobody should send: the gateway lives, answers the next call, and stays small.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::client;
use crate::gateway::{Gateway, LIMIT};
use crate::shop::by_reflection;

/// How many connections of each kind.
const ROUNDS: u64 = 300;

/// How much the process may grow by all that, in KiB.
const GROWTH: u64 = 48 << 10;

const HTTP1: &[u8] =
    b"POST /v1/whole/a?x=1 HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
    grpc-metadata-a: b\r\ngrpc-timeout: 1S\r\ntransfer-encoding: chunked\r\n\r\n\
    f\r\n{\"number\":12345\r\n1\r\n}\r\n0\r\n\r\n";

/// Preface, settings, headers of a POST with literal fields, data, ping, window update, reset.
fn http2() -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let mut frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        bytes.extend_from_slice(&length[1..]);
        bytes.extend_from_slice(&[kind, flags]);
        bytes.extend_from_slice(&stream.to_be_bytes());
        bytes.extend_from_slice(payload);
    };
    frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]);
    let mut head = vec![0x83, 0x86, 0x04, 9];
    head.extend_from_slice(b"/v1/whole");
    head.extend_from_slice(&[0x01, 1, b'a', 0x0f, 0x10, 16]);
    head.extend_from_slice(b"application/json");
    frame(1, 4, 1, &head);
    frame(0, 1, 1, b"{\"number\":1}");
    frame(6, 0, 0, b"12345678");
    frame(8, 0, 0, &[0, 0, 1, 0]);
    frame(1, 4, 3, &head);
    frame(3, 0, 3, &[0, 0, 0, 8]);
    bytes
}

/// Changes some bytes, cuts, and doubles pieces.
fn mutate(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.usize(1..8) {
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => drop(bytes.splice(at..at, (0..random.usize(..20)).map(|_| random.u8(..)))),
            3 => {
                let end = random.usize(at..bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

/// Sends bytes, half-closes, and waits for the end of the connection.
async fn throw(address: SocketAddr, bytes: &[u8]) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // It may be refused before it has been sent.
    let _ = connection.write_all(bytes).await;
    let _ = connection.shutdown().await;
    let mut answer = Vec::new();
    let _ = timeout(LIMIT, connection.read_to_end(&mut answer)).await.expect("it hangs");
}

/// Resident memory in KiB.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test]
async fn nonsense_does_no_harm() {
    let backend = Backend::start().await;
    let config = by_reflection(backend.address)
        .replace("rest: {}", "limits: { headers_timeout: 2s, body_timeout: 2s }");
    let mut gateway = Gateway::serve(&config).await;
    let public = gateway.address("public").await;
    let before = memory(gateway.process());
    let seed = 0x0D1A_601A;
    let mut random = fastrand::Rng::with_seed(seed);
    let http2 = http2();
    for _ in 0..ROUNDS {
        let noise: Vec<u8> = (0..random.usize(..2000)).map(|_| random.u8(..)).collect();
        throw(public, &noise).await;
        throw(public, &mutate(HTTP1, &mut random)).await;
        throw(public, &mutate(&http2, &mut random)).await;
        let visible = |random: &mut fastrand::Rng| char::from(random.u8(0x21..0x7f));
        let target: String = (0..random.usize(..300)).map(|_| visible(&mut random)).collect();
        let header: String = (0..random.usize(..300)).map(|_| visible(&mut random)).collect();
        let prefix = random.choice(["/", "/v1/query?", "/v1/files/", "/v1/query/"]).unwrap();
        let request = format!(
            "GET {prefix}{target} HTTP/1.1\r\nhost: a\r\naccept: {header}\r\ngrpc-timeout: {header}\r\n\
             grpc-metadata-{header}: {target}\r\nconnection: close\r\n\r\n"
        );
        throw(public, request.as_bytes()).await;
        let mut body =
            br#"{"name":"a","numbers":[1,2],"nested":{"inner":{"depth":1}},"object":{"a":[null]}}"#
                .to_vec();
        body = mutate(&body, &mut random);
        let mut request = format!(
            "POST /v1/whole HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.append(&mut body);
        throw(public, &request).await;
    }
    // Whatever came through as a call was told that nobody expects it.
    backend.stage.open(
        &serde_saphyr::from_str::<Vec<_>>(
            "[{ method: shop.v1.ProductService/GetProduct, reply: { name: Tent } }]",
        )
        .unwrap(),
    );
    let answer = client::get(public, "/v1/products/p-1").await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
    let grown = memory(gateway.process()).saturating_sub(before);
    assert!(grown < GROWTH, "{grown} KiB more than before");
    let panics: Vec<_> =
        gateway.logged().into_iter().filter(|line| line["message"] == "panic").collect();
    assert!(panics.is_empty(), "seed {seed}: {panics:?}");
    assert_eq!(gateway.terminate().code(), Some(0), "{}", gateway.log());
}
