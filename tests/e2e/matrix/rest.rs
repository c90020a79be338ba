//! REST and JSON.

use std::net::SocketAddr;

use serde_json::Value;

use super::{Ask, Failed, Seen, normal, scenarios, wire};

pub async fn unary(address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let answer = post("/cases.v1.EchoService/Plain", address, ask).await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    match answer.status {
        200 => Seen::reply(&body),
        _ => Seen::failed(failed(&body)),
    }
}

pub async fn stream(address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let answer = post("/v1/watch", address, ask).await;
    let lines = answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut seen = Seen { replies: Vec::new(), failed: None };
    for line in lines {
        let line: Value = serde_json::from_slice(line).unwrap();
        assert!(seen.failed.is_none(), "{line} behind the end");
        match (line.get("result"), line.get("error")) {
            (Some(reply), None) => seen.replies.push(normal(reply)),
            (None, Some(error)) => seen.failed = Some(failed(error)),
            // An error before the first message is a status of its own, and a good end is one, too.
            _ => seen.failed = Some(failed(&line)).filter(|_| !is_ok(&line)),
        }
    }
    seen
}

async fn post(path: &str, address: SocketAddr, ask: &Ask<'_>) -> crate::client::Answer {
    let mut message = ask.message.clone();
    if ask.unknown_field {
        message["nonsense"] = 1.into();
    }
    let timeout = ask.patience.map(|patience| format!("{}m", patience.as_millis()));
    let mut headers = vec![("content-type", "application/json")];
    if let Some(timeout) = &timeout {
        headers.push(("grpc-timeout", timeout));
    }
    wire::post(address, false, path, &headers, message.to_string()).await
}

fn is_ok(status: &Value) -> bool {
    status.get("code").is_none_or(|code| code == 0)
}

fn failed(error: &Value) -> Failed {
    let number = usize::try_from(error["code"].as_u64().unwrap_or_default()).unwrap();
    Failed {
        code: number.checked_sub(1).map_or("OK", |index| scenarios::CODES[index]).to_owned(),
        message: error["message"].as_str().unwrap_or_default().to_owned(),
        details: error["details"].as_array().cloned().unwrap_or_default(),
    }
}
