//! Every frontend times every scenario: what the backend receives and what the client sees must be the
//! same, whatever the client speaks.

mod connect;
mod graphql;
mod grpc;
mod rest;
mod scenarios;
mod soap;
pub mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use prost::Message;
use prost_reflect::DynamicMessage;
use serde_json::Value;
use tokio::time::timeout;

use crate::backend::Backend;
use crate::gateway::{Gateway, LIMIT};
use crate::pool::{self, root};

/// The message of all requests and replies.
const MESSAGE: &str = "cases.v1.Everything";
/// How long a backend may take, so that a silent one costs the test little.
const DEADLINE: &str = "400ms";
/// What a listener takes of one request.
const BODY_LIMIT: usize = 64 * 1024;

/// What a client asks.
pub struct Ask<'a> {
    /// The request, as ProtoJSON.
    pub message: &'a Value,
    /// Whether a field that the message does not have is sent along.
    pub unknown_field: bool,
    /// What the client gives the service.
    pub patience: Option<Duration>,
}

/// What a client sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The replies that came.
    pub replies: Vec<DynamicMessage>,
    /// How it ended; `None` is well.
    pub failed: Option<Failed>,
}

/// An error, as far as every protocol tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// The code's name: `NOT_FOUND`.
    pub code: String,
    pub message: String,
    /// Typed details as ProtoJSON with `@type`.
    pub details: Vec<Value>,
}

impl Seen {
    fn reply(message: &Value) -> Self {
        Self { replies: vec![normal(message)], failed: None }
    }

    fn failed(failed: Failed) -> Self {
        Self { replies: Vec::new(), failed: Some(failed) }
    }
}

/// A protocol as its clients speak it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Rest,
    Graphql,
    Soap11,
    Soap12,
    Grpc,
    GrpcWeb,
    GrpcWebText,
    ConnectJson,
    ConnectProto,
}

impl Protocol {
    const ALL: [Self; 9] = [
        Self::Rest,
        Self::Graphql,
        Self::Soap11,
        Self::Soap12,
        Self::Grpc,
        Self::GrpcWeb,
        Self::GrpcWebText,
        Self::ConnectJson,
        Self::ConnectProto,
    ];

    /// Whether requests are the wire bytes themselves: an unknown field passes through.
    fn is_binary(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcWeb | Self::GrpcWebText | Self::ConnectProto)
    }

    /// One message in, one out.
    async fn unary(self, address: SocketAddr, ask: &Ask<'_>) -> Seen {
        match self {
            Self::Rest => rest::unary(address, ask).await,
            Self::Graphql => graphql::unary(address, ask).await,
            Self::Soap11 | Self::Soap12 => soap::unary(self, address, ask).await,
            Self::Grpc | Self::GrpcWeb | Self::GrpcWebText => {
                grpc::call(self, "Plain", address, ask).await
            }
            Self::ConnectJson | Self::ConnectProto => connect::unary(self, address, ask).await,
        }
    }

    /// One message in, a stream out.
    async fn stream(self, address: SocketAddr, ask: &Ask<'_>) -> Seen {
        match self {
            Self::Rest => rest::stream(address, ask).await,
            Self::Graphql => graphql::stream(address, ask).await,
            Self::Soap11 | Self::Soap12 => soap::stream(self, address, ask).await,
            Self::Grpc | Self::GrpcWeb | Self::GrpcWebText => {
                grpc::call(self, "Follow", address, ask).await
            }
            Self::ConnectJson | Self::ConnectProto => connect::stream(self, address, ask).await,
        }
    }
}

/// A message as it is after a way over the wire, so that equal ones compare as equal.
pub fn normal(json: &Value) -> DynamicMessage {
    let descriptor = pool::pool().get_message_by_name(MESSAGE).unwrap();
    let message = pool::parse(descriptor.clone(), json);
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap()
}

const CONFIG: &str = r#"
contracts:
  - proto:
      files: ["{{cases}}/cases/v1/*.proto"]
      include: ["{{proto}}", "{{cases}}"]
backends:
  scripted: { grpc: { endpoints: ["http://{{backend}}"] }, deadline: {{deadline}}, stream_deadline: {{deadline}} }
services:
  "*": { backend: scripted }
listeners:
  public:
    address: "127.0.0.1:0"
    rest: {}
    graphql: {}
    grpc: {}
    soap: { streams: 5 }
    limits: { body: {{limit}} }
admin: { address: "127.0.0.1:0" }
process: { threads: 1 }
"#;

#[tokio::test]
async fn every_frontend_answers_every_scenario_alike() {
    let backend = Backend::start().await;
    let root = root();
    let config = CONFIG
        .replace("{{proto}}", root.join("proto").to_str().unwrap())
        .replace("{{cases}}", root.join("tests/proto").to_str().unwrap())
        .replace("{{backend}}", &backend.address.to_string())
        .replace("{{deadline}}", DEADLINE)
        .replace("{{limit}}", &BODY_LIMIT.to_string());
    let gateway = Gateway::serve(&config).await;
    let address = gateway.address("public").await;

    let mut problems = Vec::new();
    let mut count = 0;
    for scenario in scenarios::all() {
        for protocol in Protocol::ALL {
            let name = format!("{} by {protocol:?}", scenario.name);
            if std::env::var("CASE").is_ok_and(|wanted| !name.contains(&wanted)) {
                continue;
            }
            count += 1;
            backend.stage.open(&scenario.backend(protocol));
            let told = match timeout(LIMIT, scenario.play(protocol, address)).await {
                Ok(told) => told,
                Err(_) => vec!["it takes too long".to_owned()],
            };
            let at_the_backend = timeout(LIMIT, backend.stage.close()).await;
            let at_the_backend = at_the_backend.unwrap_or(vec!["the call hangs".to_owned()]);
            let all = told.into_iter().chain(at_the_backend);
            problems.extend(all.map(|problem| format!("{name}: {problem}")));
        }
    }
    assert!(problems.is_empty(), "of {count}:\n{}\n{}", problems.join("\n"), gateway.log());
    assert!(std::env::var_os("CASE").is_some() || count > 200, "only {count}");
}
