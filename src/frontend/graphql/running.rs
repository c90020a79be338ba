//! Operations under way that share one way to the client. They are begun and stopped from any core,
//! and pulled where the client's connection lives, one answer at a time.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::stream::{FuturesUnordered, Stream};
use futures_util::task::AtomicWaker;

use super::operation::{Event, Operation};

/// The operations of one client's connection.
#[derive(Debug)]
pub struct Running {
    most: usize,
    table: Mutex<Table>,
    /// Woken where there is another operation to be pulled.
    reader: AtomicWaker,
}

#[derive(Debug, Default)]
struct Table {
    slots: HashMap<Arc<str>, Arc<Slot>>,
    /// What the reader has not seen yet.
    fresh: Vec<Arc<Slot>>,
    /// Nobody pulls any more.
    closed: bool,
}

#[derive(Debug)]
struct Slot {
    id: Arc<str>,
    lasts: bool,
    /// `None` once it has ended or was stopped.
    operation: Mutex<Option<Operation>>,
    puller: AtomicWaker,
}

/// Why an operation is not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Another one of that id is under way.
    Taken,
    /// There are as many as there may be.
    TooMany,
    /// The connection has ended.
    Closed,
}

/// The one place where the operations are pulled. Dropping it stops them all.
#[derive(Debug)]
pub struct Answers {
    running: Arc<Running>,
    turns: FuturesUnordered<Turn>,
}

impl Running {
    /// None as yet, and at most `most` at a time.
    pub fn new(most: usize) -> (Arc<Self>, Answers) {
        let running = Arc::new(Self { most, table: Mutex::default(), reader: AtomicWaker::new() });
        let answers = Answers { running: running.clone(), turns: FuturesUnordered::new() };
        (running, answers)
    }

    /// Whether an operation of that id could be begun now.
    pub fn check(&self, id: &str) -> Result<(), Denied> {
        self.table().check(id, self.most)
    }

    /// Begins an operation under an id of the client's.
    pub fn start(&self, id: &str, operation: Operation) -> Result<(), Denied> {
        let mut table = self.table();
        table.check(id, self.most)?;
        let id: Arc<str> = id.into();
        let slot = Arc::new(Slot {
            id: id.clone(),
            lasts: operation.lasts(),
            operation: Mutex::new(Some(operation)),
            puller: AtomicWaker::new(),
        });
        table.slots.insert(id, slot.clone());
        table.fresh.push(slot);
        drop(table);
        self.reader.wake();
        Ok(())
    }

    /// Stops an operation: its calls are cancelled before this returns. Says whether there was one.
    pub fn stop(&self, id: &str) -> bool {
        let slot = {
            let mut table = self.table();
            let Some(slot) = table.slots.remove(id) else { return false };
            table.fresh.retain(|fresh| !Arc::ptr_eq(fresh, &slot));
            slot
        };
        slot.stop();
        true
    }

    /// Whether an operation is under way that comes to its end by itself.
    pub fn has_short(&self) -> bool {
        self.table().slots.values().any(|slot| !slot.lasts)
    }

    fn close(&self) {
        let slots = {
            let mut table = self.table();
            table.closed = true;
            table.fresh.clear();
            std::mem::take(&mut table.slots)
        };
        slots.values().for_each(|slot| slot.stop());
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn check(&self, id: &str, most: usize) -> Result<(), Denied> {
        match self.slots.contains_key(id) {
            _ if self.closed => Err(Denied::Closed),
            true => Err(Denied::Taken),
            false if self.slots.len() >= most => Err(Denied::TooMany),
            false => Ok(()),
        }
    }

    fn is_current(&self, slot: &Arc<Slot>) -> bool {
        self.slots.get(&slot.id).is_some_and(|current| Arc::ptr_eq(current, slot))
    }
}

impl Slot {
    fn operation(&self) -> MutexGuard<'_, Option<Operation>> {
        self.operation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        let stopped = self.operation().take();
        drop(stopped);
        // Its turn must come, for it to be forgotten.
        self.puller.wake();
    }
}

