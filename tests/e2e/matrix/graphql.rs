//! GraphQL over HTTP, and its subscriptions as server-sent events.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};

use super::{Ask, Failed, Seen, normal, wire};

/// All that a reply can say, with messages within messages three deep.
const SELECTION: &str = "{ name number large huge ratio flag data colour numbers words colours
    nested { ...n } counts { key value } maybe time span mask wrapped object any
    children { ...n } snakeCase small
    choice { ... on EverythingChoiceLeft { left } ... on EverythingChoiceRight { right } } }";
const NESTED: &str = "fragment n on Nested { name depth inner { name depth inner { name depth
    inner { name depth } } } }";

const TYPES: [(&str, &str); 24] = [
    ("name", "String"),
    ("number", "Int"),
    ("large", "Int64"),
    ("huge", "UInt64"),
    ("ratio", "Float"),
    ("flag", "Boolean"),
    ("data", "Bytes"),
    ("colour", "EverythingColour"),
    ("numbers", "[Int!]"),
    ("words", "[String!]"),
    ("colours", "[EverythingColour!]"),
    ("nested", "NestedInput"),
    ("counts", "[EverythingCountsEntryInput!]"),
    ("maybe", "String"),
    ("choice", "EverythingChoiceInput"),
    ("time", "DateTime"),
    ("span", "Duration"),
    ("mask", "String"),
    ("wrapped", "Int64"),
    ("object", "JSON"),
    ("any", "JSON"),
    ("children", "[NestedInput!]"),
    ("snakeCase", "String"),
    ("small", "Float"),
];

pub async fn unary(address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let answer = post("mutation", "plain", "application/json", address, ask).await;
    let body: Value = serde_json::from_slice(&answer.body)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&answer.body)));
    seen("plain", &body)
}

pub async fn stream(address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let answer = post("subscription", "follow", "text/event-stream", address, ask).await;
    let text = String::from_utf8(answer.body).unwrap();
    let mut all = Seen { replies: Vec::new(), failed: None };
    let mut complete = false;
    for event in text.split("\n\n").filter(|event| !event.trim().is_empty()) {
        let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        match line("event: ") {
            Some("next") => {
                let data = serde_json::from_str(line("data: ").unwrap()).unwrap();
                let Seen { replies, failed } = seen("follow", &data);
                all.replies.extend(replies);
                all.failed = all.failed.or(failed);
            }
            Some("complete") => complete = true,
            // A sign of life.
            _ => {}
        }
    }
    assert!(complete, "no end: {text}");
    all
}

async fn post(
    kind: &str,
    field: &str,
    accept: &str,
    address: SocketAddr,
    ask: &Ask<'_>,
) -> crate::client::Answer {
    let variables = arguments(ask.message);
    let has = |name: &str| variables.contains_key(name);
    let used: Vec<_> = TYPES.iter().filter(|(name, _)| has(name)).collect();
    let mut declared: Vec<_> = used.iter().map(|(name, of)| format!("${name}: {of}")).collect();
    let mut given: Vec<_> = used.iter().map(|(name, _)| format!("{name}: ${name}")).collect();
    if ask.unknown_field {
        given.push("nonsense: 1".to_owned());
    }
    let parenthesised = |list: &mut Vec<String>| match list.is_empty() {
        true => String::new(),
        false => format!("({})", list.join(", ")),
    };
    let (declared, given) = (parenthesised(&mut declared), parenthesised(&mut given));
    let query = format!("{kind} {declared} {{ {field}{given} {SELECTION} }} {NESTED}");
    let body = json!({ "query": query, "variables": variables });
    let timeout = ask.patience.map(|patience| format!("{}m", patience.as_millis()));
    let mut headers = vec![("content-type", "application/json"), ("accept", accept)];
    if let Some(timeout) = &timeout {
        headers.push(("grpc-timeout", timeout));
    }
    wire::post(address, false, "/graphql", &headers, body.to_string()).await
}

/// ProtoJSON as the arguments of a field: a map is a list of its entries, a oneof an object.
fn arguments(message: &Value) -> Map<String, Value> {
    let mut arguments = message.as_object().unwrap().clone();
    if let Some(counts) = arguments.get_mut("counts") {
        let entries = counts.as_object().unwrap().iter();
        let entries = entries.map(|(key, value)| json!({ "key": key, "value": value }));
        *counts = entries.collect();
    }
    for member in ["left", "right"] {
        if let Some(value) = arguments.remove(member) {
            arguments.insert("choice".to_owned(), json!({ member: value }));
        }
    }
    arguments
}

fn seen(field: &str, body: &Value) -> Seen {
    if let Some(error) = body["errors"].get(0) {
        let extensions = &error["extensions"];
        let code = match extensions["code"].as_str().unwrap() {
            // The document does not fit the schema.
            "GRAPHQL_VALIDATION_FAILED" => "INVALID_ARGUMENT",
            code => code,
        };
        return Seen::failed(Failed {
            code: code.to_owned(),
            message: error["message"].as_str().unwrap().to_owned(),
            details: extensions["details"].as_array().cloned().unwrap_or_default(),
        });
    }
    let mut reply = body["data"][field].as_object().unwrap().clone();
    reply.retain(|_, value| !value.is_null());
    if let Some(counts) = reply.get_mut("counts") {
        let entries = counts.as_array().unwrap().iter();
        let entries = entries
            .map(|entry| (entry["key"].as_str().unwrap().to_owned(), entry["value"].clone()));
        *counts = Value::Object(entries.collect());
    }
    if let Some(Value::Object(choice)) = reply.remove("choice") {
        reply.extend(choice);
    }
    Seen { replies: vec![normal(&Value::Object(reply))], failed: None }
}
