//! What is asked, what the backend is to see and to answer, and what the client is to see.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Ask, BODY_LIMIT, Failed, Protocol, Seen, normal};
use crate::case::{Misbehaviour, Script, Status};

/// One row of the matrix.
pub struct Scenario {
    pub name: String,
    request: Value,
    kind: Kind,
}

enum Kind {
    /// The reply is the request.
    Echo,
    /// A field that the message does not have is sent along.
    UnknownField,
    /// The service answers with a status.
    Status(Status),
    /// The service does not answer, and the client does not say how long it waits.
    Silent,
    /// The service does not answer, and the client has little patience.
    Impatient,
    /// The client leaves while the service is silent.
    Leaves,
    /// The request is larger than the listener takes.
    Oversized,
    /// The request once, then so many replies, then an end.
    Stream(usize, Option<Status>),
}

pub const CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

pub fn all() -> Vec<Scenario> {
    let mut all = vec![
        echo("plain", json!({ "name": "a", "number": 1 })),
        echo("empty", json!({})),
        echo("every scalar", every_scalar()),
        echo(
            "the least",
            json!({ "number": i32::MIN, "large": i64::MIN.to_string(), "ratio": f64::MIN,
                    "small": -1.5e38, "time": "0001-01-01T00:00:00Z", "span": "-86400.000000001s" }),
        ),
        echo(
            "the most",
            json!({ "number": i32::MAX, "large": i64::MAX.to_string(), "huge": u64::MAX.to_string(),
                    "ratio": f64::MAX, "small": 1.5e38, "time": "9999-12-31T23:59:59.999999999Z",
                    "span": "86400.000000001s", "wrapped": i64::MAX.to_string() }),
        ),
        echo("zeroes with presence", json!({ "maybe": "", "wrapped": "0", "left": "" })),
        echo(
            "unicode",
            json!({ "name": "Grüße, 世界, \u{1F600}, e\u{301}, \u{202E}abc\u{202C}, \u{2028}, \u{FEFF}",
                    "words": ["<&>\"'", "]]>", " leading and trailing ", "\t\r\n", "\\u0041\\n", ""] }),
        ),
        echo("bytes", json!({ "data": base64(&(0..=255).collect::<Vec<u8>>()) })),
        echo(
            "nested list",
            json!({ "children": [
                { "name": "a", "inner": { "name": "b", "depth": 2, "inner": { "depth": 3 } } },
                {},
                { "name": "c", "inner": {} },
            ] }),
        ),
        echo("a map", json!({ "counts": { "": 1, "a b": 2, "<é>": -3 } })),
        Scenario {
            name: "unknown field".to_owned(),
            request: json!({ "name": "a" }),
            kind: Kind::UnknownField,
        },
        Scenario { name: "silent backend".to_owned(), request: json!({}), kind: Kind::Silent },
        Scenario { name: "deadline".to_owned(), request: json!({}), kind: Kind::Impatient },
        Scenario { name: "client leaves".to_owned(), request: json!({}), kind: Kind::Leaves },
        Scenario {
            name: "oversized".to_owned(),
            request: json!({ "name": "x".repeat(BODY_LIMIT + 1) }),
            kind: Kind::Oversized,
        },
        stream("stream", 3, None),
        stream("empty stream", 0, None),
        stream("stream that fails", 2, Some(status(14, "gone"))),
        stream("stream that fails at once", 0, Some(status(5, "no such thing"))),
    ];
    for (number, name) in (1..).zip(CODES) {
        all.push(Scenario {
            name: name.to_owned(),
            request: json!({ "name": "a" }),
            kind: Kind::Status(status(number, "was <told> so")),
        });
    }
    all
}

impl Scenario {
    /// What the backend is to see and to do.
    pub fn backend(&self, protocol: Protocol) -> Vec<Script> {
        let script = |value: Value| -> Script { serde_json::from_value(value).unwrap() };
        let plain = "cases.v1.EchoService/Plain";
        let request = &self.request;
        let one = match &self.kind {
            Kind::Echo => json!({ "method": plain, "request": request, "reply": request }),
            Kind::UnknownField if !protocol.is_binary() => return Vec::new(),
            Kind::UnknownField => json!({ "method": plain, "reply": request }),
            Kind::Oversized => return Vec::new(),
            Kind::Silent | Kind::Impatient | Kind::Leaves => {
                let mut script = script(json!({ "method": plain, "request": request }));
                script.then = Some(Misbehaviour::Silent);
                return vec![script];
            }
            Kind::Status(status) => {
                let mut script = script(json!({ "method": plain, "request": request }));
                script.status = Some(status.clone());
                return vec![script];
            }
            Kind::Stream(count, status) => {
                let follow = "cases.v1.EchoService/Follow";
                let replies: Vec<Value> = (0..*count).map(nth).collect();
                let mut script =
                    script(json!({ "method": follow, "request": request, "replies": replies }));
                script.status = status.clone();
                return vec![script];
            }
        };
        vec![script(one)]
    }

