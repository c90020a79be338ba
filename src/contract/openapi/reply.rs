//! What a call is answered when all is well.

use serde_json::{Map, Value, json};

use super::operation::{is_raw, response_headers};
use super::schema::Schemas;
use super::uses::Way;
use super::{Binding, errors, scalar};
use crate::contract::http_rule::Body;
use crate::contract::shape::Field;
use crate::contract::view::View;

/// The responses of a call that succeeded, and those that say why there is no more to it.
pub fn responses(view: &View, binding: &Binding, schemas: &mut Schemas<'_>) -> Map<String, Value> {
    let operation = &binding.operation;
    let unary = !operation.streaming.server();
    let is_raw = is_any(view, binding);
    let takes_body = binding.rule.body != Body::None;
    let mut responses = errors::of_operation(takes_body, !is_raw);
    let bare = |about: &str| json!({ "description": about, "headers": response_headers() });
    let reads = binding.rule.method == "GET";
    if unary && reads && schemas.options.etag {
        let about = "The client has it already, as its `If-None-Match` says.";
        responses.insert("304".into(), bare(about));
    }
    if unary && !reads && schemas.options.minimal {
        let about = "All is well, and `Prefer: return=minimal` asks for no more.";
        responses.insert("204".into(), bare(about));
    }
    responses.insert("200".into(), response(view, binding, schemas));
    responses
}

/// Whether the reply is a body of any type.
fn is_any(view: &View, binding: &Binding) -> bool {
    let id = binding.operation.output;
    match output_field(view, binding) {
        None => is_raw(view, id),
        Some(field) => {
            field.message().filter(|_| !field.is_repeated()).is_some_and(|id| is_raw(view, id))
        }
    }
}

fn output_field<'v>(view: &'v View, binding: &Binding) -> Option<&'v Field> {
    let id = binding.operation.output;
    let index = view.table(id).index(binding.rule.response_body.as_ref()?.as_bytes())?;
    view.shapes().get(id).fields.get(index)
}

/// The response of status 200.
fn response(view: &View, binding: &Binding, schemas: &mut Schemas<'_>) -> Value {
    let operation = &binding.operation;
    let is_stream = operation.streaming.server();
    let content = match message(view, binding, schemas) {
        None => json!({ "*/*": {} }),
        Some(message) if is_stream => message.stream(schemas),
        Some(Message { schema, example, .. }) => {
            json!({ "application/json": media(schema, example) })
        }
    };
    let about = match is_stream {
        true => "The messages, as they come.",
        false => "What the service replied.",
    };
    json!({ "description": about, "headers": response_headers(), "content": content })
}

struct Message {
    schema: Value,
    example: Option<Value>,
}

/// What one message is written as; `None` where it is a body of any type.
fn message(view: &View, binding: &Binding, schemas: &Schemas<'_>) -> Option<Message> {
    let id = binding.operation.output;
    if is_any(view, binding) {
        return None;
    }
    let Some(field) = output_field(view, binding) else {
        let schema = schemas.message(id, Way::Out);
        let example = schemas.example(id, Way::Out, &|_| true);
        return Some(Message { schema, example });
    };
    let single = field.message().filter(|_| !field.is_repeated());
    let mut schema = schemas.value(field, Way::Out);
    if single.is_some() {
        // A message that the reply does not have is `null`.
        schema = scalar::nullable(schema);
    }
    Some(Message { schema, example: schemas.example_of_field(field, Way::Out) })
}

impl Message {
    /// The forms of a stream.
    fn stream(self, schemas: &mut Schemas<'_>) -> Value {
        let Self { schema, example } = self;
        let failed = json!({
            "type": "object",
            "properties": { "error": errors::in_stream(schemas.options) },
            "required": ["error"],
            "additionalProperties": false,
        });
        let line = || {
            json!({
                "description": "A line of a stream: a message, or how the stream ended.",
                "oneOf": [
                    {
                        "type": "object",
                        "properties": { "result": schema.clone() },
                        "required": ["result"],
                        "additionalProperties": false,
                    },
                    failed.clone(),
                    {
                        "type": "object",
                        "properties": {
                            "status": {
                                "type": "object",
                                "properties": {
                                    "code": { "const": 0 },
                                    "message": { "type": "string" },
                                },
                                "required": ["code", "message"],
                            },
                        },
                        "required": ["status"],
                        "additionalProperties": false,
                    },
                ],
            })
        };
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|target| {
            let (_, name) = target.rsplit_once('/')?;
            Some(format!("{name}-line"))
        });
        let line = match name {
            Some(name) => schemas.add(&name, line),
            None => line(),
        };
        let of_line = example.clone().map(|example| json!({ "result": example }));
        let of_array = example.map(|example| json!([example]));
        let array = json!({ "type": "array", "items": { "anyOf": [schema, failed] } });
        let events = json!({
            "schema": {
                "type": "string",
                "description": "Server-sent events: a message as the data of each, then one of \
                                type `end` with the status of the stream, or one of type `error`.",
            },
        });
        json!({
            "application/x-ndjson": media(line, of_line),
            "text/event-stream": events,
            "application/json": media(array, of_array),
        })
    }
}

fn media(schema: Value, example: Option<Value>) -> Value {
    let mut media = Map::new();
    media.insert("schema".into(), schema);
    if let Some(example) = example {
        media.insert("example".into(), example);
    }
    media.into()
}
