//! An operation under way, whatever carries its answers. A query is one that answers once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Wake, Poll};

use async_graphql::Variables;
use futures_util::future::ready;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use serde::Deserialize;

use super::engine::{Engine, Prepared};
use super::{Answer, Context, Kind};

/// What a client asks, as every transport's JSON has it: the parameters of the GraphQL over HTTP
/// specification.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The document; absent where `extensions` name one.
    #[serde(default)]
    pub query: Option<String>,
    /// Which of its operations.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// The values of its variables.
    #[serde(default)]
    pub variables: Variables,
    /// What is beside the specification, a persisted document's hash among it.
    #[serde(default)]
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
    /// A trusted document's name or hash, in the place of its text.
    #[serde(default)]
    pub document_id: Option<String>,
}

/// Begins what a client asks for over a connection that carries many operations. Nothing is called
/// before the operation is polled.
pub type Begin = Arc<dyn Fn(Ask, Context) -> Operation + Send + Sync>;

/// Is told what an operation says, and dropped when it ends.
pub trait Watch: Send {
    /// It says this.
    fn saw(&mut self, event: &Event);
}

/// What an operation says. After [`Event::Refused`] nothing follows.
#[derive(Debug)]
pub enum Event {
    /// An answer, with data in it.
    Next(Answer),
    /// It failed, as a request or on its way: an answer without data.
    Refused(Answer),
}

/// An operation under way: a stream of what it says, pulled by whoever brings it to the client.
/// Dropping it cancels its calls.
pub struct Operation {
    events: Option<BoxStream<'static, Event>>,
    lasts: bool,
    watch: Option<Box<dyn Watch>>,
}

impl Operation {
    /// Runs what was prepared, once it is polled.
    pub fn run(engine: Arc<Engine>, prepared: Prepared, context: Context) -> Self {
        match prepared.kind() {
            Kind::Query | Kind::Mutation => Self::once(async move {
                let answer = engine.execute(prepared, &context).await;
                event(answer)
            }),
            Kind::Subscription => {
                let begun = async move { engine.subscribe(prepared, context).await };
                let events = stream::once(begun).flat_map(|begun| match begun {
                    Ok(answers) => answers.map(event).boxed(),
                    Err(answer) => stream::once(ready(Event::Refused(answer))).boxed(),
                });
                Self::lasting(events)
            }
        }
    }

    /// One that is not even begun: its answer is a request error.
    pub fn refused(answer: Answer) -> Self {
        Self::once(ready(Event::Refused(answer)))
    }

    /// One that says one thing.
    pub fn once(event: impl Future<Output = Event> + Send + 'static) -> Self {
        Self { events: Some(stream::once(event).boxed()), lasts: false, watch: None }
    }

    /// One that may go on for ever.
    pub fn lasting(events: impl Stream<Item = Event> + Send + 'static) -> Self {
        Self { events: Some(events.boxed()), lasts: true, watch: None }
    }

    /// The same, seen by `watch`.
    #[must_use]
    pub fn watched(mut self, watch: Box<dyn Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Whether it may go on for ever.
    pub fn lasts(&self) -> bool {
        self.lasts
    }
}

impl Stream for Operation {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Wake<'_>) -> Poll<Option<Event>> {
        let Some(events) = &mut self.events else { return Poll::Ready(None) };
        let polled = events.as_mut().poll_next(cx);
        if let (Poll::Ready(Some(event)), Some(watch)) = (&polled, &mut self.watch) {
            watch.saw(event);
        }
        if matches!(polled, Poll::Ready(None | Some(Event::Refused(_)))) {
            self.events = None;
            self.watch = None;
        }
        polled
    }
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operation").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}

fn event(answer: Answer) -> Event {
    match answer.is_request_error() {
        true => Event::Refused(answer),
        false => Event::Next(answer),
    }
}
