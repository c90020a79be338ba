//! One message or a stream of them.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt};

use super::{CallError, Metadata};

/// What a call or a reply carries, as protobuf wire bytes.
#[derive(Debug)]
pub enum Payload {
    /// Exactly one message.
    Message(Bytes),
    /// Any number of messages, pulled by the reader at its own pace.
    Stream(Messages),
}

/// A stream of messages: it ends well (then [`trailers`](Self::trailers) are there) or with one
/// error, after which nothing follows. Dropping it cancels whoever produces it.
pub struct Messages {
    items: BoxStream<'static, Result<Item, CallError>>,
    trailers: Metadata,
    done: bool,
    rejected: Option<Rejected>,
}

type Rejected = Box<dyn FnOnce(&CallError) + Send>;

enum Item {
    Message(Bytes),
    Trailers(Metadata),
}

impl Messages {
    /// A stream that ends without trailers.
    pub fn new(messages: impl Stream<Item = Result<Bytes, CallError>> + Send + 'static) -> Self {
        Self::from_items(messages.map(|message| message.map(Item::Message)).boxed())
    }

    /// A stream written as a function of its own state: each step yields a message and the next
    /// state, or ends the stream with its trailers.
    pub fn unfold<S, F, Fut>(state: S, step: F) -> Self
    where
        S: Send + 'static,
        F: FnMut(S) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Step<S>, CallError>> + Send + 'static,
    {
        let items = futures_util::stream::unfold((Some(state), step), |(state, mut step)| async {
            let (item, state) = match step(state?).await {
                Ok(Step::Message(message, state)) => (Ok(Item::Message(message)), Some(state)),
                Ok(Step::End(trailers)) => (Ok(Item::Trailers(trailers)), None),
                Err(error) => (Err(error), None),
            };
            Some((item, (state, step)))
        });
        Self::from_items(items.boxed())
    }

    /// The next message; `None` once the stream has ended or failed.
    pub async fn next(&mut self) -> Option<Result<Bytes, CallError>> {
        if self.done {
            return None;
        }
        match self.items.next().await {
            Some(Ok(Item::Message(message))) => return Some(Ok(message)),
            Some(Ok(Item::Trailers(trailers))) => self.trailers = trailers,
            Some(Err(error)) => {
                self.done = true;
                return Some(Err(error));
            }
            None => {}
        }
        self.done = true;
        None
    }

    /// The same stream; the error it ends with, if it does, as `change` has it.
    #[must_use]
    pub fn map_err(self, change: impl FnOnce(CallError) -> CallError + Send + 'static) -> Self {
        let mut change = Some(change);
        let changed = self.items.map(move |item| {
            item.map_err(|error| match change.take() {
                Some(change) => change(error),
                None => error,
            })
        });
        Self { items: changed.boxed(), ..self }
    }

    /// Has `told` called if the reader [rejects](Self::reject) what comes.
    #[must_use]
    pub fn on_reject(mut self, told: impl FnOnce(&CallError) + Send + 'static) -> Self {
        self.rejected = Some(Box::new(told));
        self
    }

    /// Ends the stream because its reader cannot use what came, which is not the same as a reader
    /// that has left.
    pub fn reject(&mut self, error: &CallError) {
        self.done = true;
        if let Some(told) = self.rejected.take() {
            told(error);
        }
    }

    /// What came after the last message. Empty until [`next`](Self::next) has said `None`.
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    fn from_items(items: BoxStream<'static, Result<Item, CallError>>) -> Self {
        Self { items, trailers: Metadata::default(), done: false, rejected: None }
    }
}

/// Told once how a reply fared with its reader: well, when this is dropped, or with what the reader
/// found wrong with it. What a reply says is known to be usable only once it has been read.
#[derive(Default)]
pub struct Outcome(Option<Told>);

type Told = Box<dyn FnOnce(Option<&CallError>) + Send>;

impl Outcome {
    /// Has `told` called with what was wrong, or with `None`.
    pub fn new(told: impl FnOnce(Option<&CallError>) + Send + 'static) -> Self {
        Self(Some(Box::new(told)))
    }

    /// The reader cannot use the reply.
    pub fn reject(mut self, error: &CallError) {
        if let Some(told) = self.0.take() {
            told(Some(error));
        }
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if let Some(told) = self.0.take() {
            told(None);
        }
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outcome")
    }
}

/// One step of [`Messages::unfold`].
#[derive(Debug)]
pub enum Step<S> {
    /// A message, and where to go on from.
    Message(Bytes, S),
    /// The end of the stream.
    End(Metadata),
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("done", &self.done).finish_non_exhaustive()
    }
}
