//! Spreads stream resets over time: a peer takes many at once for an attack and closes the
//! connection with everything else on it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Resets that may go out at once; peers are known to close a connection at 20.
const BURST: u32 = 10;

/// The time one reset takes from the budget.
const INTERVAL: Duration = Duration::from_millis(5);

/// A reset that would have to wait longer does not wait at all: what waits is kept, stream and all,
/// and a flood of it must not take all memory.
const LONGEST: Duration = Duration::from_secs(30);

/// A budget of resets that fills up with time.
#[derive(Debug, Default)]
pub struct Pace {
    /// When the budget is full again.
    full: Mutex<Option<Instant>>,
}

impl Pace {
    /// Takes one reset from the budget: how long it has to wait, `None` for not at all.
    pub fn delay(&self, now: Instant) -> Option<Duration> {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let next = full.map_or(now, |full| full.max(now)) + INTERVAL;
        let wait = next.duration_since(now).saturating_sub(INTERVAL * BURST);
        if wait > LONGEST {
            return None;
        }
        *full = Some(next);
        (!wait.is_zero()).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_the_rest_waits_in_line() {
        let pace = Pace::default();
        let now = Instant::now();
        let delays: Vec<_> = (0..13).filter_map(|_| pace.delay(now)).collect();
        assert_eq!(delays, [INTERVAL, INTERVAL * 2, INTERVAL * 3]);
        assert_eq!(pace.delay(now + INTERVAL * 13), None);
    }

    #[test]
    fn no_more_wait_than_a_flood_may_keep() {
        let pace = Pace::default();
        let now = Instant::now();
        let waiting = (0..10_000).filter(|_| pace.delay(now).is_some()).count();
        assert_eq!(waiting, 6000);
        assert!(pace.delay(now + INTERVAL).is_some(), "a place became free");
    }
}
