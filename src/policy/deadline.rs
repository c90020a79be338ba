//! Gives every call a deadline: the client's, but never later than the operation's own.

use std::time::{Duration, Instant};

use super::{Next, Policy};
use crate::call::{Call, CallError, Code, Origin, Payload, Reply};

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
        if deadline == latest {
            return reply;
        }
        let mut reply = reply.map_err(impatient)?;
        if let Payload::Stream(messages) = reply.payload {
            reply.payload = Payload::Stream(messages.map_err(impatient));
        }
        Ok(reply)
    }
}

/// A client that gives a service less time than its operator does has itself to blame.
fn impatient(error: CallError) -> CallError {
    match error.code() {
        Code::DeadlineExceeded => error.blamed_on(Origin::Client),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Answer, BoxFuture, CallService, Messages, Step};

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

    /// Answers with a stream that ends with that code.
    struct TooLateWithin(Code);

    impl Answer for TooLateWithin {
        fn answer(&self, _: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
            let code = self.0;
            let messages = Messages::unfold(false, move |begun| async move {
                match begun {
                    false => Ok(Step::Message(bytes::Bytes::new(), true)),
                    true => Err(CallError::backend(code, "within")),
                }
            });
            Box::pin(async { Ok(Reply::stream(messages)) })
        }
    }

    #[tokio::test]
    async fn the_nearer_deadline_bears_the_blame_within_a_stream_too() {
        for (asked, code, origin) in [
            (Some(2), Code::DeadlineExceeded, Origin::Client),
            (Some(2), Code::Unavailable, Origin::Backend),
            (Some(60), Code::DeadlineExceeded, Origin::Backend),
            (None, Code::DeadlineExceeded, Origin::Backend),
        ] {
            let policy = Deadline { limit: Duration::from_secs(5) };
            let mut call = crate::call::tests::call();
            call.deadline = asked.map(|asked| Instant::now() + Duration::from_secs(asked));
            let next = CallService::new(TooLateWithin(code));
            let reply = policy.apply(call, &next).await.expect("begun");
            let Payload::Stream(mut messages) = reply.payload else { panic!("no stream") };
            assert!(messages.next().await.expect("one").is_ok());
            let error = messages.next().await.expect("another").expect_err("too late");
            assert_eq!((error.code(), error.origin()), (code, origin), "{asked:?}");
        }
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
