//! Connections that leave HTTP behind (RFC 9110, section 7.8; RFC 8441): the frontend says what
//! becomes of one, the server has it run under its own limits.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Response;
use crate::call::BoxFuture;

type Work = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// What is to become of a connection after the response it travels with. It is an extension of
/// that response: the server takes it out, and runs it as the request's last part, in flight until
/// it is done.
#[derive(Clone)]
pub struct Takeover(Arc<Mutex<Option<Work>>>);

impl Takeover {
    /// Has `work` done once `response` has been sent. It is given what tells it that the server
    /// drains, and should then come to its end.
    pub fn attach<F, Fut>(response: &mut Response, work: F)
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let work: Work = Box::new(|draining| Box::pin(work(draining)));
        response.extensions_mut().insert(Self(Arc::new(Mutex::new(Some(work)))));
    }

    /// Takes the work out of a response, if there is any.
    pub fn take(response: &mut Response) -> Option<Work> {
        let Self(work) = response.extensions_mut().remove()?;
        work.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Takeover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Takeover")
    }
}
