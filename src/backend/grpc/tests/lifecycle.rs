//! Connections: made once, shared, lost, made anew, chosen between.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::raw::{Incoming, Server, drive, serve, serve_at, serve_sockets};
use super::{backend, build, one_message, settings, unary};
use crate::call::{CallError, Code};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const SOON: Duration = Duration::from_millis(30);

async fn echo(mut call: Incoming) {
    let body = call.body().await;
    call.answer(body.get(5..).unwrap_or_default());
}

/// An address where nobody listens.
async fn nowhere() -> SocketAddr {
    let listener = TcpListener::bind(ANY).await.expect("a free port");
    listener.local_addr().expect("bound")
}

/// The error with its cause, numbers that differ between runs left out.
fn told(error: &CallError) -> String {
    let cause = error.cause().map(ToString::to_string).unwrap_or_default();
    format!("{error} | {cause}").replace(|c: char| c.is_ascii_digit() || c == '.', "")
}

#[tokio::test]
async fn first_callers_share_one_connection() {
    let server = serve(echo).await;
    let backend = backend(&[server.address]);
    assert!(!backend.endpoints_state()[0].connected);
    let replies = join_all((0..20).map(|_| backend.send(unary("Echo", "x")))).await;
    assert!(replies.into_iter().all(|reply| reply.is_ok()));
    assert_eq!(server.connections(), 1);
    assert!(backend.endpoints_state()[0].connected);
}

