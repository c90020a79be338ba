//! What a backend answers: the head of its response judged, its messages cut out, its end told.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use http::{HeaderName, StatusCode};

use super::exchange::{Exchange, Head};
use super::{status, too_late, within};
use crate::call::{CallError, Code, Messages, Metadata, Outcome, Payload, Reply, Step};
use crate::codec::grpc::{Decoder, Encoding, FrameError, metadata};
use tokio::time::Instant;

static GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// Turns a response into a reply: of one message, read to its end, or of a stream, of which only
/// the head was read. An error that stands in the head is returned; an error that comes later is
/// the stream's last item, also where it is the first.
pub async fn read(
    exchange: Exchange,
    head: Head,
    streams: bool,
    max: usize,
) -> Result<Reply, CallError> {
    // What follows a head like that may run out: a proxy that answers every call with an error
    // page would otherwise see every call reset.
    let encoding = match judge(&head)? {
        Judged::Messages(encoding) => encoding,
        Judged::Ended(trailers) if streams => {
            return Ok(Reply::stream(Messages::unfold(trailers, end)));
        }
        Judged::Ended(_) => return Err(no_message()),
    };
    let mut reader = Reader { exchange, decoder: Decoder::new(max, encoding) };
    let metadata = metadata::read(&head.parts.headers);
    if streams {
        let payload = Payload::Stream(Messages::unfold(reader, Reader::step));
        return Ok(Reply {
            metadata,
            payload,
            trailers: Metadata::default(),
            outcome: Outcome::default(),
        });
    }
    let only = reader.only().await;
    if only.is_err() {
        reader.exchange.give_up();
    }
    let (message, trailers) = only?;
    Ok(Reply {
        metadata,
        payload: Payload::Message(message),
        trailers,
        outcome: Outcome::default(),
    })
}

struct Reader {
    exchange: Exchange,
    decoder: Decoder,
}

enum Next {
    Message(Bytes),
    End(Metadata),
}

enum Judged {
    /// Messages follow.
    Messages(Encoding),
    /// The head was all, and it said OK.
    Ended(Metadata),
}

impl Reader {
    async fn next(&mut self) -> Result<Next, CallError> {
        loop {
            if let Some(message) = self.decoder.message().map_err(malformed)? {
                return Ok(Next::Message(message));
            }
            let Some(data) = self.exchange.data().await? else { break };
            self.decoder.push(data);
        }
        let trailers = self.exchange.trailers().await?.ok_or_else(status::missing)?;
        let metadata = status::conclude(&trailers)?;
        if !self.decoder.is_whole() {
            let message = "the backend's answer ends within a message";
            return Err(CallError::backend(Code::Internal, message));
        }
        Ok(Next::End(metadata))
    }

    /// The one message of the reply, and what came after it.
    async fn only(&mut self) -> Result<(Bytes, Metadata), CallError> {
        let mut only = None;
        loop {
            match self.next().await? {
                Next::Message(message) if only.is_none() => only = Some(message),
                Next::Message(_) => {
                    let message = "the backend answered with more than one message";
                    return Err(CallError::backend(Code::Internal, message));
                }
                Next::End(trailers) => {
                    return only.map(|only| (only, trailers)).ok_or_else(no_message);
                }
            }
        }
    }

    async fn step(mut self) -> Result<Step<Self>, CallError> {
        let deadline = self.exchange.deadline();
        // A backend that always has more to say would never let the timer speak.
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(too_late());
        }
        Ok(match within(deadline, self.next()).await? {
            Next::Message(message) => Step::Message(message, self),
            Next::End(trailers) => Step::End(trailers),
        })
    }
}

async fn end(trailers: Metadata) -> Result<Step<Metadata>, CallError> {
    Ok(Step::End(trailers))
}

fn judge(head: &Head) -> Result<Judged, CallError> {
    let Parts { status, headers, .. } = &head.parts;
    let has_status = metadata::find(headers, &status::GRPC_STATUS).is_some();
    if has_status && (head.is_all || *status != StatusCode::OK) {
        return status::conclude(headers).map(Judged::Ended);
    }
    if *status != StatusCode::OK {
        return Err(status::http(*status));
    }
    let content_type = metadata::find(headers, &CONTENT_TYPE);
    let content_type = content_type.map_or(&b""[..], |value| value.as_bytes());
    if !is_grpc(content_type) {
        let shown = String::from_utf8_lossy(content_type.get(..100).unwrap_or(content_type));
        let message = format!("the backend answered with content type {shown:?}, not gRPC");
        return Err(CallError::backend(Code::Unknown, message));
    }
    if head.is_all {
        return Err(status::missing());
    }
    match metadata::find(headers, &GRPC_ENCODING) {
        None => Ok(Judged::Messages(Encoding::Identity)),
        Some(name) => match Encoding::parse(name.as_bytes()) {
            Some(encoding) => Ok(Judged::Messages(encoding)),
            None => {
                let message = format!("the backend compresses by {name:?}, which nobody asked for");
                Err(CallError::backend(Code::Internal, message))
            }
        },
    }
}

fn is_grpc(content_type: &[u8]) -> bool {
    let kind = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    kind.eq_ignore_ascii_case(b"application/grpc")
        || kind.eq_ignore_ascii_case(b"application/grpc+proto")
}

fn malformed(error: FrameError) -> CallError {
    let code = match error {
        FrameError::TooLarge(_) => Code::ResourceExhausted,
        FrameError::Flags(_) | FrameError::Undeclared | FrameError::Broken(..) => Code::Internal,
    };
    let message = format!("the backend's answer cannot be read: {error}");
    CallError::backend(code, message).because(error)
}

fn no_message() -> CallError {
    CallError::backend(Code::Internal, "the backend answered OK without a message")
}
