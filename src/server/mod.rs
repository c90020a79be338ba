//! Sockets, TLS, HTTP/1.1 and HTTP/2 on one port, limits, drain, and the admin listener.
//!
//! Each core runs one single-threaded runtime with its own sockets; what calls [`Server::run`]
//! is the control runtime, which serves the admin listener.

mod activity;
pub mod admin;
mod body;
mod connection;
mod core;
mod io;
mod listener;
pub mod readiness;
pub mod signals;
mod socket;
mod tls;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::listener::{Core, Listener, Tls};
pub use self::tls::TlsError;
use crate::call;
use crate::config::checked;
use crate::frontend::{Request, Response};
use crate::telemetry::metrics::Metrics;

/// Answers HTTP requests: the frontends of a listener.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request that came to the listener of that place in the config. Dropping the
    /// future means that the client has left.
    fn handle(
        &self,
        listener: usize,
        peer: SocketAddr,
        request: Request,
    ) -> impl Future<Output = Response> + Send;
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address cannot be listened on.
    #[error("listener {listener} cannot listen on {address}: {source}")]
    Address {
        /// The listener's name; `admin` for the admin listener.
        listener: Arc<str>,
        /// The address in the config.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A certificate or its key cannot be used.
    #[error("listener {listener}: {source}")]
    Tls {
        /// The listener's name.
        listener: Arc<str>,
        /// What is wrong with which file.
        source: Box<TlsError>,
    },
    /// The system gives no event queue for a core.
    #[error("cannot start a runtime: {0}")]
    Runtime(#[source] std::io::Error),
}

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Requests that were still being answered when the drain's time was over.
    pub cut: usize,
}

/// Tells a server to stop: first gently, then at once. Clones are the same order.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    drain: CancellationToken,
    now: CancellationToken,
}

impl Stop {
    /// No order yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accept no more connections, finish what is being answered, and end.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Resolves once any order has been given.
    pub async fn ordered(&self) {
        self.drain.cancelled().await;
    }

    /// End now.
    pub fn now(&self) {
        self.drain.cancel();
        self.now.cancel();
    }
}

/// What is wrong with the certificates of `config`, for all listeners at once.
pub fn check(config: &checked::Config) -> Vec<BindError> {
    let wrong = |listener: &checked::Listener| {
        let source = tls::load(listener.tls.as_ref()?).err()?;
        Some(BindError::Tls { listener: Arc::clone(&listener.name), source: Box::new(source) })
    };
    config.listeners.iter().filter_map(wrong).collect()
}

/// A server whose addresses are taken and which accepts nothing yet.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Bound>,
    admin: Option<Bound>,
    cores: Vec<core::Seat>,
    drain: Duration,
}

#[derive(Debug)]
struct Bound {
    listener: Arc<Listener>,
    address: SocketAddr,
    sockets: Vec<TcpListener>,
}

impl Server {
    /// Takes all addresses of `config`, loads its certificates, and fixes the number of cores:
    /// to be called before anything is built that is kept once per core.
    pub fn bind(config: &checked::Config, metrics: &Metrics) -> Result<Self, BindError> {
        let count = config.process.threads.max(1);
        // One place more than there are cores: the control runtime has the last.
        call::core::set_count(count + 1);
        let listeners = config
            .listeners
            .iter()
            .enumerate()
            .map(|(index, listener)| Bound::new(index, listener, count, metrics))
            .collect::<Result<_, _>>()?;
        let admin = config
            .admin
            .map(|address| Bound::new(usize::MAX, &admin::listener(address), 1, metrics))
            .transpose()?;
        let cores = (0..count).map(core::Seat::new).collect::<Result<_, _>>();
        Ok(Self {
            listeners,
            admin,
            cores: cores.map_err(BindError::Runtime)?,
            drain: config.process.drain,
        })
    }

    /// The address of each listener in the order of the config, with the ports that the system
    /// chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().map(|bound| bound.address).collect()
    }

    /// The address of the admin listener.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|bound| bound.address)
    }

    /// Serves until told to stop. The runtime this is awaited on serves the admin listener, until
    /// the last core has ended.
    pub async fn run<H: Handler>(
        self,
        handler: Arc<H>,
        admin: admin::State,
        stop: Stop,
    ) -> std::io::Result<Outcome> {
        let control = Core::default();
        let readiness = Arc::clone(&admin.readiness);
        let mut addresses: Vec<_> = self.named_addresses();
        if let Some(Bound { listener, address, sockets }) = self.admin {
            addresses.push((Arc::clone(&listener.name), address));
            let handler = Arc::new(admin::Admin::new(admin));
            for socket in sockets {
                let socket = tokio::net::TcpListener::from_std(socket)?;
                let accept = listener::accept(
                    socket,
                    Arc::clone(&listener),
                    Arc::clone(&handler),
                    control.clone(),
                );
                control.tasks.spawn(accept);
            }
        }

        // Each listener has one socket per core: deal them out.
        let mut sockets: Vec<_> = self
            .listeners
            .into_iter()
            .map(|bound| (bound.listener, bound.sockets.into_iter()))
            .collect();
        let mut cores = Vec::with_capacity(self.cores.len());
        for seat in self.cores {
            let own = sockets
                .iter_mut()
                .filter_map(|(listener, sockets)| Some((Arc::clone(listener), sockets.next()?)))
                .collect();
            cores.push(seat.start(own, Arc::clone(&handler))?);
        }
        for core in &mut cores {
            core.started().await?;
        }
        for (listener, address) in addresses {
            tracing::info!(%listener, %address, "listening");
        }

        stop.drain.cancelled().await;
        readiness.drain();
        tracing::info!(limit = %humantime::format_duration(self.drain), "draining");
        for core in &cores {
            core.drain();
        }
        let limit = tokio::time::sleep(self.drain);
        let ended = async {
            for core in &mut cores {
                core.ended().await;
            }
        };
        let in_time = tokio::select! {
            () = ended => true,
            () = limit => false,
            () = stop.now.cancelled() => false,
        };
        let mut cut = 0;
        for core in cores {
            cut += if in_time { 0 } else { core.cut().await };
        }
        tracing::info!(cut, "stopped");
        Ok(Outcome { cut })
    }

    fn named_addresses(&self) -> Vec<(Arc<str>, SocketAddr)> {
        self.listeners
            .iter()
            .map(|bound| (Arc::clone(&bound.listener.name), bound.address))
            .collect()
    }
}

impl Bound {
    fn new(
        index: usize,
        listener: &checked::Listener,
        cores: usize,
        metrics: &Metrics,
    ) -> Result<Self, BindError> {
        let name = &listener.name;
        let refused = |source| BindError::Address {
            listener: Arc::clone(name),
            address: listener.address,
            source,
        };
        let (address, sockets) = socket::bind(listener.address, cores).map_err(refused)?;
        let tls = listener.tls.as_ref().map(tls::load).transpose().map_err(|source| {
            BindError::Tls { listener: Arc::clone(name), source: Box::new(source) }
        })?;
        let listener = Listener {
            index,
            name: Arc::clone(name),
            limits: listener.limits.clone(),
            tls: tls.map(Tls),
            protocols: connection::Protocols::new(&listener.limits, listener.websocket.is_some()),
            metrics: metrics.listener(name),
        };
        Ok(Self { listener: Arc::new(listener), address, sockets })
    }
}

#[cfg(test)]
mod tests;
