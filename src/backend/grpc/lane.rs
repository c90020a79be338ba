//! A way to one endpoint: its connection, made when first needed and made anew when lost, and what
//! is under way on it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::connection::{Connection, Dialer, Windows};
use super::pace::Pace;

const FIRST_REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(5);

/// Calls that may run out after their clients have left; more are reset.
const MAX_DETACHED: usize = 256;

/// See the module.
pub struct Lane {
    slot: Mutex<Slot>,
    windows: Windows,
    /// What is under way.
    pub counters: Arc<Counters>,
}

/// What is under way on a lane.
#[derive(Debug, Default)]
pub struct Counters {
    in_flight: AtomicUsize,
    /// The same of all the lanes that a core has for streams to the endpoint.
    total: Option<Arc<AtomicUsize>>,
    detached: AtomicUsize,
    /// Spreads resets over time.
    pub resets: Pace,
}

/// Counts a call as under way while it lives.
#[derive(Debug)]
pub struct Lease {
    counters: Arc<Counters>,
    detached: bool,
}

/// What a lane has to offer at the moment.
pub enum Look {
    /// A connection.
    Ready(Arc<Connection>),
    /// One is being made; look again when this changes or closes.
    Wait(watch::Receiver<()>),
    /// The last attempts failed, and the next one has to wait.
    Rest(Rest),
}

/// A pause after failed attempts.
#[derive(Debug, Clone)]
pub struct Rest {
    /// When the next attempt may be made.
    pub until: Instant,
    /// Why the last attempt failed.
    pub reason: Arc<str>,
    failures: u32,
}

enum Slot {
    Idle,
    Connecting(watch::Receiver<()>),
    Ready(Arc<Connection>),
    Resting(Rest),
}

/// An attempt to connect. Dropping it unsettled (its runtime is gone) leaves the lane idle.
struct Attempt {
    lane: Arc<Lane>,
    failures: u32,
    settled: bool,
    _done: watch::Sender<()>,
}

impl Lane {
    /// A lane without a connection. What is under way on it is counted on `total` too, if given.
    pub fn new(windows: Windows, total: Option<Arc<AtomicUsize>>) -> Self {
        let counters = Counters { total, ..Counters::default() };
        Self { slot: Mutex::new(Slot::Idle), windows, counters: Arc::new(counters) }
    }

    /// What there is now. Where there is nothing, an attempt to connect begins, whether or not
    /// anybody waits for it.
    pub fn look(self: &Arc<Self>, dialer: &Arc<Dialer>) -> Look {
        let mut slot = self.slot();
        let failures = match &*slot {
            Slot::Ready(connection) if !connection.meter().is_retired() => {
                return Look::Ready(Arc::clone(connection));
            }
            Slot::Connecting(done) => return Look::Wait(done.clone()),
            Slot::Resting(rest) if rest.until > Instant::now() => return Look::Rest(rest.clone()),
            Slot::Resting(rest) => rest.failures,
            Slot::Ready(_) | Slot::Idle => 0,
        };
        let (done, waiting) = watch::channel(());
        *slot = Slot::Connecting(waiting.clone());
        // A runtime that is shutting down drops the attempt at once, which takes the lock.
        drop(slot);
        let attempt = Attempt { lane: Arc::clone(self), failures, settled: false, _done: done };
        tokio::spawn(attempt.run(Arc::clone(dialer)));
        Look::Wait(waiting)
    }

    /// Whether there is a connection now, and why not if the last attempt failed.
    pub fn state(&self) -> (bool, Option<Arc<str>>) {
        match &*self.slot() {
            Slot::Ready(connection) => (!connection.meter().is_retired(), None),
            Slot::Resting(rest) => (false, Some(Arc::clone(&rest.reason))),
            Slot::Idle | Slot::Connecting(_) => (false, None),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        // Nothing panics while the lock is held, and a slot is whole at any time.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    /// Calls under way, those that run out after their client has left included.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Counts a call for as long as the lease lives.
    pub fn lease(self: &Arc<Self>) -> Lease {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        if let Some(total) = &self.total {
            total.fetch_add(1, Ordering::Relaxed);
        }
        Lease { counters: Arc::clone(self), detached: false }
    }
}

impl Lease {
    /// Counts the call as one whose client has left. `false` where there are too many of those.
    pub fn detach(&mut self) -> bool {
        let detached = &self.counters.detached;
        let room = |count: usize| (count < MAX_DETACHED).then_some(count + 1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        self.detached = detached.fetch_update(set, fetch, room).is_ok();
        self.detached
    }

    /// When a reset may be sent; `None`: now.
    pub fn reset_delay(&self) -> Option<Duration> {
        self.counters.resets.delay(Instant::now())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.counters.in_flight.fetch_sub(1, Ordering::Relaxed);
        if let Some(total) = &self.counters.total {
            total.fetch_sub(1, Ordering::Relaxed);
        }
        if self.detached {
            self.counters.detached.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Attempt {
    async fn run(mut self, dialer: Arc<Dialer>) {
        let slot = match dialer.dial(self.lane.windows, Arc::clone(&self.lane.counters)).await {
            Ok(connection) => {
                if self.failures > 0 {
                    tracing::info!(host = dialer.host, port = dialer.port, "backend is back");
                }
                Slot::Ready(Arc::new(connection))
            }
            Err(error) => {
                if self.failures == 0 {
                    let (host, port) = (&dialer.host, dialer.port);
                    tracing::warn!(host, port, %error, "backend cannot be reached");
                }
                let until = Instant::now() + rest_after(self.failures);
                let failures = self.failures.saturating_add(1);
                Slot::Resting(Rest { until, reason: error.to_string().into(), failures })
            }
        };
        *self.lane.slot() = slot;
        self.settled = true;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.settled {
            *self.lane.slot() = Slot::Idle;
        }
    }
}

/// How long to wait after that many failures before this one: doubling, and never twice the same,
/// so that many gateways do not come back together.
fn rest_after(failures: u32) -> Duration {
    let full = FIRST_REST.saturating_mul(1 << failures.min(10)).min(LONGEST_REST);
    full.mul_f64(0.5 + 0.5 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_to_a_limit() {
        for (failures, longest) in [(0, 50), (1, 100), (3, 400), (9, 5000), (u32::MAX, 5000)] {
            let longest = Duration::from_millis(longest);
            let rest = rest_after(failures);
            assert!(rest <= longest && rest >= longest / 2, "{failures}: {rest:?}");
        }
    }

    #[test]
    fn detached_calls_are_bounded() {
        let counters = Arc::new(Counters::default());
        let mut leases: Vec<_> = (0..=MAX_DETACHED).map(|_| counters.lease()).collect();
        let detached: Vec<_> = leases.iter_mut().map(Lease::detach).collect();
        assert_eq!(detached.iter().filter(|detached| **detached).count(), MAX_DETACHED);
        drop(leases);
        assert_eq!(counters.in_flight(), 0);
        assert!(counters.lease().detach());
    }
}
