//! Where a backend listens, and the choice between several such places.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_all;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use tokio::time::Instant;

use super::connection::{Connection, Dialer};
use super::lane::{Lane, Lease, Look, Rest};
use super::lanes::Lanes;
use crate::call::{CallError, Code, core};
use crate::contract::Streaming;

/// Up to here the least loaded of all endpoints is sought, beyond it the better of two at random.
const FEW: usize = 8;

/// One place where a backend listens.
pub struct Endpoint {
    /// `host:port`
    pub authority: Authority,
    /// `http` or `https`
    pub scheme: Scheme,
    /// How to get there.
    pub dialer: Arc<Dialer>,
    /// One set of lanes a core.
    pub lanes: Box<[Lanes]>,
}

/// An endpoint that a call goes to.
pub struct Chosen<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// One of the current core's connections to it.
    pub connection: Arc<Connection>,
    /// The call is counted as under way from now on.
    pub lease: Lease,
}

/// The only endpoint, where it is connected.
pub fn ready(endpoints: &[Endpoint], streaming: Streaming) -> Option<Chosen<'_>> {
    let [only] = endpoints else { return None };
    only.ready(streaming)
}

/// Chooses the connected endpoint with the fewest calls under way. Where none is connected, waits
/// for the first that is; where none can be, says so at once.
pub async fn choose<'a>(
    name: &str,
    endpoints: &'a [Endpoint],
    streaming: Streaming,
) -> Result<Chosen<'a>, CallError> {
    if endpoints.len() > FEW
        && let Some(chosen) = better_of_two(endpoints, streaming)
    {
        return Ok(chosen);
    }
    // Each round but the last one ends with an attempt to connect that is over.
    for _ in 0..endpoints.len().saturating_add(2) {
        let mut best: Option<(usize, Place<'_>, Arc<Connection>)> = None;
        let mut waits = Vec::new();
        // Held until the wait is over, so that as many wait for a connection as have room on it.
        let mut places = Vec::new();
        let mut soonest: Option<Rest> = None;
        let offset = if endpoints.len() > 1 { fastrand::usize(..endpoints.len()) } else { 0 };
        let (after, before) = endpoints.split_at(offset);
        for endpoint in before.iter().chain(after) {
            let load = endpoint.in_flight();
            let place = endpoint.place(streaming);
            match place.lane.look(&endpoint.dialer) {
                Look::Ready(connection) => {
                    if best.as_ref().is_none_or(|(least, ..)| load < *least) {
                        best = Some((load, place, connection));
                    }
                }
                Look::Wait(done) => {
                    waits.push(done);
                    places.push(place);
                }
                Look::Rest(rest) => {
                    if soonest.as_ref().is_none_or(|soonest| rest.until < soonest.until) {
                        soonest = Some(rest);
                    }
                }
            }
        }
        if let Some((_, place, connection)) = best {
            return Ok(place.chosen(connection));
        }
        if waits.is_empty() {
            return Err(unreachable(name, soonest));
        }
        let changes = waits.iter_mut().map(|done| Box::pin(done.changed()));
        let _ = select_all(changes).await;
    }
    Err(unreachable(name, None))
}

impl Endpoint {
    /// The address of an operation here.
    pub fn uri(&self, path: PathAndQuery) -> Result<Uri, http::uri::InvalidUriParts> {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts)
    }

    /// Calls under way here, of all cores.
    pub fn in_flight(&self) -> usize {
        self.lanes.iter().map(Lanes::in_flight).sum()
    }

    fn ready(&self, streaming: Streaming) -> Option<Chosen<'_>> {
        if streaming == Streaming::Unary {
            let lane = self.lanes().calls();
            let Look::Ready(connection) = lane.look(&self.dialer) else { return None };
            return Some(Chosen { endpoint: self, connection, lease: lane.counters.lease() });
        }
        let place = self.place(streaming);
        let Look::Ready(connection) = place.lane.look(&self.dialer) else { return None };
        Some(place.chosen(connection))
    }

    /// Where the current core would have such a call go.
    fn place(&self, streaming: Streaming) -> Place<'_> {
        let (lane, lease) = self.lanes().lane(streaming);
        Place { endpoint: self, lane, lease }
    }

    fn lanes(&self) -> &Lanes {
        &self.lanes[core::current() % self.lanes.len()]
    }
}

/// A lane that a call may take, and its place there where places are scarce.
struct Place<'a> {
    endpoint: &'a Endpoint,
    lane: Arc<Lane>,
    lease: Option<Lease>,
}

impl<'a> Place<'a> {
    fn chosen(self, connection: Arc<Connection>) -> Chosen<'a> {
        let lease = self.lease.unwrap_or_else(|| self.lane.counters.lease());
        Chosen { endpoint: self.endpoint, connection, lease }
    }
}

fn better_of_two(endpoints: &[Endpoint], streaming: Streaming) -> Option<Chosen<'_>> {
    let one = fastrand::usize(..endpoints.len());
    let other = (one + fastrand::usize(1..endpoints.len())) % endpoints.len();
    let (one, other) = (endpoints.get(one)?, endpoints.get(other)?);
    let better = if one.in_flight() <= other.in_flight() { one } else { other };
    better.ready(streaming)
}

fn unreachable(name: &str, soonest: Option<Rest>) -> CallError {
    let Some(rest) = soonest else {
        let message = format!("backend {name} closes every connection");
        return CallError::backend(Code::Unavailable, message);
    };
    let wait = rest.until.saturating_duration_since(Instant::now());
    let wait = Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let message = format!("backend {name} cannot be reached; the next attempt is in {wait:?}");
    CallError::backend(Code::Unavailable, message).because(rest.reason.to_string())
}
