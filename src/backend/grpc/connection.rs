//! One HTTP/2 connection: made, proven by a PING, driven by a task of its own, kept alive.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Ping, PingPong, SendStream};
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::io::{Io, Meter, Socket};
use super::lane::Counters;
use crate::codec::grpc::Frame;

/// A reply of ordinary size comes in one DATA frame, and is then never copied.
const MAX_FRAME: u32 = 256 * 1024;

/// The largest list of headers (or trailers) accepted from a backend.
const MAX_HEADER_LIST: u32 = 64 * 1024;

/// What the backend may send before it is taken, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// Of one reply.
    pub stream: u32,
    /// Of all of a connection's replies together.
    pub connection: u32,
}

/// How a connection is made.
pub struct Dialer {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How and as whom to check the peer; `None`: plain HTTP/2.
    pub tls: Option<(TlsConnector, ServerName<'static>)>,
    /// How long it may take, from the name's look-up to the answered PING.
    pub connect_timeout: Duration,
    /// PING after this much silence.
    pub keep_alive_interval: Duration,
    /// How long a PING may stay unanswered.
    pub keep_alive_timeout: Duration,
}

/// An open connection. Calls share it.
pub struct Connection {
    requests: SendRequest<Frame>,
    meter: Arc<Meter>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The name is unknown, or the name server does not answer.
    #[error("{0} cannot be looked up: {1}")]
    Lookup(String, #[source] io::Error),
    /// The name has no address.
    #[error("{0} has no address")]
    NoAddress(String),
    /// No address takes a connection; the last one's error.
    #[error("{0}: {1}")]
    Connect(SocketAddr, #[source] io::Error),
    /// The TLS handshake.
    #[error("TLS: {0}")]
    Tls(#[source] io::Error),
    /// ALPN.
    #[error("TLS: the peer does not offer HTTP/2 (h2) by ALPN")]
    NotHttp2,
    /// The HTTP/2 handshake, or the first PING.
    #[error("HTTP/2: {0}")]
    Handshake(#[source] h2::Error),
    /// The peer closed the connection in the handshake.
    #[error("HTTP/2: the peer closed the connection at once")]
    Closed,
    /// All of it took too long.
    #[error("no connection within {0:?}")]
    Timeout(Duration),
}

impl Dialer {
    /// Makes a connection that has answered a PING: the peer is there and speaks HTTP/2.
    pub async fn dial(
        &self,
        windows: Windows,
        counters: Arc<Counters>,
    ) -> Result<Connection, DialError> {
        timeout(self.connect_timeout, self.dial_unbounded(windows, counters))
            .await
            .unwrap_or(Err(DialError::Timeout(self.connect_timeout)))
    }

    async fn dial_unbounded(
        &self,
        windows: Windows,
        counters: Arc<Counters>,
    ) -> Result<Connection, DialError> {
        let meter = Arc::new(Meter::default());
        let io = Io::new(self.socket().await?, Arc::clone(&meter));
        let (requests, connection) = Builder::new()
            .enable_push(false)
            .initial_window_size(windows.stream)
            .initial_connection_window_size(windows.connection)
            .max_frame_size(MAX_FRAME)
            .max_header_list_size(MAX_HEADER_LIST)
            .handshake::<_, Frame>(io)
            .await
            .map_err(DialError::Handshake)?;
        let (proven, proof) = oneshot::channel();
        let driver = Driver {
            retire: RetireOnDrop(Arc::clone(&meter)),
            counters,
            interval: self.keep_alive_interval,
            timeout: self.keep_alive_timeout,
        };
        let driving = tokio::spawn(driver.drive(connection, proven));
        let mut abort = AbortOnDrop(Some(driving.abort_handle()));
        proof.await.unwrap_or(Err(DialError::Closed))?;
        abort.0 = None;
        Ok(Connection { requests, meter })
    }

    async fn socket(&self) -> Result<Socket, DialError> {
        let addresses: Vec<_> = lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|error| DialError::Lookup(self.host.clone(), error))?
            .collect();
        let mut last = DialError::NoAddress(self.host.clone());
        // An address that swallows everything leaves time for the others.
        let share = self.connect_timeout / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        for address in addresses {
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(socket)) => {
                    // Only costs time where it fails.
                    let _ = socket.set_nodelay(true);
                    return self.secured(socket).await;
                }
                Ok(Err(error)) => last = DialError::Connect(address, error),
                Err(_) => last = DialError::Timeout(share),
            }
        }
        Err(last)
    }

    async fn secured(&self, socket: TcpStream) -> Result<Socket, DialError> {
        let Some((connector, name)) = &self.tls else {
            return Ok(Socket::Plain(socket));
        };
        let socket = connector.connect(name.clone(), socket).await.map_err(DialError::Tls)?;
        if socket.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(DialError::NotHttp2);
        }
        Ok(Socket::Tls(Box::new(socket)))
    }
}

impl Connection {
    /// Opens a stream with these headers.
    pub fn open(
        &self,
        request: http::Request<()>,
    ) -> Result<(ResponseFuture, SendStream<Frame>), h2::Error> {
        // A clone may open a stream while those of others still wait for the peer's stream limit;
        // they queue up, each under its own deadline.
        self.requests.clone().send_request(request, false)
    }

    /// What is known of the connection from outside.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
}

/// Drives a connection until it ends.
struct Driver {
    retire: RetireOnDrop,
    counters: Arc<Counters>,
    interval: Duration,
    timeout: Duration,
}

/// Retires the connection however its driver ends: the runtime it ran on may be gone.
struct RetireOnDrop(Arc<Meter>);

/// Ends a driver whose connection nobody waits for any more.
struct AbortOnDrop(Option<tokio::task::AbortHandle>);

impl Driver {
    async fn drive(
        self,
        mut connection: h2::client::Connection<Io, Frame>,
        proven: oneshot::Sender<Result<(), DialError>>,
    ) {
        let Some(mut pings) = connection.ping_pong() else { return };
        tokio::select! {
            biased;
            result = &mut connection => {
                let error = result.map_or_else(DialError::Handshake, |()| DialError::Closed);
                let _ = proven.send(Err(error));
                return;
            }
            pong = pings.ping(Ping::opaque()) => {
                let _ = proven.send(pong.map(drop).map_err(DialError::Handshake));
            }
        }
        tokio::select! {
            biased;
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a backend connection broke");
                }
            }
            () = self.keep_alive(pings) => {
                tracing::debug!("a backend connection did not answer a PING in time");
            }
        }
    }

    /// Returns when the peer is silent beyond the limits while calls are open.
    async fn keep_alive(&self, mut pings: PingPong) {
        loop {
            let before = self.retire.0.read();
            sleep(self.interval).await;
            if self.retire.0.read() != before || self.counters.in_flight() == 0 {
                continue;
            }
            match timeout(self.timeout, pings.ping(Ping::opaque())).await {
                Ok(Ok(_)) => {}
                // The connection's own future tells why.
                Ok(Err(_)) => std::future::pending().await,
                Err(_) => return,
            }
        }
    }
}

impl Drop for RetireOnDrop {
    fn drop(&mut self) {
        self.0.retire();
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(driver) = &self.0 {
            driver.abort();
        }
    }
}
