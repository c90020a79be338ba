//! The scalars that GraphQL does not define, and which literals they take.

use async_graphql::Value;
use async_graphql::dynamic;

use crate::contract::graphql::Scalar;

/// The scalar's definition; `None` for those that GraphQL defines.
pub fn definition(scalar: Scalar) -> Option<dynamic::Scalar> {
    let defined = dynamic::Scalar::new(scalar.name()).description(scalar.description()?);
    let defined = match scalar.specified_by() {
        Some(url) => defined.specified_by_url(url),
        None => defined,
    };
    Some(defined.validator(move |value| takes(scalar, value)))
}

/// Whether a literal is of the right kind. Whether it is in range is seen when it is read.
fn takes(scalar: Scalar, value: &Value) -> bool {
    let is_whole = |value: &Value| match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    match scalar {
        Scalar::Int64 | Scalar::UInt64 => matches!(value, Value::String(_)) || is_whole(value),
        Scalar::UInt32 => is_whole(value),
        // An uploaded file is bytes as they are.
        Scalar::Bytes => matches!(value, Value::String(_) | Value::Binary(_)),
        Scalar::DateTime | Scalar::Duration => matches!(value, Value::String(_)),
        Scalar::Int
        | Scalar::Float
        | Scalar::String
        | Scalar::Boolean
        | Scalar::Id
        | Scalar::Json => true,
    }
}
