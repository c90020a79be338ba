//! What comes of backends that break the rules.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::Reason;
use tokio::sync::Notify;

use super::raw::{Incoming, framed, headers, serve, until_reset};
use super::{backend, call, collect, messages, one_message, unary};
use crate::call::{Code, Payload};
use crate::contract::Streaming;

const OK: &[(&str, &str)] = &[("grpc-status", "0")];
const GRPC: (&str, &str) = ("content-type", "application/grpc");

/// Answers in the way that the request message names.
async fn misbehave(mut call: Incoming) {
    let body = call.body().await;
    let data = |call: &mut Incoming, pieces: &[Bytes], trailers: &[(&str, &str)]| {
        let mut stream = call.begin();
        for piece in pieces {
            stream.send_data(piece.clone(), false).expect("open");
        }
        stream.send_trailers(headers(trailers)).expect("open");
    };
    match std::str::from_utf8(body.get(5..).unwrap_or_default()).expect("text") {
        "status in the headers" => {
            let pairs = [GRPC, ("grpc-status", "7"), ("grpc-message", "not%20you")];
            call.head(200, &pairs, true);
        }
        "status in the headers, HTTP 400" => {
            call.head(400, &[("grpc-status", "5"), ("grpc-message", "gone")], true);
        }
        "OK in the headers" => drop(call.head(200, &[GRPC, OK[0]], true)),
        "headers alone" => drop(call.head(200, &[GRPC], true)),
        "no trailers" => {
            call.begin().send_data(framed(0, b"x"), true).expect("open");
        }
        "trailers without a status" => data(&mut call, &[framed(0, b"x")], &[("x", "y")]),
        "no message" => data(&mut call, &[], OK),
        "two messages" => data(&mut call, &[framed(0, b"x"), framed(0, b"y")], OK),
        "message and error" => data(&mut call, &[framed(0, b"x")], &[("grpc-status", "10")]),
        "cut in the message" => data(&mut call, &[framed(0, b"whole").slice(..7)], OK),
        "cut in the prefix" => data(&mut call, &[framed(0, b"whole").slice(..3)], OK),
        "odd flags" => data(&mut call, &[framed(3, b"x")], OK),
        "undeclared compression" => data(&mut call, &[framed(1, b"x")], OK),
        "too large" => data(&mut call, &[Bytes::from_static(&[0, 0, 16, 0, 1])], OK),
        "encoding nobody knows" => {
            call.head(200, &[GRPC, ("grpc-encoding", "snappy")], false);
        }
        "broken gzip" => {
            let mut stream = call.head(200, &[GRPC, ("grpc-encoding", "gzip")], false);
            stream.send_data(framed(1, b"no gzip at all"), false).expect("open");
            stream.send_trailers(headers(OK)).expect("open");
        }
        "a web page" => drop(call.head(200, &[("content-type", "text/html")], false)),
        "headers without end" => {
            let long = "x".repeat(70_000);
            let mut stream = call.head(200, &[GRPC, ("x-long", &long)], false);
            until_reset(&mut stream).await;
        }
        other => {
            if let Some(status) = other.strip_prefix("HTTP ") {
                let status = status.parse().expect("a number");
                call.head(status, &[("content-type", "text/html")], true);
            } else if let Some(reason) = other.strip_prefix("reset ") {
                call.respond.send_reset(Reason::from(reason.parse::<u32>().expect("a number")));
            } else {
                panic!("no such behaviour: {other}");
            }
        }
    }
}

