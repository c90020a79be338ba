//! A call on its way to its first message: only then is it known whether it fails at once, which a
//! client should learn from the status of the response.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use crate::call::{BoxFuture, Call, CallError, CallService, Messages, Metadata, Outcome, Payload};

/// A reply as far as its head or its first message.
#[derive(Debug)]
pub struct Opened {
    /// What came before it.
    pub metadata: Metadata,
    /// The first message; `None` where the stream ended without one, or was not asked for one.
    pub first: Option<Bytes>,
    /// The rest of the stream; `None` where the reply is one message.
    pub rest: Option<Messages>,
    /// To be told where the one message cannot be used.
    pub outcome: Outcome,
}

/// Resolves to the reply as far as that. Dropping it cancels the call.
pub type Opening = BoxFuture<'static, Result<Opened, CallError>>;

/// When a stream is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// With the head of its reply.
    Head,
    /// With its first message.
    First,
}

/// Makes a call.
pub fn open(service: CallService, call: Call, until: Until) -> Opening {
    Box::pin(async move {
        let reply = service.answer(call).await?;
        let (first, rest) = match reply.payload {
            Payload::Message(message) => (Some(message), None),
            Payload::Stream(messages) if until == Until::Head => (None, Some(messages)),
            Payload::Stream(mut messages) => (messages.next().await.transpose()?, Some(messages)),
        };
        Ok(Opened { metadata: reply.metadata, first, rest, outcome: reply.outcome })
    })
}

/// Waits a while for a call to be open. Its leading metadata are there only if it was in time, and
/// an error that came in time is all there is.
pub async fn early(
    mut opening: Opening,
    patience: Duration,
) -> Result<(Metadata, Opening), CallError> {
    match timeout(patience, &mut opening).await {
        Ok(opened) => {
            let mut opened = opened?;
            let leading = std::mem::take(&mut opened.metadata);
            Ok((leading, Box::pin(async { Ok(opened) })))
        }
        Err(_) => Ok((Metadata::default(), opening)),
    }
}
