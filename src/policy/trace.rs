//! Logs and measures every call once, when its reply is complete and has been read.

use std::sync::Arc;

use super::{Next, Policy};
use crate::call::{Call, CallError, Messages, Outcome, Payload, Reply, Step};
use crate::telemetry::record::{Recorder, Span};

/// The outermost policy.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Where the records go.
    pub recorder: Arc<Recorder>,
}

impl Policy for Trace {
    async fn apply(&self, mut call: Call, next: &Next) -> Result<Reply, CallError> {
        let mut span = Recorder::start(&self.recorder, &call.source);
        call.payload = span.count_sent(call.payload);
        match next.answer(call).await {
            Ok(mut reply) => {
                match reply.payload {
                    Payload::Message(ref message) => {
                        span.received(message.len());
                        reply.outcome = Outcome::new(move |error| span.end(error));
                    }
                    Payload::Stream(messages) => {
                        reply.payload = Payload::Stream(follow(messages, span));
                    }
                }
                Ok(reply)
            }
            Err(error) => {
                span.end(Some(&error));
                Err(error)
            }
        }
    }
}

/// The same stream; its span ends when the stream does. A reader that drops it first has left,
/// unless it has said what is wrong with the stream.
fn follow(messages: Messages, mut span: Span) -> Messages {
    let rejected = span.rejected();
    let followed = Messages::unfold((messages, span), |(mut messages, mut span)| async move {
        match messages.next().await {
            Some(Ok(message)) => {
                span.received(message.len());
                Ok(Step::Message(message, (messages, span)))
            }
            Some(Err(error)) => {
                span.end(Some(&error));
                Err(error)
            }
            None => {
                span.end(None);
                Ok(Step::End(messages.trailers().clone()))
            }
        }
    });
    followed.on_reject(rejected)
}
