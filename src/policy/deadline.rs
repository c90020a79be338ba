//! Gives every call a deadline: the client's, but never later than the operation's own.

use std::time::{Duration, Instant};

use super::{Next, Policy};
use crate::call::{Call, CallError, Code, Origin, Reply};

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
        let reply = next.answer(call).await;
        // A client that gives a service less time than its operator does has itself to blame.
        let impatient = deadline < latest;
        reply.map_err(|error| match error.code() {
            Code::DeadlineExceeded if impatient => error.blamed_on(Origin::Client),
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Answer, BoxFuture, CallService};

    /// Answers with its deadline's distance from now, as an error that blames the backend.
    struct TooLate;

    impl Answer for TooLate {
        fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
            let left = call.deadline.expect("the policy sets one") - Instant::now();
            let message = format!("{} s", left.as_secs_f64().ceil());
            Box::pin(async { Err(CallError::backend(Code::DeadlineExceeded, message)) })
        }
    }

    async fn answer(asked: Option<Duration>) -> (String, Origin) {
        let policy = Deadline { limit: Duration::from_secs(5) };
        let mut call = crate::call::tests::call();
        call.deadline = asked.map(|asked| Instant::now() + asked);
        let error = policy.apply(call, &CallService::new(TooLate)).await.expect_err("too late");
        (error.message().to_owned(), error.origin())
    }

    #[tokio::test]
    async fn the_nearer_deadline_holds_and_bears_the_blame() {
        assert_eq!(answer(None).await, ("5 s".to_owned(), Origin::Backend));
        let longer = Some(Duration::from_secs(60));
        assert_eq!(answer(longer).await, ("5 s".to_owned(), Origin::Backend));
        let shorter = Some(Duration::from_secs(2));
        assert_eq!(answer(shorter).await, ("2 s".to_owned(), Origin::Client));
        let passed = Some(Duration::ZERO);
        let told = "the deadline had passed when the call arrived".to_owned();
        assert_eq!(answer(passed).await, (told, Origin::Client));
    }
}
