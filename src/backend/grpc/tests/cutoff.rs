//! Deadlines, and clients that leave.

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{join_all, select_all};
use h2::Reason;
use tokio::sync::{Semaphore, mpsc};

use super::raw::{Server, framed, headers, serve, until_reset};
use super::{Backend, backend, call, collect, messages, one_message, unary};
use crate::call::{Code, Origin, Payload};
use crate::contract::Streaming;

const SOON: Duration = Duration::from_millis(30);

fn server_stream() -> crate::call::Call {
    call("Any", Streaming::Server, Payload::Message(Bytes::new()))
}

/// A server that says which calls it saw and how they ended, and answers when allowed to.
struct Slow {
    server: Server,
    seen: mpsc::UnboundedReceiver<()>,
    ended: mpsc::UnboundedReceiver<Option<Reason>>,
    gate: Arc<Semaphore>,
}

impl Slow {
    async fn serve() -> Self {
        let (seeing, seen) = mpsc::unbounded_channel();
        let (ending, ended) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        let opened = Arc::clone(&gate);
        let server = serve(move |mut call| {
            let (seeing, ending, gate) = (seeing.clone(), ending.clone(), Arc::clone(&opened));
            async move {
                let _ = seeing.send(());
                let reset = tokio::select! {
                    reason = call.reset() => reason,
                    permit = gate.acquire_owned() => {
                        permit.expect("never closed").forget();
                        call.answer(b"done");
                        None
                    }
                };
                let _ = ending.send(reset);
            }
        })
        .await;
        Self { server, seen, ended, gate }
    }

    fn backend(&self) -> Backend {
        backend(&[self.server.address])
    }
}

#[tokio::test]
async fn slow_backend_is_cut_off() {
    let mut slow = Slow::serve().await;
    let backend = slow.backend();
    let mut call = unary("Any", "x");
    call.deadline = Some(Instant::now() + SOON);
    let error = backend.send(call).await.expect_err("too slow");
    assert_eq!((error.code(), error.origin()), (Code::DeadlineExceeded, Origin::Backend));
    assert_eq!(slow.ended.recv().await, Some(Some(Reason::CANCEL)));
    assert_eq!(backend.endpoints_state()[0].in_flight, 0);
}

#[tokio::test]
async fn a_call_that_is_late_already_is_not_sent() {
    let mut slow = Slow::serve().await;
    let backend = slow.backend();
    backend.connect().await.expect("there");
    let mut call = unary("Any", "x");
    call.deadline = Some(Instant::now() - SOON);
    let error = backend.send(call).await.expect_err("too late");
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(slow.seen.try_recv().is_err());
}