impl Answers {
    /// What the next operation that has something to say says; `None` is its end. Pending while
    /// there is none. May be dropped and asked again: nothing is pulled in advance.
    pub async fn next(&mut self) -> (Arc<str>, Option<Event>) {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<(Arc<str>, Option<Event>)> {
        self.running.reader.register(cx.waker());
        let fresh = std::mem::take(&mut self.running.table().fresh);
        self.turns.extend(fresh.into_iter().map(Turn));
        loop {
            let Poll::Ready(Some((slot, event))) = Pin::new(&mut self.turns).poll_next(cx) else {
                return Poll::Pending;
            };
            let mut table = self.running.table();
            if !table.is_current(&slot) {
                // It was stopped, so that nobody wants to hear of it.
                continue;
            }
            let id = slot.id.clone();
            if matches!(event, Some(Event::Next(_))) {
                self.turns.push(Turn(slot));
            } else {
                table.slots.remove(&slot.id);
            }
            return Poll::Ready((id, event));
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.running.close();
    }
}

/// Waits for the next that one operation says.
#[derive(Debug)]
struct Turn(Arc<Slot>);

impl Future for Turn {
    type Output = (Arc<Slot>, Option<Event>);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let slot = &self.0;
        slot.puller.register(cx.waker());
        let mut operation = slot.operation();
        let event = match &mut *operation {
            None => None,
            Some(running) => match Pin::new(running).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(event) => event,
            },
        };
        let ended = match &event {
            Some(Event::Next(_)) => None,
            Some(Event::Refused(_)) | None => operation.take(),
        };
        drop(operation);
        drop(ended);
        Poll::Ready((slot.clone(), event))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::stream;
    use tokio::time::timeout;

    use super::*;
    use crate::frontend::graphql::{Answer, Verdict};

    fn answer() -> Event {
        Event::Next(Answer { body: "{}".into(), verdict: Verdict::Complete })
    }

    /// Endless; counts what is pulled.
    fn endless() -> (Operation, Arc<AtomicUsize>) {
        let pulled = Arc::new(AtomicUsize::new(0));
        let count = pulled.clone();
        let events = stream::repeat_with(move || {
            count.fetch_add(1, Ordering::Relaxed);
            answer()
        });
        (Operation::lasting(events), pulled)
    }

    #[tokio::test]
    async fn operations_have_their_turns_and_nothing_is_pulled_in_advance() {
        let (running, mut answers) = Running::new(2);
        let ((a, of_a), (b, of_b)) = (endless(), endless());
        running.start("a", a).unwrap();
        running.start("b", b).unwrap();
        for _ in 0..10 {
            answers.next().await;
        }
        let pulled = [of_a, of_b].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(pulled, [5, 5]);
    }

    #[tokio::test]
    async fn another_thread_begins_and_stops() {
        let (running, mut answers) = Running::new(1);
        let theirs = running.clone();
        let thread = std::thread::spawn(move || {
            theirs.start("a", Operation::lasting(stream::iter([answer()]))).unwrap();
        });
        let (id, event) = timeout(Duration::from_secs(20), answers.next()).await.unwrap();
        assert_eq!((&*id, event.is_some()), ("a", true));
        thread.join().unwrap();
        let (id, event) = answers.next().await;
        assert_eq!((&*id, event.is_none()), ("a", true));
        running.start("a", endless().0).unwrap();
        assert_eq!(running.start("a", endless().0), Err(Denied::Taken));
        assert_eq!(running.start("b", endless().0), Err(Denied::TooMany));
        answers.next().await;
        let theirs = running.clone();
        assert!(std::thread::spawn(move || theirs.stop("a")).join().unwrap());
        assert!(futures_util::poll!(Box::pin(answers.next())).is_pending());
        assert!(answers.turns.is_empty(), "it is forgotten");
        drop(answers);
        assert_eq!(running.start("b", endless().0), Err(Denied::Closed));
    }

    #[tokio::test]
    async fn what_comes_and_goes_unseen_leaves_nothing_behind() {
        let (running, mut answers) = Running::new(1);
        for _ in 0..100 {
            running.start("a", Operation::lasting(stream::pending())).unwrap();
            assert!(running.stop("a"));
        }
        assert!(running.table().fresh.is_empty());
        running.start("a", Operation::lasting(stream::pending())).unwrap();
        assert!(futures_util::poll!(Box::pin(answers.next())).is_pending());
        assert!(!running.has_short());
        assert!(running.stop("a"));
        assert!(!running.stop("a"));
        running.start("a", Operation::once(std::future::ready(answer()))).unwrap();
        assert!(running.has_short());
        // The one that was stopped says nothing, not even its end.
        assert!(answers.next().await.1.is_some());
        assert!(answers.next().await.1.is_none());
    }
}
