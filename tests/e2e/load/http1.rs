//! Connections that stay, and requests that do not come to an end.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use dragoman::shop::{Running, Shop};
use futures_util::{StreamExt, stream};
use tokio::time::interval;

use super::{Client, Memory, metric, served, size};
use crate::gateway::Gateway;
use crate::shop::by_reflection;

/// Connections that are opened at once: more would wait in the kernel's queue.
const AT_ONCE: usize = 100;

pub async fn shop(limits: &str) -> (Running, Gateway, SocketAddr) {
    let shop = Shop::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let config =
        by_reflection(shop.address).replace("rest: {}", &format!("limits: {{ {limits} }}"));
    let quiet = "process: { log: { filter: \"error,dragoman::server=info\" } }\n";
    let gateway = Gateway::serve(&(config + quiet)).await;
    let public = gateway.address("public").await;
    (shop, gateway, public)
}

async fn many(count: usize, public: SocketAddr) -> Vec<Client> {
    let open = |_| async move {
        let mut client = Client::connect(public).await;
        client.ask().await;
        client
    };
    stream::iter(0..count).map(open).buffer_unordered(AT_ONCE).collect().await
}

#[tokio::test]
async fn idle_connections_cost_little_and_end_at_the_limit() {
    let count = size(500, 10_000);
    // In full it is the default.
    let (_shop, gateway, public) = shop(&format!("connections: {count}")).await;
    served(public, 10).await;
    let is_open = |open: usize| {
        let gateway = &gateway;
        async move {
            metric(gateway, "dragoman_connections_open{listener=\"public\"}").await == open as f64
        }
    };
    gateway.until(|| is_open(0)).await;
    let mut memory = Memory::of(&gateway, format!("{count} idle connections"));
    let mut clients = many(count, public).await;
    let grown = memory.note("open");
    assert!(grown < 8192 + 32 * count as u64, "{grown} KiB for {count} connections");

    assert_eq!(Client::connect(public).await.end().await, b"", "one over the limit is served");
    clients.last_mut().unwrap().ask().await;
    drop(clients.pop());
    gateway.until(|| is_open(count - 1)).await;
    served(public, 1).await;
    drop(clients);
    gateway.until(|| is_open(0)).await;
    memory.note("closed");

    // Again and again: what the allocator keeps for the next ones does not add up.
    for _ in 0..5 {
        drop(many(count, public).await);
        gateway.until(|| is_open(0)).await;
        memory.note("again closed");
    }
    let most = memory.peak();
    assert!(most < grown + grown / 4 + 16384, "{most} KiB, {grown} KiB the first time");
}

#[tokio::test]
async fn requests_that_trickle_are_cut_off_while_others_are_served() {
    let count = size(100, 1000);
    let (_shop, gateway, public) = shop("headers_timeout: 3s, body_timeout: 1s").await;
    let mut memory = Memory::of(&gateway, format!("{count} trickling heads, as many bodies"));
    let heads = stream::iter(0..count).map(|_| async {
        let mut client = Client::connect(public).await;
        let mut head = b"GET /nowhere HTTP/1.1\r\nhost: a\r\nx-slow: ".to_vec();
        head.resize(10_000, b'a');
        trickle(&mut client, &head).await
    });
    let bodies = stream::iter(0..count).map(|_| async {
        let mut client = Client::connect(public).await;
        let head = "POST /v1/products HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                    connection: close\r\ncontent-length: 1000\r\n\r\n{";
        client.send(head.as_bytes()).await;
        client.end().await
    });
    let others = async {
        // As many as fit while the others trickle.
        let mut longest = Duration::ZERO;
        for _ in 0..size(20, 200) {
            longest = longest.max(served(public, 10).await);
        }
        longest
    };
    let (heads, bodies, longest) = tokio::join!(
        heads.buffer_unordered(count).collect::<Vec<_>>(),
        bodies.buffer_unordered(count).collect::<Vec<_>>(),
        others,
    );
    for answer in heads.iter().chain(&bodies) {
        assert!(answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(answer));
    }
    assert_eq!((heads.len(), bodies.len()), (count, count));
    memory.note("cut off");
    memory.report.push_str(&format!(", others waited {longest:?} at most"));
    let grown = memory.peak();
    assert!(grown < 8192 + 2 * 48 * count as u64, "{grown} KiB");
}

/// Sends a byte every 20 ms until an answer comes.
async fn trickle(client: &mut Client, bytes: &[u8]) -> Vec<u8> {
    let (mut reader, mut writer) = client.0.split();
    let sending = async {
        let mut tick = interval(Duration::from_millis(20));
        for byte in bytes {
            tick.tick().await;
            if tokio::io::AsyncWriteExt::write_all(&mut writer, &[*byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer);
    tokio::select! {
        () = sending => {}
        // A reset after the answer is as good an end as any.
        _ = reading => {}
    }
    answer
}