#[tokio::test]
async fn deadline_holds_for_the_whole_stream() {
    let server = serve(|mut call| async move {
        let mut stream = call.begin();
        stream.send_data(framed(0, b"first"), false).expect("open");
        until_reset(&mut stream).await;
    })
    .await;
    let mut call = server_stream();
    call.deadline = Some(Instant::now() + SOON);
    let reply = backend(&[server.address]).send(call).await.expect("begun");
    let mut messages = messages(reply);
    assert_eq!(messages.next().await.expect("open").expect("a message"), "first");
    let error = messages.next().await.expect("an error").expect_err("cut off");
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_stream_that_never_pauses_is_cut_off_too() {
    let server = serve(|mut call| async move {
        let mut stream = call.begin();
        loop {
            stream.reserve_capacity(1000);
            let capacity = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await;
            if !matches!(capacity, Some(Ok(_)))
                || stream.send_data(framed(0, &[7; 995]), false).is_err()
            {
                return;
            }
        }
    })
    .await;
    let mut call = server_stream();
    call.deadline = Some(Instant::now() + SOON);
    let reply = backend(&[server.address]).send(call).await.expect("begun");
    let mut messages = messages(reply);
    let error = loop {
        if let Err(error) = messages.next().await.expect("never ends well") {
            break error;
        }
    };
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn leaving_a_stream_reaches_the_backend() {
    let mut slow = Slow::serve().await;
    let backend = slow.backend();
    let mut sending = Box::pin(backend.send(server_stream()));
    tokio::select! {
        _ = &mut sending => panic!("nothing answers"),
        seen = slow.seen.recv() => seen.expect("seen"),
    }
    drop(sending);
    assert_eq!(slow.ended.recv().await, Some(Some(Reason::CANCEL)));
}

#[tokio::test]
async fn a_unary_call_whose_client_left_runs_out() {
    let mut slow = Slow::serve().await;
    let backend = slow.backend();
    let mut sending = Box::pin(backend.send(unary("Any", "x")));
    tokio::select! {
        _ = &mut sending => panic!("nothing answers"),
        seen = slow.seen.recv() => seen.expect("seen"),
    }
    drop(sending);
    assert_eq!(backend.endpoints_state()[0].in_flight, 1);
    slow.gate.add_permits(1);
    assert_eq!(slow.ended.recv().await, Some(None), "answered, not reset");
    while backend.endpoints_state()[0].in_flight > 0 {
        tokio::task::yield_now().await;
    }
}

/// Begins calls, waits until the backend has seen them all, and leaves.
async fn storm(slow: &mut Slow, backend: &Backend, calls: Vec<crate::call::Call>) {
    let count = calls.len();
    let mut sending: Vec<_> = calls.into_iter().map(|call| Box::pin(backend.send(call))).collect();
    for _ in 0..count {
        tokio::select! {
            _ = select_all(sending.iter_mut()) => panic!("nothing answers"),
            seen = slow.seen.recv() => seen.expect("seen"),
        }
    }
}

#[tokio::test]
async fn a_storm_of_leaving_clients_does_not_cost_the_connection() {
    let mut slow = Slow::serve().await;
    let backend = slow.backend();
    // More than may run out: the rest is reset little by little.
    let calls = (0..400).map(|_| unary("Any", "x")).collect();
    storm(&mut slow, &backend, calls).await;
    slow.gate.add_permits(401);
    assert_eq!(one_message(backend.send(unary("Any", "x")).await.expect("alive")), "done");
    assert_eq!(slow.server.connections(), 1);
}

#[tokio::test]
async fn a_storm_of_leaving_streams_is_reset_little_by_little() {
    let mut slow = Slow::serve().await;
    let backend = slow.backend();
    storm(&mut slow, &backend, (0..60).map(|_| server_stream()).collect()).await;
    for _ in 0..60 {
        assert_eq!(slow.ended.recv().await, Some(Some(Reason::CANCEL)));
    }
    slow.gate.add_permits(1);
    let mut reply = messages(backend.send(server_stream()).await.expect("alive"));
    assert_eq!(collect(&mut reply).await.expect("alive"), ["done"]);
    assert_eq!(slow.server.connections(), 1);
}

#[tokio::test]
async fn streams_that_are_open_leave_room_for_calls_and_for_each_other() {
    let mut slow = Slow::serve().await;
    let backend = slow.backend();
    let streams: Vec<_> = (0..201).map(|_| server_stream()).collect();
    let mut sending: Vec<_> = streams.into_iter().map(|it| Box::pin(backend.send(it))).collect();
    for _ in 0..201 {
        tokio::select! {
            _ = select_all(sending.iter_mut()) => panic!("nothing answers"),
            seen = slow.seen.recv() => seen.expect("seen"),
        }
    }
    assert_eq!(slow.server.connections(), 3);
    assert_eq!(backend.endpoints_state()[0].in_flight, 201);
    slow.gate.add_permits(202);
    assert_eq!(one_message(backend.send(unary("Any", "x")).await.expect("alive")), "done");
    assert_eq!(slow.server.connections(), 4);
    for reply in join_all(sending).await {
        let mut reply = messages(reply.expect("alive"));
        assert_eq!(collect(&mut reply).await.expect("alive"), ["done"]);
    }
}

#[tokio::test]
async fn calls_beyond_the_peers_stream_limit_wait_within_their_deadline() {
    let gate = Arc::new(Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(1);
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let server = super::raw::serve_at(any, builder, move |mut call| {
        let gate = Arc::clone(&opened);
        async move {
            gate.acquire().await.expect("never closed").forget();
            // The one that was too late may come and be reset.
            call.try_answer(b"done");
        }
    })
    .await;
    let backend = backend(&[server.address]);
    backend.connect().await.expect("there");
    let mut first = Box::pin(backend.send(unary("Any", "1")));
    assert!(matches!(futures_util::poll!(&mut first), Poll::Pending));
    let mut late = unary("Any", "2");
    late.deadline = Some(Instant::now() + SOON);
    assert_eq!(backend.send(late).await.expect_err("queued").code(), Code::DeadlineExceeded);
    gate.add_permits(10);
    let others = (0..8).map(|_| backend.send(unary("Any", "3")));
    for reply in join_all(others).await {
        assert_eq!(one_message(reply.expect("in turn")), "done");
    }
    assert_eq!(one_message(first.await.expect("first in line")), "done");
}

#[tokio::test]
async fn a_client_stream_that_breaks_resets_the_call_and_tells_why() {
    let (ending, mut ended) = mpsc::unbounded_channel();
    let server = serve(move |mut call| {
        let ending = ending.clone();
        async move {
            let _ = ending.send(call.reset().await);
        }
    })
    .await;
    let broken = crate::call::CallError::client(Code::InvalidArgument, "the second is no message");
    let items = [Ok(Bytes::from_static(b"first")), Err(broken)];
    let payload = Payload::Stream(crate::call::Messages::new(tokio_stream::iter(items)));
    let backend = backend(&[server.address]);
    let error = backend.send(call("Any", Streaming::Client, payload)).await.expect_err("broken");
    assert_eq!((error.code(), error.origin()), (Code::InvalidArgument, Origin::Client));
    assert_eq!(ended.recv().await, Some(Some(Reason::CANCEL)));
}

#[tokio::test]
async fn trailers_are_there_when_a_stream_has_ended() {
    let server = serve(|mut call| async move {
        let mut stream = call.begin();
        stream.send_data(framed(0, b"only"), false).expect("open");
        stream.send_trailers(headers(&[("grpc-status", "0"), ("x-cost", "7")])).expect("open");
    })
    .await;
    let reply = backend(&[server.address]).send(server_stream()).await.expect("begun");
    let mut messages = messages(reply);
    assert!(messages.next().await.is_some());
    assert!(messages.next().await.is_none());
    assert_eq!(super::text(messages.trailers(), "x-cost").as_deref(), Some("7"));
}
