//! Gives every call a deadline: the client's, but never later than the operation's own.

use std::time::{Duration, Instant};

use super::{Next, Policy};
use crate::call::{Call, CallError, Code, Reply};

/// Sets [`Call::deadline`]. Keeping it is the backend's duty: only there is it known what must be
/// cancelled.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// The longest a call may take.
    pub limit: Duration,
}

impl Policy for Deadline {
    async fn apply(&self, mut call: Call, next: &Next) -> Result<Reply, CallError> {
        let now = Instant::now();
        let latest = now + self.limit;
        let deadline = call.deadline.map_or(latest, |asked| asked.min(latest));
        if deadline <= now {
            return Err(CallError::client(
                Code::DeadlineExceeded,
                "the deadline had passed when the call arrived",
            ));
        }
        call.deadline = Some(deadline);
        next.answer(call).await
    }
}