#[tokio::test]
async fn every_misbehaviour_is_told() {
    let server = serve(misbehave).await;
    let backend = backend(&[server.address]);
    let mut table = String::new();
    for behaviour in [
        "status in the headers",
        "status in the headers, HTTP 400",
        "OK in the headers",
        "headers alone",
        "no trailers",
        "trailers without a status",
        "no message",
        "two messages",
        "message and error",
        "cut in the message",
        "cut in the prefix",
        "odd flags",
        "undeclared compression",
        "too large",
        "encoding nobody knows",
        "broken gzip",
        "a web page",
        "headers without end",
        "HTTP 404",
        "HTTP 503",
        "reset 2",
        "reset 7",
        "reset 8",
        "reset 11",
    ] {
        let error = backend.send(unary("Any", behaviour)).await.expect_err(behaviour);
        let origin = error.origin().name();
        writeln!(table, "{behaviour}: {error} ({origin})").expect("in memory");
    }
    assert_eq!(server.connections(), 1, "none of this costs the connection");
    insta::assert_snapshot!(table, @r#"
    status in the headers: PERMISSION_DENIED: not you (client)
    status in the headers, HTTP 400: NOT_FOUND: gone (client)
    OK in the headers: INTERNAL: the backend answered OK without a message (backend)
    headers alone: UNKNOWN: the backend ended the call without a status (backend)
    no trailers: UNKNOWN: the backend ended the call without a status (backend)
    trailers without a status: UNKNOWN: the backend ended the call without a status (backend)
    no message: INTERNAL: the backend answered OK without a message (backend)
    two messages: INTERNAL: the backend answered with more than one message (backend)
    message and error: ABORTED:  (client)
    cut in the message: INTERNAL: the backend's answer ends within a message (backend)
    cut in the prefix: INTERNAL: the backend's answer ends within a message (backend)
    odd flags: INTERNAL: the backend's answer cannot be read: a message starts with flags 0x03 (backend)
    undeclared compression: INTERNAL: the backend's answer cannot be read: a message is compressed, but no grpc-encoding was given (backend)
    too large: RESOURCE_EXHAUSTED: the backend's answer cannot be read: a message is larger than 1048576 bytes (backend)
    encoding nobody knows: INTERNAL: the backend compresses by "snappy", which nobody asked for (backend)
    broken gzip: INTERNAL: the backend's answer cannot be read: a message does not decompress as gzip: invalid gzip header (backend)
    a web page: UNKNOWN: the backend answered with content type "text/html", not gRPC (backend)
    headers without end: INTERNAL: the backend broke the HTTP/2 protocol or its limits (backend)
    HTTP 404: UNIMPLEMENTED: the backend answered with HTTP status 404 (backend)
    HTTP 503: UNAVAILABLE: the backend answered with HTTP status 503 (backend)
    reset 2: INTERNAL: the backend broke the call off (backend)
    reset 7: UNAVAILABLE: the backend refused the call before it began (backend)
    reset 8: CANCELLED: the backend cancelled the call (backend)
    reset 11: RESOURCE_EXHAUSTED: the backend asks for fewer calls (backend)
    "#);
}

#[tokio::test]
async fn streams_tell_early_errors_in_the_head_and_late_ones_at_the_end() {
    let server = serve(misbehave).await;
    let backend = backend(&[server.address]);
    let ask = |behaviour: &'static str| {
        let payload = Payload::Message(Bytes::from(behaviour));
        backend.send(call("Any", Streaming::Server, payload))
    };
    for early in ["status in the headers", "HTTP 503", "a web page", "reset 8"] {
        assert!(ask(early).await.is_err(), "{early}");
    }
    for late in ["message and error", "cut in the message", "too large"] {
        let reply = ask(late).await.unwrap_or_else(|error| panic!("{late}: {error}"));
        assert!(collect(&mut messages(reply)).await.is_err(), "{late}");
    }
    for empty in ["OK in the headers", "no message"] {
        let reply = ask(empty).await.unwrap_or_else(|error| panic!("{empty}: {error}"));
        assert!(collect(&mut messages(reply)).await.expect(empty).is_empty());
    }
    assert_eq!(backend.endpoints_state()[0].in_flight, 0);
}

#[tokio::test]
async fn a_reset_between_messages_ends_the_stream() {
    let read = Arc::new(Notify::new());
    let reading = Arc::clone(&read);
    let server = serve(move |mut call| {
        let read = Arc::clone(&reading);
        async move {
            let mut stream = call.begin();
            stream.send_data(framed(0, b"x"), false).expect("open");
            read.notified().await;
            stream.send_reset(Reason::ENHANCE_YOUR_CALM);
        }
    })
    .await;
    let payload = Payload::Message(Bytes::new());
    let call = call("Any", Streaming::Server, payload);
    let mut messages = messages(backend(&[server.address]).send(call).await.expect("begun"));
    assert_eq!(messages.next().await.expect("open").expect("a message"), "x");
    read.notify_one();
    let error = messages.next().await.expect("an error").expect_err("reset");
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(messages.next().await.is_none());
}

#[tokio::test]
async fn a_refused_call_is_sent_once_more() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let server = serve(move |mut call| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        async move {
            match turn {
                0 => call.respond.send_reset(Reason::REFUSED_STREAM),
                1 => call.answer(b"at last"),
                _ => call.respond.send_reset(Reason::REFUSED_STREAM),
            }
        }
    })
    .await;
    let backend = backend(&[server.address]);
    let reply = backend.send(unary("Any", "x")).await.expect("answered the second time");
    assert_eq!(one_message(reply), "at last");
    let error = backend.send(unary("Any", "x")).await.expect_err("refused twice");
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(seen.load(Ordering::SeqCst), 4);
}
