//! Counters and histograms with one shard per core: adding touches only the core's own memory,
//! reading sums up. `prometheus-client`'s histogram takes a lock for each observation.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::call::core;

/// Upper bounds of the buckets of a duration, in microseconds.
const BOUNDS: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

/// One value per core, on cache lines of its own.
#[derive(Debug)]
pub(super) struct Sharded<T>(Box<[Shard<T>]>);

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard<T>(T);

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        Self((0..core::count()).map(|_| Shard::default()).collect())
    }
}

impl<T> Sharded<T> {
    /// The current core's own. A core that came after the counting was set up shares one.
    pub(super) fn own(&self) -> &T {
        let index = core::current() % self.0.len();
        &self.0[index].0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|shard| &shard.0)
    }
}

impl Sharded<AtomicU64> {
    pub(super) fn add(&self, amount: u64) {
        self.own().fetch_add(amount, Ordering::Relaxed);
    }

    pub(super) fn sum(&self) -> u64 {
        self.iter().map(|shard| shard.load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    }
}

impl Sharded<AtomicI64> {
    pub(super) fn add(&self, amount: i64) {
        self.own().fetch_add(amount, Ordering::Relaxed);
    }

    pub(super) fn sum(&self) -> i64 {
        self.iter().map(|shard| shard.load(Ordering::Relaxed)).fold(0, i64::wrapping_add)
    }
}

/// How long things took.
#[derive(Debug, Default)]
pub(super) struct Durations(Sharded<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    counts: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
}

/// A histogram as Prometheus sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Snapshot {
    pub(super) count: u64,
    pub(super) seconds: f64,
    /// Each bucket's upper bound in seconds and its own count.
    pub(super) buckets: Vec<(f64, u64)>,
}

impl Durations {
    pub(super) fn observe(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let place = BOUNDS.iter().take_while(|bound| nanos > **bound * 1_000).count();
        let own = self.0.own();
        own.counts[place].fetch_add(1, Ordering::Relaxed);
        own.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let bounds = BOUNDS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::MAX]);
        let mut snapshot =
            Snapshot { count: 0, seconds: 0.0, buckets: bounds.map(|bound| (bound, 0)).collect() };
        for own in self.0.iter() {
            for (bucket, count) in snapshot.buckets.iter_mut().zip(&own.counts) {
                let count = count.load(Ordering::Relaxed);
                bucket.1 += count;
                snapshot.count += count;
            }
            snapshot.seconds += own.nanos.load(Ordering::Relaxed) as f64 / 1e9;
        }
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_bucket_that_holds_it() {
        let durations = Durations::default();
        for micros in [1, 250, 251, 9_999_999, 10_000_001] {
            durations.observe(Duration::from_micros(micros));
        }
        let snapshot = durations.snapshot();
        let filled: Vec<_> =
            snapshot.buckets.iter().copied().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(0.000_25, 2), (0.000_5, 1), (10.0, 1), (f64::MAX, 1)]);
        assert_eq!(snapshot.count, 5);
        assert!((snapshot.seconds - 20.000_502).abs() < 1e-6);
    }
}
