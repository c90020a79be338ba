//! Schemas of scalars and of the types that ProtoJSON writes in a form of their own.

use serde_json::{Map, Value, json};

use super::uses::Way;
use crate::contract::shape::{Kind, WellKnown};

/// The schema of a scalar as JSON. Enums and messages have none here.
pub fn json(kind: Kind, way: Way) -> Value {
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({ "type": "integer", "format": "int32" })
        }
        Kind::Uint32 | Kind::Fixed32 => {
            json!({ "type": "integer", "format": "uint32", "minimum": 0, "maximum": u32::MAX })
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => long("int64", "^(0|-?[1-9][0-9]*)$", way),
        Kind::Uint64 | Kind::Fixed64 => long("uint64", "^(0|[1-9][0-9]*)$", way),
        Kind::Double => float("double"),
        Kind::Float => float("float"),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::String => json!({ "type": "string" }),
        Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Kind::Enum(_) | Kind::Message(_) | Kind::Group(_) => json!({}),
    }
}

/// The schema of a scalar as text in a path or a query, where a number has no other form.
pub fn text(kind: Kind) -> Value {
    match kind {
        Kind::Double => json!({ "type": "number", "format": "double" }),
        Kind::Float => json!({ "type": "number", "format": "float" }),
        kind => json(kind, Way::Out),
    }
}

/// 64 bits are more than a JSON number holds everywhere, so they are written as text; a number is
/// read as well.
fn long(format: &str, pattern: &str, way: Way) -> Value {
    let kind = match way {
        Way::In => json!(["string", "integer"]),
        Way::Out => json!("string"),
    };
    let mut schema = Map::new();
    schema.insert("type".into(), kind);
    schema.insert("format".into(), format.into());
    schema.insert("pattern".into(), pattern.into());
    if format == "uint64" && way == Way::In {
        schema.insert("minimum".into(), 0.into());
    }
    schema.into()
}

fn float(format: &str) -> Value {
    json!({
        "anyOf": [
            { "type": "number", "format": format },
            { "type": "string", "enum": ["NaN", "Infinity", "-Infinity"] },
        ]
    })
}

/// Whether a scalar is read in more forms than it is written in.
pub fn differs(kind: Kind) -> bool {
    !matches!(kind, Kind::Enum(_) | Kind::Message(_) | Kind::Group(_))
        && json(kind, Way::In) != json(kind, Way::Out)
}

/// The same of a well-known type.
pub fn known_differs(known: WellKnown) -> bool {
    matches!(known, WellKnown::Wrapper(kind) if differs(kind))
}

/// The schema of a well-known type as JSON. `closed`: requests with unknown fields are refused.
pub fn well_known(known: WellKnown, way: Way, closed: bool) -> Value {
    match known {
        WellKnown::Any => json!({
            "type": "object",
            "description": "A message of any type, which `@type` names; a type with a JSON form of \
                            its own stands in `value`.",
            "properties": { "@type": { "type": "string" } },
            "additionalProperties": true,
        }),
        WellKnown::Timestamp => json!({ "type": "string", "format": "date-time" }),
        WellKnown::Duration => {
            json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$" })
        }
        WellKnown::FieldMask => json!({ "type": "string" }),
        WellKnown::Struct => json!({ "type": "object", "additionalProperties": true }),
        WellKnown::Value => json!({}),
        WellKnown::ListValue => json!({ "type": "array", "items": {} }),
        WellKnown::Empty if closed => json!({ "type": "object", "additionalProperties": false }),
        WellKnown::Empty => json!({ "type": "object" }),
        WellKnown::Wrapper(kind) => nullable(json(kind, way)),
    }
}

/// The schema of a well-known type as text; `None` where it has no text form.
pub fn well_known_text(known: WellKnown) -> Option<Value> {
    match known {
        WellKnown::Timestamp | WellKnown::Duration | WellKnown::FieldMask => {
            Some(well_known(known, Way::Out, false))
        }
        WellKnown::Wrapper(kind) => Some(text(kind)),
        _ => None,
    }
}

/// What admits `null`, too.
pub fn nullable(mut schema: Value) -> Value {
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.push(json!({ "type": "null" }));
        return schema;
    }
    if schema.get("$ref").is_some() {
        return json!({ "anyOf": [schema, { "type": "null" }] });
    }
    match schema.get_mut("type") {
        Some(Value::Array(types)) => types.push("null".into()),
        Some(name) => *name = json!([name.take(), "null"]),
        // What admits everything admits null.
        None => {}
    }
    schema
}

/// The pattern of a map's keys, which JSON has as text; `None` where any text will do.
pub fn keys(kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Bool => json!({ "enum": ["true", "false"] }),
        Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Fixed64 => {
            json!({ "pattern": "^[0-9]+$" })
        }
        Kind::String => return None,
        _ => json!({ "pattern": "^-?[0-9]+$" }),
    })
}
