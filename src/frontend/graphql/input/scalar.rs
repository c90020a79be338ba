//! Which values a scalar takes (GraphQL specification, section 3.5).

use async_graphql::Value as ConstValue;
use bytes::Bytes;

use super::MAX_DEPTH;
use super::error::InputError;
use crate::codec::text;
use crate::contract::graphql::Scalar;

/// A value that its scalar takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Taken<'a> {
    Integer {
        negative: bool,
        magnitude: u64,
    },
    Float(f64),
    Boolean(bool),
    /// A text, which stands for itself or for a number, a moment or bytes in base64.
    Text(&'a str),
    Bytes(&'a Bytes),
    /// Anything that JSON has a form for.
    Json,
}

/// Checks a value that is not null. Of bytes in base64, and of text for a field mask, only that it
/// is text.
pub(super) fn take(scalar: Scalar, value: &ConstValue) -> Result<Taken<'_>, InputError> {
    let taken = match (scalar, value) {
        (Scalar::Int, ConstValue::Number(number)) => {
            number.as_i64().filter(|number| i32::try_from(*number).is_ok()).map(signed)
        }
        (Scalar::UInt32, ConstValue::Number(number)) => {
            number.as_u64().filter(|number| u32::try_from(*number).is_ok()).map(unsigned)
        }
        (Scalar::Int64, ConstValue::Number(number)) => number.as_i64().map(signed),
        (Scalar::UInt64, ConstValue::Number(number)) => number.as_u64().map(unsigned),
        (Scalar::Int64, ConstValue::String(text)) => digits(text).map(signed),
        (Scalar::UInt64, ConstValue::String(text)) => digits(text).map(unsigned),
        (Scalar::Id, ConstValue::Number(number)) => {
            number.as_i64().map(signed).or(number.as_u64().map(unsigned))
        }
        (Scalar::Float, ConstValue::Number(number)) => {
            number.as_f64().filter(|number| number.is_finite()).map(Taken::Float)
        }
        (Scalar::Boolean, ConstValue::Boolean(value)) => Some(Taken::Boolean(*value)),
        (Scalar::Id | Scalar::String | Scalar::Bytes, ConstValue::String(text)) => {
            Some(Taken::Text(text))
        }
        (Scalar::Bytes, ConstValue::Binary(bytes)) => Some(Taken::Bytes(bytes)),
        (Scalar::DateTime, ConstValue::String(text)) if text::is_timestamp(text) => {
            Some(Taken::Text(text))
        }
        (Scalar::Duration, ConstValue::String(text)) if text::is_duration(text) => {
            Some(Taken::Text(text))
        }
        (Scalar::Json, value) => return json(value, MAX_DEPTH).map(|()| Taken::Json),
        _ => None,
    };
    taken.ok_or_else(|| expected(scalar, value))
}

/// That a value is none of the scalar's.
#[cold]
pub(super) fn expected(scalar: Scalar, value: &ConstValue) -> InputError {
    let name = scalar.name();
    let more = match (scalar, value) {
        (Scalar::Int, ConstValue::Number(_)) => ", a whole number of 32 bits",
        (Scalar::Int64, ConstValue::Number(_) | ConstValue::String(_)) => {
            ", a whole number of 64 bits"
        }
        (Scalar::UInt32, ConstValue::Number(_)) => ", a whole number from 0 to 4294967295",
        (Scalar::UInt64, ConstValue::Number(_) | ConstValue::String(_)) => {
            ", a whole number from 0 to 18446744073709551615"
        }
        (Scalar::DateTime, _) => " like \"2026-01-31T12:00:00Z\"",
        (Scalar::Duration, _) => " like \"1.5s\"",
        (Scalar::Bytes, _) => " in base64",
        _ => "",
    };
    InputError::expected(format!("{name}{more}"), value)
}

fn signed(number: i64) -> Taken<'static> {
    Taken::Integer { negative: number < 0, magnitude: number.unsigned_abs() }
}

fn unsigned(magnitude: u64) -> Taken<'static> {
    Taken::Integer { negative: false, magnitude }
}

/// A whole number in decimal digits.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

/// Files are no JSON, and there is an end to how deep it nests.
fn json(value: &ConstValue, depth: u32) -> Result<(), InputError> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    match value {
        ConstValue::Binary(_) => Err(InputError::expected("JSON", value)),
        ConstValue::List(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| json(item, depth).map_err(|error| error.at_index(index))),
        ConstValue::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            json(value, depth).map_err(|error| error.within(super::error::shortened(name)))
        }),
        _ => Ok(()),
    }
}

#[cold]
pub(super) fn too_deep() -> InputError {
    InputError::new("nests too deep")
}
