//! Rules that a call passes on its way in and its reply on its way out, one a file. Their order is
//! the list in [`stack`].

pub mod deadline;
pub mod stack;
pub mod trace;

use crate::call::{Answer, BoxFuture, Call, CallError, CallService, Reply};

/// What a policy hands the call on to: the next policy, or in the end the backend.
pub type Next = CallService;

/// One rule. It may answer by itself, change the call, or change what comes back.
pub trait Policy: Send + Sync + 'static {
    /// Applies the rule to one call.
    fn apply(
        &self,
        call: Call,
        next: &Next,
    ) -> impl Future<Output = Result<Reply, CallError>> + Send;
}

/// Any policy as a [`tower::Layer`], so that policies and tower's own layers fit one stack.
#[derive(Debug, Clone)]
pub struct Layer<P>(pub P);

impl<P: Policy + Clone> tower::Layer<CallService> for Layer<P> {
    type Service = CallService;

    fn layer(&self, next: CallService) -> CallService {
        CallService::new(Layered { policy: self.0.clone(), next })
    }
}

struct Layered<P> {
    policy: P,
    next: Next,
}

impl<P: Policy> Answer for Layered<P> {
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        Box::pin(self.policy.apply(call, &self.next))
    }
}
