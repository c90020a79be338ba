//! Calls of every kind against a real server.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::{backend, call, collect, messages, name, one_message, text, tonic_server, unary};
use crate::call::{Code, Messages, Origin, Payload};
use crate::contract::Streaming;

fn stream_of(items: &'static [&'static str]) -> Payload {
    let items = items.iter().map(|item| Ok(Bytes::from_static(item.as_bytes())));
    Payload::Stream(Messages::new(tokio_stream::iter(items)))
}

#[tokio::test]
async fn unary_carries_message_and_metadata_both_ways() {
    let backend = backend(&[tonic_server::serve().await]);
    let mut call = unary("Echo", "hello");
    call.metadata.append(name("x-echo"), "there and back");
    call.metadata.append(name("x-echo-bin"), vec![0, 200, 255]);
    call.metadata.append(name("user-agent"), "not this");
    let reply = backend.send(call).await.expect("echoed");
    assert_eq!(text(&reply.metadata, "x-echo").as_deref(), Some("there and back"));
    assert_eq!(reply.metadata.get("x-echo-bin").map(|v| v.to_vec()), Some(vec![0, 200, 255]));
    let agent = concat!("dragoman/", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&reply.metadata, "x-was-user-agent").as_deref(), Some(agent));
    assert!(text(&reply.metadata, "x-was-grpc-timeout").is_some_and(|left| left.ends_with('m')));
    assert_eq!(one_message(reply), "hello");
    assert_eq!(backend.endpoints_state()[0].in_flight, 0);
}

#[tokio::test]
async fn messages_larger_than_any_window_pass() {
    let backend = backend(&[tonic_server::serve().await]);
    for size in [0, 1, 300, 70_000, 1_000_000] {
        let message: Vec<u8> = (0..size).map(|index| index as u8).collect();
        let reply = backend.send(unary("Echo", message.clone())).await.expect("echoed");
        assert!(one_message(reply) == message, "{size}");
    }
}

#[tokio::test]
async fn an_error_keeps_code_message_and_metadata() {
    let backend = backend(&[tonic_server::serve().await]);
    let error = backend.send(unary("Echo", "fail")).await.expect_err("refused");
    assert_eq!((error.code(), error.origin()), (Code::NotFound, Origin::Client));
    assert_eq!(error.message(), "no such thing, 100% sure");
    assert_eq!(text(error.metadata(), "x-hint").as_deref(), Some("look elsewhere"));
}

#[tokio::test]
async fn server_stream_comes_in_order_and_ends() {
    let backend = backend(&[tonic_server::serve().await]);
    let payload = Payload::Message(Bytes::from_static(&[50]));
    let reply = backend.send(call("Count", Streaming::Server, payload)).await.expect("begun");
    let all = collect(&mut messages(reply)).await.expect("ended well");
    assert_eq!(all, (0..50).map(|number| vec![number]).collect::<Vec<_>>());
    assert_eq!(backend.endpoints_state()[0].in_flight, 0);
}

#[tokio::test]
async fn an_error_after_messages_ends_the_stream() {
    let backend = backend(&[tonic_server::serve().await]);
    let payload = Payload::Message(Bytes::from_static(&[2, 1]));
    let reply = backend.send(call("Count", Streaming::Server, payload)).await.expect("begun");
    let mut messages = messages(reply);
    assert_eq!(messages.next().await.expect("first").expect("a message"), [0][..]);
    assert_eq!(messages.next().await.expect("second").expect("a message"), [1][..]);
    let error = messages.next().await.expect("an end").expect_err("DATA_LOSS");
    assert_eq!(error.code(), Code::DataLoss);
    assert!(messages.next().await.is_none());
}

#[tokio::test]
async fn client_stream_is_joined_into_one_reply() {
    let backend = backend(&[tonic_server::serve().await]);
    let call = call("Join", Streaming::Client, stream_of(&["a", "", "bc", "d"]));
    assert_eq!(one_message(backend.send(call).await.expect("joined")), "abcd");
}

#[tokio::test]
async fn bidirectional_stream_answers_before_the_client_has_ended() {
    let backend = backend(&[tonic_server::serve().await]);
    let (sender, receiver) = mpsc::channel(1);
    let payload = Payload::Stream(Messages::new(ReceiverStream::new(receiver).map(Ok)));
    let reply = backend.send(call("Chat", Streaming::Both, payload)).await.expect("begun");
    let mut messages = messages(reply);
    for word in ["one", "two", "three"] {
        sender.send(Bytes::from(word)).await.expect("taken");
        assert_eq!(messages.next().await.expect("open").expect("a message"), word);
    }
    drop(sender);
    assert!(messages.next().await.is_none());
}

#[tokio::test]
async fn unknown_method_is_unimplemented() {
    let backend = backend(&[tonic_server::serve().await]);
    for streaming in [Streaming::Unary, Streaming::Server] {
        let payload = Payload::Message(Bytes::new());
        let error = backend.send(call("Nothing", streaming, payload)).await.expect_err("absent");
        assert_eq!(error.code(), Code::Unimplemented, "{streaming:?}");
    }
}
