//! Which message types JSON writes in a form of their own.

use super::{Cardinality, Field, Kind};

/// A message type of `google/protobuf/*.proto` that has a form of its own in JSON and in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are protobuf's")]
pub enum WellKnown {
    Any,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    Empty,
    /// `DoubleValue` to `BytesValue`: field 1 holds a scalar of this kind.
    Wrapper(Kind),
}

impl WellKnown {
    /// The well-known type of that name, if its fields are the ones it is known for.
    pub(super) fn of(full_name: &str, fields: &[Field]) -> Option<Self> {
        let name = full_name.strip_prefix("google.protobuf.")?;
        let is = |expected: &[(u32, Kind, Cardinality)]| {
            fields.len() == expected.len()
                && fields.iter().zip(expected).all(|(field, &(number, kind, cardinality))| {
                    field.number == number
                        && field.cardinality == cardinality
                        && match kind {
                            // Ids differ per arena; that it is a message at all is what counts.
                            Kind::Message(_) => matches!(field.kind, Kind::Message(_)),
                            Kind::Enum(_) => matches!(field.kind, Kind::Enum(_)),
                            kind => field.kind == kind,
                        }
                })
        };
        let message = Kind::Message(super::ShapeId(0));
        let null = Kind::Enum(super::EnumId(0));
        let one = Cardinality::Singular;
        let wrapper = |kind| is(&[(1, kind, one)]).then_some(Self::Wrapper(kind));
        match name {
            "Any" => is(&[(1, Kind::String, one), (2, Kind::Bytes, one)]).then_some(Self::Any),
            "Timestamp" => {
                is(&[(1, Kind::Int64, one), (2, Kind::Int32, one)]).then_some(Self::Timestamp)
            }
            "Duration" => {
                is(&[(1, Kind::Int64, one), (2, Kind::Int32, one)]).then_some(Self::Duration)
            }
            "FieldMask" => {
                is(&[(1, Kind::String, Cardinality::Repeated)]).then_some(Self::FieldMask)
            }
            "Struct" => is(&[(1, message, Cardinality::Map)]).then_some(Self::Struct),
            "ListValue" => is(&[(1, message, Cardinality::Repeated)]).then_some(Self::ListValue),
            "Value" => is(&[
                (1, null, one),
                (2, Kind::Double, one),
                (3, Kind::String, one),
                (4, Kind::Bool, one),
                (5, message, one),
                (6, message, one),
            ])
            .then_some(Self::Value),
            "Empty" => is(&[]).then_some(Self::Empty),
            "DoubleValue" => wrapper(Kind::Double),
            "FloatValue" => wrapper(Kind::Float),
            "Int64Value" => wrapper(Kind::Int64),
            "UInt64Value" => wrapper(Kind::Uint64),
            "Int32Value" => wrapper(Kind::Int32),
            "UInt32Value" => wrapper(Kind::Uint32),
            "BoolValue" => wrapper(Kind::Bool),
            "StringValue" => wrapper(Kind::String),
            "BytesValue" => wrapper(Kind::Bytes),
            _ => None,
        }
    }
}
