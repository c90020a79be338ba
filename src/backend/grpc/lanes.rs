//! All the ways that one core has to one endpoint. Streams have connections of their own: however
//! slowly their clients read them, the calls of one message do not wait for that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::Windows;
use super::lane::{Lane, Lease};
use crate::contract::Streaming;

/// Streams that share a connection; for more there are more connections. No server should allow
/// less (RFC 9113, section 6.5.2), so that none waits for another to end.
const STREAMS: usize = 100;

/// Replies of one message are read as they come, whatever their clients do: what lies in these
/// windows is on its way.
const CALLS: Windows = Windows { stream: 1 << 20, connection: 64 << 20 };

/// The connection's window has room for those of all its streams, so that no stream waits for the
/// reader of another. A stream whose client does not read costs this much memory.
const OF_STREAMS: Windows =
    Windows { stream: STREAM_WINDOW, connection: STREAM_WINDOW * STREAMS as u32 };

const STREAM_WINDOW: u32 = 128 << 10;

/// See the module.
pub struct Lanes {
    calls: Arc<Lane>,
    streams: Mutex<Vec<Arc<Lane>>>,
    streams_in_flight: Arc<AtomicUsize>,
}

impl Lanes {
    /// Lanes without a connection.
    pub fn new() -> Self {
        let calls = Arc::new(Lane::new(CALLS, None));
        Self { calls, streams: Mutex::default(), streams_in_flight: Arc::default() }
    }

    /// The lane for calls of one message.
    pub fn calls(&self) -> &Arc<Lane> {
        &self.calls
    }

    /// The lane for a call of that kind, and the call's place on it where places are scarce.
    pub fn lane(&self, streaming: Streaming) -> (Arc<Lane>, Option<Lease>) {
        if streaming == Streaming::Unary {
            return (Arc::clone(&self.calls), None);
        }
        let mut lanes = self.streams();
        let roomy = lanes.iter().find(|lane| lane.counters.in_flight() < STREAMS).cloned();
        let lane = roomy.unwrap_or_else(|| {
            let lane = Arc::new(Lane::new(OF_STREAMS, Some(Arc::clone(&self.streams_in_flight))));
            lanes.push(Arc::clone(&lane));
            lane
        });
        let lease = lane.counters.lease();
        // One is kept for the next stream, the others close once they are empty.
        let mut first = true;
        lanes.retain(|lane| std::mem::take(&mut first) || lane.counters.in_flight() > 0);
        (lane, Some(lease))
    }

    /// Calls under way, streams among them.
    pub fn in_flight(&self) -> usize {
        self.calls.counters.in_flight() + self.streams_in_flight.load(Ordering::Relaxed)
    }

    /// Whether there is a connection now, and why not if the last attempt failed.
    pub fn state(&self) -> (bool, Option<Arc<str>>) {
        let streams = self.streams().first().map(|lane| lane.state());
        match (self.calls.state(), streams) {
            ((false, None), Some(streams)) => streams,
            (calls, _) => calls,
        }
    }

    fn streams(&self) -> MutexGuard<'_, Vec<Arc<Lane>>> {
        // Only its own core takes it, but to tell its state; nothing panics meanwhile.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_have_room_and_lanes_that_are_empty_go() {
        let lanes = Lanes::new();
        let take = || lanes.lane(Streaming::Server);
        let mut taken: Vec<_> = (0..STREAMS * 2 + 1).map(|_| take()).collect();
        assert_eq!(lanes.streams().len(), 3);
        assert_eq!(lanes.in_flight(), STREAMS * 2 + 1);
        let in_flight = |index: usize| lanes.streams()[index].counters.in_flight();
        assert_eq!([in_flight(0), in_flight(1), in_flight(2)], [STREAMS, STREAMS, 1]);
        // A place that becomes free is taken before a new connection is made.
        drop(taken.remove(0));
        taken.push(take());
        assert_eq!(lanes.streams().len(), 3);
        drop(taken);
        drop(take());
        assert_eq!((lanes.streams().len(), lanes.in_flight()), (1, 0));
    }

    #[test]
    fn calls_of_one_message_share_one_lane() {
        let lanes = Lanes::new();
        let (one, lease) = lanes.lane(Streaming::Unary);
        assert!(lease.is_none());
        assert!(Arc::ptr_eq(&one, &lanes.lane(Streaming::Unary).0));
    }
}
