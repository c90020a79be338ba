//! What the clients of the matrix have in common: one HTTP request, and its answer as bytes.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use prost_reflect::DynamicMessage;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Ask, Failed, MESSAGE};
use crate::client::{self, Answer};
use crate::pool;

/// A field that no message of the matrix has, as wire bytes: number 1000, the varint 1.
const UNKNOWN: [u8; 3] = [0xc0, 0x3e, 0x01];

/// The request as wire bytes.
pub fn encode(ask: &Ask<'_>) -> Vec<u8> {
    let descriptor = pool::pool().get_message_by_name(MESSAGE).unwrap();
    let mut bytes = pool::parse(descriptor, ask.message).encode_to_vec();
    if ask.unknown_field {
        bytes.extend_from_slice(&UNKNOWN);
    }
    bytes
}

/// A reply from its wire bytes.
pub fn decode(bytes: &[u8]) -> DynamicMessage {
    let descriptor = pool::pool().get_message_by_name(MESSAGE).unwrap();
    let mut message = DynamicMessage::decode(descriptor, bytes).unwrap();
    drop(message.take_unknown_fields());
    message
}

/// A POST over HTTP/1.1, or over HTTP/2.
pub async fn post(
    address: SocketAddr,
    http2: bool,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let connection = TcpStream::connect(address).await.unwrap();
    connection.set_nodelay(true).unwrap();
    let io = TokioIo::new(connection);
    let uri = if http2 { format!("http://{address}{path}") } else { path.to_owned() };
    let mut request = http::Request::builder().method(Method::POST).uri(uri);
    if !http2 {
        request = request.header("host", address.to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::<Bytes>::new(body.into())).unwrap();
    // Dropped, and with them the connection, when the client leaves.
    let mut tasks = JoinSet::new();
    let response = if http2 {
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
        let (mut sender, connection) = handshake.unwrap();
        tasks.spawn(connection);
        sender.send_request(request).await
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tasks.spawn(connection);
        sender.send_request(request).await
    };
    client::read(response.unwrap(), None, |_| ()).await.unwrap()
}

/// The text of a header; empty where it is not there.
pub fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// An error of that number and message, with the details of a `google.rpc.Status`.
pub fn failed(number: i32, message: &str, details: &[prost_types::Any]) -> Failed {
    let any = pool::pool().get_message_by_name("google.protobuf.Any").unwrap();
    let details = details.iter().map(|detail| {
        let bytes = detail.encode_to_vec();
        let message = DynamicMessage::decode(any.clone(), bytes.as_slice()).unwrap();
        serde_json::from_str(&pool::print(&message)).unwrap()
    });
    Failed {
        code: super::scenarios::CODES[usize::try_from(number).unwrap() - 1].to_owned(),
        message: message.to_owned(),
        details: details.collect(),
    }
}
