//! One log line and one measurement for each call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::metrics::{InFlight, Metrics, OperationMetrics};
use crate::call::{CallError, Code, Messages, Origin, Payload, Source, Step};

/// Records the calls of one operation through one frontend of one listener.
#[derive(Debug)]
pub struct Recorder {
    operation: Arc<str>,
    listener: Arc<str>,
    frontend: &'static str,
    metrics: Arc<OperationMetrics>,
}

impl Recorder {
    /// A recorder for `operation` (`shop.v1.ProductService/GetProduct`).
    pub fn new(
        operation: &str,
        listener: &Arc<str>,
        frontend: &'static str,
        metrics: &Metrics,
    ) -> Self {
        Self {
            operation: operation.into(),
            listener: listener.clone(),
            frontend,
            metrics: metrics.operation(operation, frontend),
        }
    }

    /// Starts the record of one call.
    pub fn start(recorder: &Arc<Self>, source: &Source) -> Span {
        Span {
            in_flight: recorder.metrics.begin(),
            recorder: recorder.clone(),
            source: source.clone(),
            sent: 0,
            sent_in_stream: None,
            received: 0,
            rejection: None,
            ended: false,
        }
    }

    /// Counts unknown fields that a client sent and that were dropped as the config says.
    pub fn ignored(&self, fields: u64) {
        if fields > 0 {
            self.metrics.ignored_unknown_fields(usize::try_from(fields).unwrap_or(usize::MAX));
        }
    }

    /// Records a request that was refused before it became a call.
    pub fn refuse(recorder: &Arc<Self>, source: &Source, error: &CallError) {
        Self::start(recorder, source).end(Some(error));
    }
}

/// The record of a call under way. Dropped before its end, it says that the client left.
#[derive(Debug)]
pub struct Span {
    #[allow(dead_code, reason = "counts the call as in flight until it is dropped")]
    in_flight: InFlight,
    recorder: Arc<Recorder>,
    source: Source,
    sent: usize,
    sent_in_stream: Option<Arc<AtomicUsize>>,
    received: usize,
    rejection: Option<Arc<OnceLock<CallError>>>,
    ended: bool,
}

impl Span {
    /// The same payload, counted: a message at once, a stream as it is sent.
    pub fn count_sent(&mut self, payload: Payload) -> Payload {
        let messages = match payload {
            Payload::Message(message) => {
                self.sent += message.len();
                return Payload::Message(message);
            }
            Payload::Stream(messages) => messages,
        };
        let sent = self.sent_in_stream.insert(Arc::default()).clone();
        Payload::Stream(Messages::unfold((messages, sent), |(mut messages, sent)| async move {
            match messages.next().await {
                Some(Ok(message)) => {
                    sent.fetch_add(message.len(), Ordering::Relaxed);
                    Ok(Step::Message(message, (messages, sent)))
                }
                Some(Err(error)) => Err(error),
                None => Ok(Step::End(messages.trailers().clone())),
            }
        }))
    }

    /// Counts a reply message of `bytes`.
    pub fn received(&mut self, bytes: usize) {
        self.received += bytes;
    }

    /// To be told why the reply's reader gives it up, if it does: the span ends with that then.
    pub fn rejected(&mut self) -> impl FnOnce(&CallError) + Send + use<> {
        let rejection = self.rejection.insert(Arc::default()).clone();
        move |error| {
            let mut told = CallError::new(error.code(), error.origin(), error.message().to_owned());
            if let Some(cause) = error.cause() {
                told = told.because(cause.to_string());
            }
            // It is told once at most.
            let _ = rejection.set(told);
        }
    }

    /// Ends the record: well, or with an error.
    pub fn end(mut self, error: Option<&CallError>) {
        self.finish(error);
    }

    fn finish(&mut self, error: Option<&CallError>) {
        self.ended = true;
        let sent = match &self.sent_in_stream {
            Some(count) => self.sent + count.load(Ordering::Relaxed),
            None => self.sent,
        };
        let duration = self.source.arrived.elapsed();
        let failure = error.map(|error| (error.code(), error.origin()));
        self.recorder.metrics.record(failure, duration, sent, self.received);
        self.log(error, duration, sent);
    }

    /// The level follows whose fault it was: a client's mistakes are no news, a backend's are.
    fn log(&self, error: Option<&CallError>, duration: Duration, sent: usize) {
        macro_rules! line {
            ($level:ident, $($error:tt)*) => {
                tracing::$level!(
                    operation = &*self.recorder.operation,
                    listener = &*self.recorder.listener,
                    frontend = self.recorder.frontend,
                    $($error)*
                    duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
                    sent,
                    received = self.received,
                    request_id = &*self.source.request_id,
                    peer = self.source.peer.map(tracing::field::display),
                    "call"
                )
            };
        }
        macro_rules! failed {
            ($level:ident, $error:ident) => {
                line!(
                    $level,
                    code = $error.code().name(),
                    origin = $error.origin().name(),
                    error = $error.message(),
                    cause = $error.cause().map(tracing::field::display),
                )
            };
        }
        match error {
            None => line!(info, code = "OK",),
            Some(error) => match error.origin() {
                Origin::Client => failed!(info, error),
                Origin::Backend => failed!(warn, error),
                // It ends because it was told to.
                Origin::Gateway if error.code() == Code::Cancelled => failed!(info, error),
                Origin::Gateway => failed!(error, error),
            },
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let rejection = self.rejection.take();
        match rejection.as_ref().and_then(|rejection| rejection.get()) {
            Some(error) => self.finish(Some(error)),
            None => self.finish(Some(&CallError::client(Code::Cancelled, "the client left"))),
        }
    }
}
