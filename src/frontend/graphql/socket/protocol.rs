//! The messages of both protocols: what a client says, and what it is told.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::Answer;
use super::super::operation::Ask;
use super::super::refusal::errors_of;
use crate::frontend::websocket::{Close, Text};

/// A client keeps its ids short; each one is held as long as its operation runs.
const LONGEST_ID: usize = 256;

/// A message that is not as the protocol has it.
const BAD_REQUEST: u16 = 4400;

/// What is spoken over a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// That of npm's `graphql-ws`, called `graphql-transport-ws`: "GraphQL over WebSocket Protocol",
    /// PROTOCOL.md of that package.
    Transport,
    /// That of npm's `subscriptions-transport-ws`, called `graphql-ws`: PROTOCOL.md of that package.
    Legacy,
}

/// What a client says. Ids are kept as they stand in JSON.
#[derive(Debug)]
pub enum Said {
    /// Who it is.
    Init(Map<String, Value>),
    /// It wants a sign of life with that payload.
    Ping(Option<Value>),
    /// It gives a sign of life.
    Pong,
    /// It asks for an operation.
    Start {
        /// Its own name for it.
        id: String,
        /// What it asks.
        ask: Ask,
    },
    /// It wants no more of an operation.
    Stop {
        /// Its own name for it.
        id: String,
    },
    /// It leaves.
    Terminate,
}

/// Any message of a client.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    payload: Option<Value>,
}

impl Protocol {
    /// In the order in which they stand in messages.
    pub const ALL: [Self; 2] = [Self::Transport, Self::Legacy];

    /// As `Sec-WebSocket-Protocol` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transport => "graphql-transport-ws",
            Self::Legacy => "graphql-ws",
        }
    }

    /// Reads a message; the error is how the WebSocket ends.
    pub fn parse(self, text: &str) -> Result<Said, Close> {
        let message: Message = serde_json::from_str(text)
            .map_err(|error| bad_request(format!("cannot read the message: {error}")))?;
        let Message { kind, id, payload } = message;
        match (self, kind.as_str()) {
            (_, "connection_init") => match payload {
                None | Some(Value::Null) => Ok(Said::Init(Map::new())),
                Some(Value::Object(payload)) => Ok(Said::Init(payload)),
                Some(_) => Err(bad_request("the payload of connection_init is not an object")),
            },
            (Self::Transport, "ping") => Ok(Said::Ping(payload.filter(|value| !value.is_null()))),
            (Self::Transport, "pong") => Ok(Said::Pong),
            (Self::Transport, "subscribe") | (Self::Legacy, "start") => {
                let id = self.id(&kind, id)?;
                let payload = payload.unwrap_or_default();
                let ask = ask(payload)
                    .map_err(|why| bad_request(format!("the payload of {kind}: {why}")))?;
                Ok(Said::Start { id, ask })
            }
            (Self::Transport, "complete") | (Self::Legacy, "stop") => {
                Ok(Said::Stop { id: self.id(&kind, id)? })
            }
            (Self::Legacy, "connection_terminate") => Ok(Said::Terminate),
            (_, kind) => {
                let kind: String = kind.chars().take(40).collect();
                Err(bad_request(format!("no message of a client has the type {kind:?}")))
            }
        }
    }

    fn id(self, kind: &str, id: Option<Value>) -> Result<String, Close> {
        let json = match id {
            Some(Value::String(id)) if !id.is_empty() => Value::String(id).to_string(),
            // Old clients count.
            Some(Value::Number(id)) if self == Self::Legacy => id.to_string(),
            _ => return Err(bad_request(format!("{kind} has no id, a string that is not empty"))),
        };
        match json.len() <= LONGEST_ID {
            true => Ok(json),
            false => {
                Err(bad_request(format!("the id of {kind} is longer than {LONGEST_ID} bytes")))
            }
        }
    }

    /// All is well with who the client says it is.
    pub fn ack(self) -> Text {
        Text::from_static("{\"type\":\"connection_ack\"}")
    }

    /// A sign of life.
    pub fn pong(self, payload: Option<&Value>) -> Text {
        match payload {
            None => Text::from_static("{\"type\":\"pong\"}"),
            Some(payload) => format!("{{\"type\":\"pong\",\"payload\":{payload}}}").into(),
        }
    }

    /// What tells an old client that the connection lives.
    pub fn keep_alive(self) -> Text {
        Text::from_static("{\"type\":\"ka\"}")
    }

    /// An answer of an operation. The error is an answer that is not UTF-8.
    pub fn next(self, id: &str, answer: &Answer) -> Result<Text, std::str::Utf8Error> {
        let kind = match self {
            Self::Transport => "next",
            Self::Legacy => "data",
        };
        let mut message = Vec::with_capacity(answer.body.len() + id.len() + 40);
        for part in ["{\"id\":", id, ",\"type\":\"", kind, "\",\"payload\":"] {
            message.extend_from_slice(part.as_bytes());
        }
        message.extend_from_slice(&answer.body);
        message.push(b'}');
        Text::try_from(bytes::Bytes::from(message))
    }

    /// An operation that failed. Nothing follows it.
    pub fn error(self, id: &str, answer: &Answer) -> Text {
        let errors = errors_of(answer);
        let payload = match self {
            Self::Transport => errors,
            // Of old it was one error; those who read it look for more of them in here.
            Self::Legacy => {
                let message = errors[0]["message"].clone();
                serde_json::json!({ "message": message, "errors": errors })
            }
        };
        format!("{{\"id\":{id},\"type\":\"error\",\"payload\":{payload}}}").into()
    }

    /// The end of an operation.
    pub fn complete(self, id: &str) -> Text {
        format!("{{\"id\":{id},\"type\":\"complete\"}}").into()
    }

    /// What is said before the WebSocket is closed for what the client did, if anything.
    pub fn before_close(self, close: &Close) -> Option<Text> {
        (self == Self::Legacy).then(|| {
            let payload = serde_json::json!({ "message": close.reason() });
            format!("{{\"type\":\"connection_error\",\"payload\":{payload}}}").into()
        })
    }
}