    /// Asks, and tells what is not as it should be.
    pub async fn play(&self, protocol: Protocol, address: SocketAddr) -> Vec<String> {
        let ask = Ask {
            message: &self.request,
            unknown_field: matches!(self.kind, Kind::UnknownField),
            patience: matches!(self.kind, Kind::Impatient).then_some(Duration::from_millis(100)),
        };
        let failed = |code: &str, message: &str| {
            let (code, message) = (code.to_owned(), message.to_owned());
            Seen::failed(Failed { code, message, details: Vec::new() })
        };
        let (seen, expected) = match &self.kind {
            Kind::Leaves => {
                let patience = Duration::from_millis(100);
                let left = tokio::time::timeout(patience, protocol.unary(address, &ask)).await;
                return left.ok().map(|seen| format!("an answer: {seen:?}")).into_iter().collect();
            }
            Kind::Stream(count, status) => {
                let replies: Vec<_> = (0..*count).map(|n| normal(&nth(n))).collect();
                let failed = status.as_ref().map(told);
                // A list is whole, or it is not there.
                let replies = match (protocol, &failed) {
                    (Protocol::Soap11 | Protocol::Soap12, Some(_)) => Vec::new(),
                    _ => replies,
                };
                (protocol.stream(address, &ask).await, Seen { replies, failed })
            }
            Kind::Echo => (protocol.unary(address, &ask).await, Seen::reply(&self.request)),
            Kind::UnknownField if protocol.is_binary() => {
                (protocol.unary(address, &ask).await, Seen::reply(&self.request))
            }
            Kind::UnknownField => {
                (protocol.unary(address, &ask).await, failed("INVALID_ARGUMENT", "[unsaid]"))
            }
            Kind::Status(status) => {
                (protocol.unary(address, &ask).await, Seen::failed(told(status)))
            }
            Kind::Silent => {
                let message = "the backend did not answer in time";
                (protocol.unary(address, &ask).await, failed("DEADLINE_EXCEEDED", message))
            }
            Kind::Impatient => {
                let began = std::time::Instant::now();
                let seen = protocol.unary(address, &ask).await;
                if began.elapsed() < Duration::from_millis(90) {
                    return vec![format!("not even waited for: {seen:?}")];
                }
                (seen, failed("DEADLINE_EXCEEDED", "[..]"))
            }
            Kind::Oversized => {
                (protocol.unary(address, &ask).await, failed("RESOURCE_EXHAUSTED", "[..]"))
            }
        };
        if is_alike(&seen, &expected) {
            return Vec::new();
        }
        vec![format!("seen {}\n  in the place of {}", short(&seen), short(&expected))]
    }
}

/// Messages of the gateway's own (`[..]`) may differ with the protocol.
fn is_alike(seen: &Seen, expected: &Seen) -> bool {
    match (&seen.failed, &expected.failed) {
        (Some(one), Some(other)) if other.message.starts_with('[') => {
            one.code == other.code && seen.replies == expected.replies
        }
        _ => seen == expected,
    }
}

fn short(seen: &Seen) -> String {
    let replies: Vec<String> = seen.replies.iter().map(crate::pool::print).collect();
    format!("{:.2000} {:?}", replies.join(", "), seen.failed)
}

fn echo(name: &str, request: Value) -> Scenario {
    Scenario { name: name.to_owned(), request, kind: Kind::Echo }
}

fn stream(name: &str, count: usize, status: Option<Status>) -> Scenario {
    let kind = Kind::Stream(count, status);
    Scenario { name: name.to_owned(), request: json!({ "name": "a" }), kind }
}

fn nth(index: usize) -> Value {
    json!({ "name": "one of them", "number": index, "words": vec!["again"; index] })
}

fn status(code: i32, message: &str) -> Status {
    let details = vec![
        json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "WHY",
                "domain": "shop.test", "metadata": { "key": "value" } }),
        json!({ "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "field": "name", "description": "too short" }] }),
    ];
    Status { code, message: message.to_owned(), details }
}

fn told(status: &Status) -> Failed {
    let code = CODES[usize::try_from(status.code).unwrap() - 1].to_owned();
    Failed { code, message: status.message.clone(), details: status.details.clone() }
}

fn every_scalar() -> Value {
    json!({
        "name": "a", "number": -1, "large": "-9007199254740993", "huge": "9007199254740993",
        "ratio": 0.1, "flag": true, "data": "AAEC/w==", "colour": "GREEN", "numbers": [1, -2, 0],
        "words": ["one", "two"], "colours": ["RED", "COLOUR_UNSPECIFIED"],
        "nested": { "name": "b", "depth": 1 }, "counts": { "a": 1 }, "maybe": "so", "right": 7,
        "time": "2026-01-31T12:00:00.5Z", "span": "3.5s", "mask": "name,snakeCase", "wrapped": "5",
        "object": { "a": [1.5, null, { "b": "c" }] },
        "any": { "@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s" },
        "snakeCase": "d", "small": 1.5,
    })
}

pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
