//! Request messages: cut out of a body's data, in whatever pieces it comes.

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::BodyExt;

use super::web::Unpack;
use crate::call::{CallError, Code, Messages, Step};
use crate::codec::grpc::compression::ACCEPTED;
use crate::codec::grpc::{Decoder, Encoding, FrameError};
use crate::frontend::Body;
use crate::frontend::body::BodyError;

/// Reads the messages of one request.
pub(super) struct Reader {
    body: Body,
    decoder: Decoder,
    /// Takes the base64 off gRPC-Web's text form.
    unpack: Option<Unpack>,
    /// What is done to a message beyond its compression.
    over: bool,
}

/// How compressed messages of a request are compressed.
pub(super) fn encoding(header: Option<&HeaderValue>) -> Result<Encoding, CallError> {
    let Some(header) = header else { return Ok(Encoding::Identity) };
    Encoding::parse(header.as_bytes()).ok_or_else(|| {
        let name = String::from_utf8_lossy(header.as_bytes());
        CallError::client(
            Code::Unimplemented,
            format!("no message compression {name:?} is read here, but {ACCEPTED}"),
        )
    })
}

impl Reader {
    /// Of messages of at most `max` bytes.
    pub fn new(body: Body, max: usize, encoding: Encoding, text: bool) -> Self {
        let unpack = text.then(Unpack::default);
        Self { body, decoder: Decoder::new(max, encoding), unpack, over: false }
    }

    /// The next message; `None` at the end of the request.
    pub async fn next(&mut self) -> Result<Option<Bytes>, CallError> {
        loop {
            if let Some(message) = self.decoder.message().map_err(unreadable)? {
                return Ok(Some(message));
            }
            if self.over {
                return Ok(None);
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    // Trailers of a request say nothing that a call could carry.
                    let Ok(mut data) = frame.into_data() else { continue };
                    if let Some(unpack) = &mut self.unpack {
                        data = unpack.push(&data)?;
                    }
                    self.decoder.push(data);
                }
                Some(Err(error)) => return Err(broken(BodyError::of(error))),
                None => {
                    self.over = true;
                    let whole = self.unpack.as_ref().is_none_or(Unpack::is_whole);
                    if !whole || !self.decoder.is_whole() {
                        return Err(CallError::client(
                            Code::InvalidArgument,
                            "the request ends within a message",
                        ));
                    }
                }
            }
        }
    }

    /// The message of a request that has one.
    pub async fn only(&mut self) -> Result<Bytes, CallError> {
        // The specification's code for a wrong number of messages.
        let wrong = |message| CallError::client(Code::Unimplemented, message);
        let Some(message) = self.next().await? else {
            return Err(wrong("the request has no message, and the operation takes one"));
        };
        if http_body::Body::is_end_stream(&self.body) && self.decoder.is_whole() {
            return Ok(message);
        }
        match self.next().await? {
            None => Ok(message),
            Some(_) => Err(wrong("the request has several messages, and the operation takes one")),
        }
    }

    /// All messages, each when it is asked for.
    pub fn into_messages(self) -> Messages {
        self.into_messages_by(Ok)
    }

    /// All messages, each as `change` has it.
    pub fn into_messages_by(
        self,
        change: impl Fn(Bytes) -> Result<Bytes, CallError> + Send + 'static,
    ) -> Messages {
        Messages::unfold((self, change), |(mut reader, change)| async move {
            match reader.next().await? {
                Some(message) => Ok(Step::Message(change(message)?, (reader, change))),
                None => Ok(Step::End(crate::call::Metadata::default())),
            }
        })
    }
}

fn broken(error: BodyError) -> CallError {
    CallError::client(error.code(), error.to_string()).because(error)
}

/// Why the data is no sequence of messages: the client's fault.
fn unreadable(error: FrameError) -> CallError {
    let code = match error {
        FrameError::TooLarge(_) => Code::ResourceExhausted,
        FrameError::Flags(_) | FrameError::Undeclared | FrameError::Broken(..) => {
            Code::InvalidArgument
        }
    };
    CallError::client(code, format!("the request is not readable: {error}"))
}
