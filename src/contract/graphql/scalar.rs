//! The scalars: what they are called, and what is said of them.

use super::Scalar;

impl Scalar {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Int,
        Self::Float,
        Self::String,
        Self::Boolean,
        Self::Id,
        Self::Int64,
        Self::UInt64,
        Self::UInt32,
        Self::Bytes,
        Self::DateTime,
        Self::Duration,
        Self::Json,
    ];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Id => "ID",
            Self::Int64 => "Int64",
            Self::UInt64 => "UInt64",
            Self::UInt32 => "UInt32",
            Self::Bytes => "Bytes",
            Self::DateTime => "DateTime",
            Self::Duration => "Duration",
            Self::Json => "JSON",
        }
    }

    /// What clients should know of it; `None` of those that GraphQL defines.
    pub fn description(self) -> Option<&'static str> {
        Some(match self {
            Self::Int | Self::Float | Self::String | Self::Boolean | Self::Id => return None,
            Self::Int64 => {
                "A whole number of 64 bits: written as a string, read as a string or a number."
            }
            Self::UInt64 => {
                "A whole number of 64 bits that is not negative: written as a string, read as a \
                 string or a number."
            }
            Self::UInt32 => "A whole number from 0 to 4294967295.",
            Self::Bytes => {
                "Bytes in base64: written in the standard alphabet with padding; the URL-safe \
                 alphabet is read, too, and padding may be left out."
            }
            Self::DateTime => "A moment, such as `2024-05-06T07:08:09.5Z`.",
            Self::Duration => "A span of time in seconds, such as `3.5s`.",
            Self::Json => "Any JSON value.",
        })
    }

    /// The URL of its specification.
    pub fn specified_by(self) -> Option<&'static str> {
        match self {
            Self::Bytes => Some("https://www.rfc-editor.org/rfc/rfc4648#section-4"),
            Self::DateTime => Some("https://www.rfc-editor.org/rfc/rfc3339#section-5.6"),
            Self::Json => Some("https://www.rfc-editor.org/rfc/rfc8259"),
            _ => None,
        }
    }
}
