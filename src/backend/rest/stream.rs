//! A response as a stream of messages.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::pieces::{Broken, Form, Pieces};
use super::plan::{Plan, ResponsePlan};
use super::{Backend, error, reply};
use crate::call::{CallError, Messages, Metadata, Step};
use crate::codec::raw_body;

/// Where a stream is.
struct State {
    backend: Backend,
    plan: std::sync::Arc<Plan>,
    content_type: String,
    body: Incoming,
    /// `None` where each piece of the body is a message of its own.
    pieces: Option<Pieces>,
    ended: bool,
    deadline: Option<Instant>,
}

/// The messages of a response, as they come.
pub(super) fn read(
    backend: &Backend,
    plan: &std::sync::Arc<Plan>,
    content_type: &str,
    body: Incoming,
    deadline: Option<Instant>,
) -> Result<Messages, CallError> {
    let pieces = if matches!(plan.response, ResponsePlan::Raw) {
        None
    } else {
        let form = Form::of(content_type).ok_or_else(|| {
            error::unfit(&backend.0, format!("it is {content_type:?}, which is no stream of JSON"))
        })?;
        Some(Pieces::new(form, backend.0.max_reply))
    };
    let state = State {
        backend: backend.clone(),
        plan: plan.clone(),
        content_type: content_type.to_owned(),
        body,
        pieces,
        ended: false,
        deadline,
    };
    Ok(Messages::unfold(state, |mut state| async move {
        Ok(match state.next().await? {
            Some(message) => Step::Message(message, state),
            None => Step::End(Metadata::default()),
        })
    }))
}

impl State {
    async fn next(&mut self) -> Result<Option<Bytes>, CallError> {
        loop {
            if let Some(pieces) = &mut self.pieces {
                let found = pieces.next().and_then(|found| match (found, self.ended) {
                    (None, true) => pieces.finish(),
                    (found, _) => Ok(found),
                });
                let found = found.map_err(|broken| match broken {
                    Broken::TooLarge => error::too_large(self.backend.0.max_reply),
                    Broken::Form(why) => error::unfit(&self.backend.0, why),
                })?;
                if let Some(json) = found {
                    let message =
                        reply::message(&self.backend.0, &self.plan, "application/json", &json)?;
                    return Ok(Some(message));
                }
            }
            if self.ended {
                return Ok(None);
            }
            let frame = self.body.frame();
            let frame = match self.deadline {
                None => frame.await,
                Some(at) => timeout_at(at, frame).await.map_err(|_| error::late())?,
            };
            let frame = frame.transpose().map_err(|error| {
                error::unavailable("the connection to the backend was lost").because(error)
            })?;
            let Some(frame) = frame else {
                self.ended = true;
                continue;
            };
            let Ok(data) = frame.into_data() else { continue };
            match &mut self.pieces {
                Some(pieces) => pieces.push(&data),
                None => {
                    let mut message = Vec::with_capacity(data.len() + 32);
                    let content_type = Some(&*self.content_type).filter(|text| !text.is_empty());
                    raw_body::write(content_type, &data, &mut message);
                    return Ok(Some(message.into()));
                }
            }
        }
    }
}
