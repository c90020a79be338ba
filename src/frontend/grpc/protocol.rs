//! Which protocol of the family a request is in.

use http::HeaderValue;

/// A protocol of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web.
    Web {
        /// Whether its bodies are base64 (`application/grpc-web-text`).
        text: bool,
    },
    /// Connect.
    Connect(Connect),
}

/// A form of Connect's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connect {
    /// One message by POST: the body is the message.
    Unary(Codec),
    /// One message by GET: the query has it.
    Get,
    /// Streams: the body is messages in envelopes.
    Stream(Codec),
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// As protobuf wire bytes.
    Proto,
    /// As ProtoJSON.
    Json,
}

impl Protocol {
    /// The protocol of a content type; `None` for one that is not of the family. Parameters count for
    /// nothing.
    pub fn of(content_type: &HeaderValue) -> Option<Self> {
        let bytes = content_type.as_bytes();
        let end = bytes.iter().position(|byte| *byte == b';').unwrap_or(bytes.len());
        let essence = bytes.get(..end)?.trim_ascii();
        const PREFIX: &[u8] = b"application/";
        let (prefix, rest) = essence.split_at_checked(PREFIX.len())?;
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            return None;
        }
        let is = |name: &str| rest.eq_ignore_ascii_case(name.as_bytes());
        // The most frequent ones first.
        Some(match () {
            () if is("json") => Self::Connect(Connect::Unary(Codec::Json)),
            () if is("grpc") || is("grpc+proto") => Self::Grpc,
            () if is("grpc-web") || is("grpc-web+proto") => Self::Web { text: false },
            () if is("grpc-web-text") || is("grpc-web-text+proto") => Self::Web { text: true },
            () if is("proto") => Self::Connect(Connect::Unary(Codec::Proto)),
            () if is("connect+proto") => Self::Connect(Connect::Stream(Codec::Proto)),
            () if is("connect+json") => Self::Connect(Connect::Stream(Codec::Json)),
            () => return None,
        })
    }

    /// Its place in [`NAMES`](super::NAMES).
    pub fn index(self) -> usize {
        match self {
            Self::Grpc => 0,
            Self::Web { .. } => 1,
            Self::Connect(_) => 2,
        }
    }

    /// The content type of its responses.
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Grpc => "application/grpc",
            Self::Web { text: false } => "application/grpc-web+proto",
            Self::Web { text: true } => "application/grpc-web-text+proto",
            Self::Connect(Connect::Unary(Codec::Proto)) => "application/proto",
            Self::Connect(Connect::Unary(Codec::Json) | Connect::Get) => "application/json",
            Self::Connect(Connect::Stream(Codec::Proto)) => "application/connect+proto",
            Self::Connect(Connect::Stream(Codec::Json)) => "application/connect+json",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_tell_the_protocol() {
        let json = Protocol::Connect(Connect::Unary(Codec::Json));
        for (text, protocol) in [
            ("application/grpc", Some(Protocol::Grpc)),
            ("application/grpc+proto", Some(Protocol::Grpc)),
            ("Application/gRPC; charset=utf-8", Some(Protocol::Grpc)),
            ("application/grpc+json", None),
            ("application/grpc-web", Some(Protocol::Web { text: false })),
            ("application/grpc-web-text", Some(Protocol::Web { text: true })),
            ("application/json; charset=utf-8", Some(json)),
            ("application/proto", Some(Protocol::Connect(Connect::Unary(Codec::Proto)))),
            ("application/connect+json", Some(Protocol::Connect(Connect::Stream(Codec::Json)))),
            ("application/connect", None),
            ("text/xml", None),
            ("application", None),
            ("", None),
        ] {
            assert_eq!(Protocol::of(&HeaderValue::from_static(text)), protocol, "{text}");
        }
    }
}
