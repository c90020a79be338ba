//! The backend against real gRPC servers in this process, and against ones that misbehave.

mod calls;
mod compressed;
mod cutoff;
mod lifecycle;
mod misbehaviour;
mod raw;
mod reflected;
mod secured;
mod tonic_server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Backend;
use crate::call::{Call, CallError, Messages, Metadata, Name, Payload, Principal, Reply, Source};
use crate::config::checked::{ClientTls, Endpoint, Grpc};
use crate::contract::shape::ShapeId;
use crate::contract::{Idempotency, Operation, Streaming};

/// Long enough that only a defect reaches it.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings(addresses: &[SocketAddr]) -> Grpc {
    let endpoint = |address: &SocketAddr| Endpoint {
        tls: false,
        host: address.ip().to_string(),
        port: address.port(),
    };
    Grpc {
        endpoints: addresses.iter().map(endpoint).collect(),
        tls: ClientTls::default(),
        connect_timeout: PATIENCE,
        keep_alive_interval: PATIENCE,
        keep_alive_timeout: PATIENCE,
        max_request: 1 << 20,
        max_reply: 1 << 20,
        compression: None,
    }
}

fn build(settings: &Grpc) -> Backend {
    Backend::build(settings, &Arc::from("shop")).expect("buildable")
}

fn backend(addresses: &[SocketAddr]) -> Backend {
    build(&settings(addresses))
}

fn call(method: &str, streaming: Streaming, payload: Payload) -> Call {
    Call {
        operation: Arc::new(Operation {
            service: "test.Service".into(),
            method: method.into(),
            path: format!("/test.Service/{method}").parse().expect("a path"),
            input: ShapeId(0),
            output: ShapeId(0),
            input_name: "test.Input".into(),
            output_name: "test.Output".into(),
            streaming,
            idempotency: Idempotency::Unknown,
            http: Vec::new(),
            deprecated: false,
        }),
        metadata: Metadata::default(),
        payload,
        deadline: Some(Instant::now() + PATIENCE),
        principal: Principal::Anonymous,
        source: Source {
            frontend: "test",
            peer: None,
            request_id: "1".into(),
            arrived: std::time::Instant::now(),
        },
    }
}

fn unary(method: &str, message: impl Into<Bytes>) -> Call {
    call(method, Streaming::Unary, Payload::Message(message.into()))
}

fn one_message(reply: Reply) -> Bytes {
    match reply.payload {
        Payload::Message(message) => message,
        Payload::Stream(_) => panic!("a stream where one message was due"),
    }
}

fn messages(reply: Reply) -> Messages {
    match reply.payload {
        Payload::Stream(messages) => messages,
        Payload::Message(_) => panic!("one message where a stream was due"),
    }
}

async fn collect(messages: &mut Messages) -> Result<Vec<Bytes>, CallError> {
    let mut all = Vec::new();
    while let Some(message) = messages.next().await {
        all.push(message?);
    }
    Ok(all)
}

fn text(metadata: &Metadata, name: &str) -> Option<String> {
    metadata.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

fn name(name: &str) -> Name {
    Name::parse(name).expect("legal")
}
