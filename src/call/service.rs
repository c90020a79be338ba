//! What stands behind every frontend: something that answers calls.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Call, CallError, Reply};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Answers calls: a backend, a policy over another answerer, or a test's closure.
pub trait Answer: Send + Sync + 'static {
    /// Answers one call. Dropping the future cancels the call.
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>>;
}

/// An erased, cheaply cloned, always ready answerer of calls, and a [`tower::Service`]: a full
/// gateway answers with an error, it never holds a caller back.
#[derive(Clone)]
pub struct CallService(Arc<dyn Answer>);

impl CallService {
    /// Erases `answer`.
    pub fn new(answer: impl Answer) -> Self {
        Self(Arc::new(answer))
    }

    /// Answers one call.
    pub fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        self.0.answer(call)
    }
}

impl std::fmt::Debug for CallService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallService")
    }
}

impl tower::Service<Call> for CallService {
    type Response = Reply;
    type Error = CallError;
    type Future = BoxFuture<'static, Result<Reply, CallError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { service.answer(call).await })
    }
}