#[tokio::test]
async fn first_caller_that_leaves_does_not_end_the_attempt_of_the_others() {
    let server = serve(echo).await;
    let backend = backend(&[server.address]);
    let mut first = Box::pin(backend.send(unary("Echo", "1")));
    assert!(matches!(futures_util::poll!(&mut first), Poll::Pending));
    let mut second = Box::pin(backend.send(unary("Echo", "2")));
    assert!(matches!(futures_util::poll!(&mut second), Poll::Pending));
    drop(first);
    assert_eq!(one_message(second.await.expect("answered")), "2");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn restarted_backend_is_reached_by_the_next_call() {
    let mut server = serve(echo).await;
    let backend = backend(&[server.address]);
    for _ in 0..5 {
        backend.send(unary("Echo", "x")).await.expect("answered");
        let address = server.stop().await;
        server = serve_at(address, h2::server::Builder::new(), echo).await;
    }
    backend.send(unary("Echo", "x")).await.expect("answered");
}

#[tokio::test]
async fn a_backend_that_is_down_is_said_at_once_until_the_next_attempt() {
    let backend = backend(&[nowhere().await]);
    let error = backend.send(unary("Echo", "x")).await.expect_err("nobody there");
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(
        told(&error),
        "UNAVAILABLE: backend shop cannot be reached; the next attempt is in ms \
         | :: Connection refused (os error )"
    );
    let mut second = Box::pin(backend.send(unary("Echo", "x")));
    assert!(matches!(futures_util::poll!(&mut second), Poll::Ready(Err(_))));
    let state = &backend.endpoints_state()[0];
    assert!(!state.connected && state.failure.is_some(), "{state:?}");
}

#[tokio::test]
async fn a_backend_that_comes_up_is_found() {
    let address = nowhere().await;
    let backend = backend(&[address]);
    assert!(backend.connect().await.is_err());
    let _server = serve_at(address, h2::server::Builder::new(), echo).await;
    while backend.connect().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(backend.endpoints_state()[0].connected);
}

#[tokio::test]
async fn peers_that_are_no_http2_servers_are_told_apart() {
    let http1 = serve_sockets(ANY, |mut socket: TcpStream| async move {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        let _ = socket.read_to_end(&mut Vec::new()).await;
    });
    let closing = serve_sockets(ANY, |socket: TcpStream| async move { drop(socket) });
    let silent = serve_sockets(ANY, |socket: TcpStream| async move {
        pending::<()>().await;
        drop(socket);
    });
    let mut lines = Vec::new();
    for server in [http1.await, closing.await, silent.await] {
        let mut settings = settings(&[server.address]);
        settings.connect_timeout = SOON;
        let error = build(&settings).connect().await.expect_err("no HTTP/2");
        assert_eq!(error.code(), Code::Unavailable);
        lines.push(error.cause().map(ToString::to_string).unwrap_or_default());
    }
    let [http1, closing, silent] = &lines[..] else { panic!("three lines") };
    assert!(http1.starts_with("HTTP/2: "), "{http1}");
    assert!(closing.starts_with("HTTP/2: "), "{closing}");
    assert_eq!(silent, "no connection within 30ms");
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_of_a_call_is_unavailable_and_replaced() {
    let turn = Arc::new(AtomicUsize::new(0));
    let server = serve_sockets(ANY, move |socket| {
        let first = turn.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            let lost = Arc::new(Notify::new());
            let losing = Arc::clone(&lost);
            let driving = drive(socket, h2::server::Builder::new(), move |mut call| {
                let losing = Arc::clone(&losing);
                async move {
                    let body = call.body().await;
                    if first {
                        losing.notify_one();
                        pending().await
                    }
                    call.answer(&body[5..]);
                }
            });
            tokio::select! {
                () = driving => {}
                () = lost.notified() => {}
            }
        }
    })
    .await;
    let backend = backend(&[server.address]);
    let error = backend.send(unary("Echo", "x")).await.expect_err("lost");
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(error.message(), "the connection to the backend was lost");
    backend.send(unary("Echo", "x")).await.expect("a new connection");
    assert_eq!(server.connections(), 2);
}

/// Reads frames and lets `answer` say what to do with each, PING and SETTINGS excepted, which are
/// answered as they should be; PINGs only `pings` times.
async fn frames(mut socket: TcpStream, mut pings: usize, answer: impl Fn(u8) -> Vec<u8>) {
    let mut preface = [0; 24];
    let _ = socket.read_exact(&mut preface).await;
    let _ = socket.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
    let mut head = [0; 9];
    while socket.read_exact(&mut head).await.is_ok() {
        let [a, b, c, kind, flags, ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if socket.read_exact(&mut payload).await.is_err() {
            return;
        }
        let reply = match (kind, flags & 1) {
            (4, 0) => vec![0, 0, 0, 4, 1, 0, 0, 0, 0],
            (6, 0) if pings > 0 => {
                pings -= 1;
                [&[0, 0, 8, 6, 1, 0, 0, 0, 0], &payload[..]].concat()
            }
            (4 | 6, _) => Vec::new(),
            (kind, _) => answer(kind),
        };
        if socket.write_all(&reply).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_call_beyond_the_last_one_accepted_is_sent_on_a_new_connection() {
    let turn = Arc::new(AtomicUsize::new(0));
    let server = serve_sockets(ANY, move |socket| {
        let first = turn.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if !first {
                return drive(socket, h2::server::Builder::new(), echo).await;
            }
            // GOAWAY, last stream 0, NO_ERROR, in answer to HEADERS.
            let go_away = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            frames(socket, 9, |kind| if kind == 1 { go_away.to_vec() } else { Vec::new() }).await;
        }
    })
    .await;
    let backend = backend(&[server.address]);
    let reply = backend.send(unary("Echo", "again")).await.expect("sent once more");
    assert_eq!(one_message(reply), "again");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_peer_that_no_longer_answers_pings_is_given_up() {
    let server = serve_sockets(ANY, |socket| frames(socket, 1, |_| Vec::new())).await;
    let mut settings = settings(&[server.address]);
    settings.keep_alive_interval = SOON;
    settings.keep_alive_timeout = SOON;
    let error = build(&settings).send(unary("Echo", "x")).await.expect_err("silence");
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(error.message(), "the connection to the backend was lost");
}

#[tokio::test]
async fn a_peer_that_answers_pings_may_take_its_time() {
    let server = serve_sockets(ANY, |socket| frames(socket, usize::MAX, |_| Vec::new())).await;
    let mut settings = settings(&[server.address]);
    settings.keep_alive_interval = Duration::from_millis(1);
    settings.keep_alive_timeout = super::PATIENCE;
    let mut call = unary("Echo", "x");
    call.deadline = Some(std::time::Instant::now() + SOON);
    let error = build(&settings).send(call).await.expect_err("no answer");
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

/// A server that never answers.
async fn stuck() -> Server {
    serve(|mut call| async move {
        call.reset().await;
    })
    .await
}

#[tokio::test]
async fn calls_go_where_the_fewest_are_under_way() {
    let (busy, idle) = (stuck().await, serve(echo).await);
    let backend = backend(&[busy.address, idle.address]);
    // Until both are connected the choice is not free.
    while !backend.endpoints_state().iter().all(|endpoint| endpoint.connected) {
        backend.connect().await.expect("there");
        tokio::task::yield_now().await;
    }
    let state = |index: usize| backend.endpoints_state()[index].in_flight;
    let mut waiting = Vec::new();
    while state(0) == 0 {
        let mut sending = Box::pin(backend.send(unary("Echo", "x")));
        if futures_util::poll!(&mut sending).is_pending() && state(0) == 0 {
            sending.await.expect("the idle one answers");
        } else {
            waiting.push(sending);
        }
    }
    for _ in 0..20 {
        backend.send(unary("Echo", "x")).await.expect("only the idle one answers");
    }
    assert_eq!((state(0), state(1)), (1, 0));
}

#[tokio::test]
async fn dead_endpoints_are_passed_over() {
    let server = serve(echo).await;
    for count in [2, 12] {
        let mut addresses = vec![server.address];
        for _ in 1..count {
            addresses.push(nowhere().await);
        }
        let backend = backend(&addresses);
        for _ in 0..20 {
            backend.send(unary("Echo", "x")).await.expect("one endpoint is alive");
        }
    }
}

#[test]
fn a_connection_whose_runtime_is_gone_is_replaced() {
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (listening, listens) = std::sync::mpsc::channel();
    let (ending, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = std::thread::spawn(move || {
        runtime().block_on(async {
            let server = serve(echo).await;
            listening.send(server.address).expect("awaited");
            let _ = ended.await;
            server.connections()
        })
    });
    let backend = backend(&[listens.recv().expect("listening")]);
    for _ in 0..3 {
        let reply = runtime().block_on(backend.send(unary("Echo", "x")));
        assert_eq!(one_message(reply.expect("answered")), "x");
    }
    drop(ending);
    assert_eq!(serving.join().expect("no panic"), 3);
}
