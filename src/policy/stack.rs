//! The order of the policies, in one place.

use std::sync::Arc;
use std::time::Duration;

use tower::Layer as _;

use super::Layer;
use super::deadline::Deadline;
use super::trace::Trace;
use crate::call::CallService;
use crate::telemetry::record::Recorder;

/// What the policies of one operation are built from.
#[derive(Debug)]
pub struct Settings {
    /// Writes the log line and the metrics of each call.
    pub recorder: Arc<Recorder>,
    /// The longest a call may take.
    pub deadline: Duration,
}

/// Puts the policies of one operation around its backend. Read from the bottom up it is the way
/// in, outermost last:
///
/// 1. trace: one log line and one measurement a call, whatever comes of it
/// 2. deadline: the client's, bounded by the operation's
pub fn build(settings: Settings, backend: CallService) -> CallService {
    let stack = Layer(Deadline { limit: settings.deadline }).layer(backend);
    Layer(Trace { recorder: settings.recorder }).layer(stack)
}
