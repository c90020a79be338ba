//! What a connection is doing, as its socket, its requests and its watchdog see it. All of them
//! run on one core, so that the atomics are never contended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::checked::Limits;

/// How long a connection may take to say goodbye once it has been told to close.
const GOODBYE: Duration = Duration::from_secs(1);

const UNSET: u64 = u64::MAX;

/// How a connection's silence is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Protocol {
    /// Not known yet: the first bytes decide.
    Unknown,
    Http1,
    Http2,
}

/// Why a connection is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expired {
    /// Nothing was asked for too long.
    Idle,
    /// The headers of a request did not arrive in time.
    Headers,
    /// The client does not read what it is sent.
    Unread,
    /// It was closed and the client does not go.
    Goodbye,
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    created: Instant,
    protocol: AtomicU8,
    /// Requests whose response has not ended.
    in_flight: AtomicU32,
    /// The same over all connections of the core.
    core_in_flight: Arc<AtomicUsize>,
    /// When the last response ended.
    idle_since: AtomicU64,
    /// HTTP/1: bytes of a next request came.
    head_started: AtomicBool,
    head_since: AtomicU64,
    /// Since when the socket takes no more bytes.
    unread_since: AtomicU64,
    /// Since when the connection is being closed.
    closing_since: AtomicU64,
    /// A request's body was left unread, so that closing at once could cost the client the
    /// response.
    body_left: AtomicBool,
    /// The headers were too slow; the socket answers and ends.
    headers_late: AtomicBool,
}

impl Activity {
    pub(super) fn new(core_in_flight: Arc<AtomicUsize>) -> Self {
        Self {
            created: Instant::now(),
            protocol: AtomicU8::new(Protocol::Unknown as u8),
            in_flight: AtomicU32::new(0),
            core_in_flight,
            idle_since: AtomicU64::new(UNSET),
            head_started: AtomicBool::new(false),
            head_since: AtomicU64::new(UNSET),
            unread_since: AtomicU64::new(UNSET),
            closing_since: AtomicU64::new(UNSET),
            body_left: AtomicBool::new(false),
            headers_late: AtomicBool::new(false),
        }
    }

    /// The protocol is known.
    pub(super) fn speaks(&self, protocol: Protocol) {
        self.protocol.store(protocol as u8, Ordering::Relaxed);
        if protocol == Protocol::Http2 {
            self.set(&self.idle_since, true);
        }
    }

    /// Bytes came from the client.
    pub(super) fn bytes_read(&self) {
        if self.in_flight.load(Ordering::Relaxed) == 0 {
            self.head_started.store(true, Ordering::Relaxed);
        }
    }

    /// The socket took bytes, or took none.
    pub(super) fn bytes_written(&self, blocked: bool) {
        if blocked != (self.unread_since.load(Ordering::Relaxed) != UNSET) {
            self.set(&self.unread_since, blocked);
        }
    }

    /// The connection is told to close.
    pub(super) fn close(&self) {
        if !self.is_closing() {
            self.set(&self.closing_since, true);
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing_since.load(Ordering::Relaxed) != UNSET
    }

    /// Whether requests are being answered.
    pub(super) fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
    }

    /// A request's body was given up before its end.
    pub(super) fn leave_body(&self) {
        // HTTP/2 resets the one stream and goes on.
        if self.is_http1() {
            self.body_left.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn has_left_body(&self) -> bool {
        self.body_left.load(Ordering::Relaxed)
    }

    /// The headers of a request took too long. Whether the socket is to say so: to a client that
    /// sent some of them.
    pub(super) fn give_up_headers(&self) -> bool {
        let started = self.head_started() && self.is_http1();
        self.headers_late.store(started, Ordering::Relaxed);
        self.head_started.store(false, Ordering::Relaxed);
        started
    }

    pub(super) fn headers_are_late(&self) -> bool {
        self.headers_late.load(Ordering::Relaxed)
    }

    /// When the connection's patience ends if nothing happens; `None` while a request is at work.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<(Instant, Expired)> {
        if let Some(since) = self.get(&self.unread_since) {
            return Some((since + limits.idle_timeout, Expired::Unread));
        }
        if self.is_busy() {
            return None;
        }
        let idle_since = self.get(&self.idle_since);
        if let Some(since) = self.get(&self.closing_since) {
            let since = idle_since.map_or(since, |idle| idle.max(since));
            let grace = if self.head_started() { limits.headers_timeout } else { GOODBYE };
            return Some((since + grace, Expired::Goodbye));
        }
        match idle_since {
            // Until the first request is there, its headers are what is waited for.
            None => Some((self.created + limits.headers_timeout, Expired::Headers)),
            Some(_) if self.head_started() => {
                let since = self.get(&self.head_since).unwrap_or_else(|| {
                    self.set(&self.head_since, true);
                    Instant::now()
                });
                Some((since + limits.headers_timeout, Expired::Headers))
            }
            Some(since) => Some((since + limits.idle_timeout, Expired::Idle)),
        }
    }

    pub(super) fn is_http1(&self) -> bool {
        self.protocol.load(Ordering::Relaxed) == Protocol::Http1 as u8
    }

    fn head_started(&self) -> bool {
        // HTTP/2 has no head of a connection: streams begin among other frames.
        self.head_started.load(Ordering::Relaxed) && self.is_http1()
    }

    fn get(&self, moment: &AtomicU64) -> Option<Instant> {
        match moment.load(Ordering::Relaxed) {
            UNSET => None,
            nanos => Some(self.created + Duration::from_nanos(nanos)),
        }
    }

    fn set(&self, moment: &AtomicU64, now: bool) {
        let nanos = if now {
            u64::try_from(self.created.elapsed().as_nanos()).unwrap_or(UNSET - 1)
        } else {
            UNSET
        };
        moment.store(nanos, Ordering::Relaxed);
    }
}

/// One request at work, until its response has ended or was given up.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

impl InFlight {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        activity.in_flight.fetch_add(1, Ordering::Relaxed);
        activity.core_in_flight.fetch_add(1, Ordering::Relaxed);
        activity.head_started.store(false, Ordering::Relaxed);
        activity.head_since.store(UNSET, Ordering::Relaxed);
        activity.body_left.store(false, Ordering::Relaxed);
        Self(activity)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.core_in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.0.in_flight.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.set(&self.0.idle_since, true);
        }
    }
}
