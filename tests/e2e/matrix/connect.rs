//! Connect, written out.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost_reflect::DynamicMessage;
use serde_json::Value;

use super::{Ask, Failed, Protocol, Seen, normal, scenarios, wire};
use crate::frames;

/// The flag of a stream's last message.
const END: u8 = 0b10;

pub async fn unary(protocol: Protocol, address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let content_type = match protocol {
        Protocol::ConnectJson => "application/json",
        _ => "application/proto",
    };
    let answer = post(protocol, content_type, "Plain", address, ask).await;
    if answer.status == 200 {
        assert_eq!(wire::text(&answer.headers, "content-type"), content_type);
        return Seen { replies: vec![decode(protocol, &answer.body)], failed: None };
    }
    assert_eq!(wire::text(&answer.headers, "content-type"), "application/json");
    Seen::failed(failed(&serde_json::from_slice(&answer.body).unwrap()))
}

pub async fn stream(protocol: Protocol, address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let content_type = match protocol {
        Protocol::ConnectJson => "application/connect+json",
        _ => "application/connect+proto",
    };
    let answer = post(protocol, content_type, "Follow", address, ask).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(wire::text(&answer.headers, "content-type"), content_type);
    let mut body = answer.body.as_slice();
    let mut replies = Vec::new();
    loop {
        let (head, rest) = body.split_first_chunk::<5>().expect("a stream says how it ends");
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let (message, rest) = rest.split_at(length);
        if head[0] == END {
            assert!(rest.is_empty(), "something behind the end");
            let end: Value = serde_json::from_slice(message).unwrap();
            return Seen { replies, failed: end.get("error").map(failed) };
        }
        replies.push(decode(protocol, message));
        body = rest;
    }
}

async fn post(
    protocol: Protocol,
    content_type: &str,
    method: &str,
    address: SocketAddr,
    ask: &Ask<'_>,
) -> crate::client::Answer {
    let message = match protocol {
        Protocol::ConnectJson => {
            let mut message = ask.message.clone();
            if ask.unknown_field {
                message["nonsense"] = 1.into();
            }
            message.to_string().into_bytes()
        }
        _ => wire::encode(ask),
    };
    let body = match content_type.starts_with("application/connect+") {
        true => frames::frame(&message),
        false => message.into(),
    };
    let timeout = ask.patience.map(|patience| patience.as_millis().to_string());
    let mut headers = vec![("content-type", content_type), ("connect-protocol-version", "1")];
    if let Some(timeout) = &timeout {
        headers.push(("connect-timeout-ms", timeout));
    }
    let path = format!("/cases.v1.EchoService/{method}");
    wire::post(address, false, &path, &headers, body).await
}

fn decode(protocol: Protocol, body: &[u8]) -> DynamicMessage {
    match protocol {
        Protocol::ConnectJson => normal(&serde_json::from_slice(body).unwrap()),
        _ => wire::decode(body),
    }
}

fn failed(error: &Value) -> Failed {
    // Connect has one l fewer.
    let code = error["code"].as_str().unwrap().replace("canceled", "cancelled").to_uppercase();
    let number = scenarios::CODES.iter().zip(1..).find(|(name, _)| **name == code);
    let details = error["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let details = details.iter().map(|detail| prost_types::Any {
        type_url: format!("type.googleapis.com/{}", detail["type"].as_str().unwrap()),
        value: STANDARD_NO_PAD.decode(detail["value"].as_str().unwrap()).unwrap(),
    });
    let details: Vec<_> = details.collect();
    let message = error["message"].as_str().unwrap_or_default();
    wire::failed(number.unwrap_or_else(|| panic!("{error}")).1, message, &details)
}