/// 4400, with the reason.
pub fn bad_request(reason: impl AsRef<str>) -> Close {
    Close::of_protocol(BAD_REQUEST, reason.as_ref())
}

fn ask(payload: Value) -> Result<Ask, String> {
    let ask: Ask = serde_json::from_value(payload).map_err(|error| error.to_string())?;
    let names_none = ask.query.is_none() && ask.extensions.is_none() && ask.document_id.is_none();
    match names_none {
        true => Err("there is no query".to_owned()),
        false => Ok(ask),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::graphql::Verdict;

    fn closed(protocol: Protocol, text: &str) -> String {
        let close = protocol.parse(text).unwrap_err();
        assert_eq!(close.code(), 4400, "{text}");
        close.reason().to_owned()
    }

    #[test]
    fn messages_that_are_not_as_they_must_be_are_told_why() {
        use Protocol::{Legacy, Transport};
        for (protocol, text, why) in [
            (Transport, "{", "cannot read the message: EOF"),
            (Transport, "[]", "cannot read the message: "),
            (Transport, r#"{"type":1}"#, "cannot read the message: invalid type"),
            (Transport, r#"{"type":"start","id":"1"}"#, r#"has the type "start""#),
            (Legacy, r#"{"type":"subscribe","id":"1"}"#, r#"has the type "subscribe""#),
            (Legacy, r#"{"type":"ping"}"#, r#"has the type "ping""#),
            (Transport, r#"{"type":"connection_init","payload":1}"#, "not an object"),
            (Transport, r#"{"type":"complete"}"#, "complete has no id"),
            (Transport, r#"{"type":"complete","id":""}"#, "complete has no id"),
            (Transport, r#"{"type":"subscribe","id":1}"#, "subscribe has no id"),
            (Transport, r#"{"type":"subscribe","id":"1"}"#, "the payload of subscribe: "),
            (Transport, r#"{"type":"subscribe","id":"1","payload":{}}"#, "there is no query"),
            (Transport, r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#, "invalid type"),
            (Legacy, r#"{"type":"start","id":"1","payload":{"query":"{a}","variables":1}}"#, ""),
        ] {
            let told = closed(protocol, text);
            assert!(told.contains(why), "{text}: {told}");
        }
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "a".repeat(300));
        assert_eq!(closed(Transport, &long), "the id of complete is longer than 256 bytes");
    }

    #[test]
    fn an_operation_is_read_with_all_that_belongs_to_it() {
        let text = r#"{"type":"subscribe","id":"a\"b","payload":{"query":"{a}","operationName":null,
            "variables":{"n":1},"extensions":{"x":2}},"more":1}"#;
        let Said::Start { id, ask } = Protocol::Transport.parse(text).unwrap() else {
            panic!("not read as an operation")
        };
        assert_eq!((id.as_str(), ask.query.as_deref()), (r#""a\"b""#, Some("{a}")));
        assert_eq!((ask.operation_name, ask.variables.len()), (None, 1));
        assert_eq!(ask.extensions.unwrap()["x"], 2);
        let text = r#"{"type":"start","id":7,"payload":{"query":"{a}","variables":null}}"#;
        let Said::Start { id, .. } = Protocol::Legacy.parse(text).unwrap() else {
            panic!("not read as an operation")
        };
        assert_eq!(id, "7");
    }

    #[test]
    fn failures_are_told_as_each_protocol_has_them() {
        let body = r#"{"errors":[{"message":"no"}]}"#;
        let answer = Answer { body: body.into(), verdict: Verdict::Invalid };
        assert_eq!(
            Protocol::Transport.error("\"1\"", &answer).as_str(),
            r#"{"id":"1","type":"error","payload":[{"message":"no"}]}"#
        );
        assert_eq!(
            Protocol::Legacy.error("1", &answer).as_str(),
            r#"{"id":1,"type":"error","payload":{"errors":[{"message":"no"}],"message":"no"}}"#
        );
    }
}
