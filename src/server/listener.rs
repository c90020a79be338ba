//! Accepting connections: each stays on the core whose socket took it.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::activity::Activity;
use super::connection::{self, Context, Protocols};
use super::{Handler, socket};
use crate::config::checked::Limits;
use crate::telemetry::metrics::ListenerMetrics;

/// How long to wait when the process has no file or memory left for a connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// What all cores know of one listener.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) index: usize,
    pub(super) name: Arc<str>,
    pub(super) limits: Limits,
    pub(super) tls: Option<Tls>,
    pub(super) protocols: Protocols,
    pub(super) metrics: Arc<ListenerMetrics>,
}

/// A TLS acceptor that can be printed.
#[derive(Clone)]
pub(super) struct Tls(pub(super) TlsAcceptor);

impl std::ops::Deref for Tls {
    type Target = TlsAcceptor;

    fn deref(&self) -> &TlsAcceptor {
        &self.0
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

/// What the connections of one core share.
#[derive(Debug, Clone, Default)]
pub(super) struct Core {
    pub(super) drain: Drain,
    pub(super) tasks: TaskTracker,
    /// Requests being answered.
    pub(super) in_flight: Arc<AtomicUsize>,
}

/// Tells the tasks of one core that it drains.
#[derive(Debug, Clone, Default)]
pub(super) struct Drain {
    token: CancellationToken,
    /// The same without the token's lock.
    begun: Arc<AtomicBool>,
}

impl Drain {
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// Tells that it has begun, to those who may not know this module.
    pub(super) fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    pub(super) async fn begun(&self) {
        self.token.cancelled().await;
    }
}

/// Accepts until the core drains; then what already waits is still served, and the socket closed.
pub(super) async fn accept<H: Handler>(
    socket: TcpListener,
    listener: Arc<Listener>,
    handler: Arc<H>,
    core: Core,
) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = core.drain.begun() => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => open(stream, peer, &listener, &handler, &core),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(listener = %listener.name, %error, "cannot accept connections");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    while let Some(Ok((stream, peer))) = socket.accept().now_or_never() {
        open(stream, peer, &listener, &handler, &core);
    }
}

/// Serves a connection, or closes it at once when there are too many: a client that is told can
/// go elsewhere, one that waits in the queue cannot.
fn open<H: Handler>(
    stream: TcpStream,
    peer: std::net::SocketAddr,
    listener: &Arc<Listener>,
    handler: &Arc<H>,
    core: &Core,
) {
    let Some(opened) = listener.metrics.open(listener.limits.connections) else {
        tracing::debug!(listener = %listener.name, %peer, "connection refused: too many are open");
        return;
    };
    if socket::prepare(&stream).is_err() {
        // The client is gone already.
        return;
    }
    let context = Context {
        listener: Arc::clone(listener),
        handler: Arc::clone(handler),
        drain: core.drain.clone(),
        tasks: core.tasks.clone(),
        taken: Mutex::default(),
        peer,
        activity: Arc::new(Activity::new(Arc::clone(&core.in_flight))),
    };
    core.tasks.spawn(async move {
        connection::serve(stream, context).await;
        drop(opened);
    });
}

/// Whether only the connection that was to be accepted is lost.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
