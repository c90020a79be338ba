//! gRPC and gRPC-Web, written out.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use prost::Message;

use super::{Ask, Failed, Protocol, Seen, wire};
use crate::frames;

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// The flag of gRPC-Web's last frame.
const TRAILERS: u8 = 0x80;

pub async fn call(protocol: Protocol, method: &str, address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let frame = frames::frame(&wire::encode(ask));
    let timeout = ask.patience.map(|patience| format!("{}m", patience.as_millis()));
    let (content_type, body) = match protocol {
        Protocol::GrpcWeb => ("application/grpc-web+proto", frame),
        Protocol::GrpcWebText => ("application/grpc-web-text", STANDARD.encode(frame).into()),
        _ => ("application/grpc", frame),
    };
    let mut headers = vec![("content-type", content_type), ("te", "trailers")];
    if let Some(timeout) = &timeout {
        headers.push(("grpc-timeout", timeout));
    }
    let native = protocol == Protocol::Grpc;
    let path = format!("/cases.v1.EchoService/{method}");
    let answer = wire::post(address, native, &path, &headers, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(wire::text(&answer.headers, "content-type").starts_with(content_type), "{answer:?}");
    let mut body = match protocol {
        Protocol::GrpcWebText => unpack(&answer.body),
        _ => answer.body,
    };
    let mut trailers = answer.trailers;
    if answer.headers.contains_key("grpc-status") {
        trailers.extend(answer.headers);
    } else if !native {
        trailers = cut_trailers(&mut body);
    }
    let messages = frames::messages(&body, None).unwrap();
    let replies = messages.iter().map(|message| wire::decode(message)).collect();
    Seen { replies, failed: ended(&trailers) }
}

/// Base64 in pieces, each of which may be padded.
fn unpack(text: &[u8]) -> Vec<u8> {
    let quartets = text.chunks(4).map(|quartet| {
        let end = quartet.iter().position(|byte| *byte == b'=').unwrap_or(quartet.len());
        STANDARD_NO_PAD.decode(&quartet[..end]).unwrap()
    });
    quartets.collect::<Vec<_>>().concat()
}

/// Takes the frame of trailers off the end.
fn cut_trailers(body: &mut Vec<u8>) -> HeaderMap {
    let mut start = 0;
    while body[start] != TRAILERS {
        let length: [u8; 4] = body[start + 1..start + 5].try_into().unwrap();
        start += 5 + u32::from_be_bytes(length) as usize;
    }
    let text = String::from_utf8(body.split_off(start).split_off(5)).unwrap();
    let lines = text.lines().map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        let name: http::HeaderName = name.parse().unwrap();
        (name, value.trim().parse().unwrap())
    });
    lines.collect()
}

fn ended(trailers: &HeaderMap) -> Option<Failed> {
    let number: i32 = wire::text(trailers, "grpc-status").parse().unwrap();
    if number == 0 {
        return None;
    }
    let message = percent_decode_str(wire::text(trailers, "grpc-message")).decode_utf8().unwrap();
    let details = wire::text(trailers, "grpc-status-details-bin");
    let details = STANDARD_NO_PAD.decode(details.trim_end_matches('=')).unwrap();
    let status = Status::decode(details.as_slice()).unwrap();
    if !details.is_empty() {
        assert_eq!((status.code, status.message.as_str()), (number, &*message));
    }
    Some(wire::failed(number, &message, &status.details))
}
