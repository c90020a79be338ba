//! The sample shop: what `dragoman demo` serves, and what examples, tests and benches call.
//! Services over a store in memory, which opens with the same data each time.

mod serve;
mod tour;

mod inventory;
mod notifications;
mod orders;
mod payments;
mod products;
mod reviews;
mod users;

mod catalog;
mod data;
mod details;
mod image;
mod mask;
mod page;
mod store;
mod trailers;

pub mod api;

#[cfg(test)]
mod tests;

use std::pin::Pin;

use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::Status;

pub use serve::{Running, Shop};
pub use tour::tour;

/// The messages of a stream that a service answers with.
type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Messages that are all there already.
fn finite<T: Send + 'static>(messages: Vec<T>) -> Messages<T> {
    Box::pin(tokio_stream::iter(messages).map(Ok))
}

/// What is there, then the wanted part of what comes, until the shop closes. A watcher that falls
/// behind is told so and let go.
fn follow<T: Clone + Send + 'static>(
    present: Vec<T>,
    changes: broadcast::Receiver<T>,
    wanted: impl Fn(&T) -> bool + Send + 'static,
    closing: &CancellationToken,
) -> Messages<T> {
    let changes = BroadcastStream::new(changes).filter_map(move |change| match change {
        Ok(change) => wanted(&change).then_some(Ok(change)),
        Err(_) => Some(Err(Status::data_loss("the watcher fell behind"))),
    });
    let all = tokio_stream::iter(present).map(Ok).chain(changes);
    let closed = closing.clone().cancelled_owned();
    Box::pin(futures_util::StreamExt::take_until(all, Box::pin(closed)))
}
