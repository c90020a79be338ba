//! Services that speak gRPC: [`Backend`] sends a call over HTTP/2 and reads the reply.
//!
//! Framing, metadata and status are written here on the `h2` crate instead of on a gRPC client
//! library: the gateway needs the wire bytes alone, and a call that way is one stream on a shared
//! connection, with no task, no boxed body and no copy of the message. Prototypes of the whole
//! gateway took 20 µs of CPU for a small call like that, 25 with hyper's client, 30 with tonic.
//!
//! Each core has its own connection to each endpoint, made when first needed (`lane`), and others
//! for streams (`lanes`). Calls go to the connected endpoint with the fewest under way (`endpoint`). A call under way is an
//! `exchange`; what it writes is in `outgoing` and `upload`, what it reads in `incoming`.

mod connection;
mod endpoint;
mod exchange;
mod incoming;
mod io;
mod lane;
mod lanes;
mod outgoing;
mod pace;
mod status;
mod upload;

pub mod reflection;

#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use h2::SendStream;
use http::HeaderMap;
use http::uri::{Authority, PathAndQuery, Scheme};
use tokio::time::{Instant, timeout_at};

use self::connection::Dialer;
use self::endpoint::{Chosen, Endpoint};
use self::exchange::{Broken, Exchange, Head};
use self::lanes::Lanes;
use self::outgoing::Outgoing;
use self::upload::Upload;
use crate::backend::tls::{self, TlsError};
use crate::call::{
    Answer, BoxFuture, Call, CallError, Code, Messages, Metadata, Payload, Reply, core,
};
use crate::codec::grpc::{Coding, Frame};
use crate::config::checked;
use crate::contract::Streaming;

/// A gRPC backend. Cheaply cloned; the clones share the connections.
#[derive(Clone)]
pub struct Backend(Arc<Shared>);

struct Shared {
    name: Arc<str>,
    endpoints: Vec<Endpoint>,
    outgoing: Outgoing,
    /// What every request has, written out.
    headers: HeaderMap,
    max_reply: usize,
}

/// Why a backend cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Its TLS settings.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The endpoint does not make an address.
    #[error("{0:?} is no address")]
    Endpoint(String),
    /// There is none.
    #[error("the backend has no endpoint")]
    NoEndpoint,
}

/// What can be said of an endpoint from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointState {
    /// `host:port`
    pub name: String,
    /// Whether any core is connected.
    pub connected: bool,
    /// Why the last attempt to connect failed, where no core is connected.
    pub failure: Option<Arc<str>>,
    /// Calls under way, of all cores.
    pub in_flight: usize,
}

impl Backend {
    /// Reads what the settings name and prepares what calls share. Connects to nothing.
    pub fn build(config: &checked::Grpc, name: &Arc<str>) -> Result<Self, BuildError> {
        let connector = if config.endpoints.iter().any(|endpoint| endpoint.tls) {
            Some(tls::connector(&config.tls)?)
        } else {
            None
        };
        let mut endpoints = Vec::with_capacity(config.endpoints.len());
        for endpoint in &config.endpoints {
            let tls = match &connector {
                Some(connector) if endpoint.tls => {
                    Some((connector.clone(), tls::server_name(&config.tls, &endpoint.host)?))
                }
                _ => None,
            };
            let authority = endpoint.authority();
            let dialer = Dialer {
                host: endpoint.host.clone(),
                port: endpoint.port,
                tls,
                connect_timeout: config.connect_timeout,
                keep_alive_interval: config.keep_alive_interval,
                keep_alive_timeout: config.keep_alive_timeout,
            };
            endpoints.push(Endpoint {
                authority: Authority::try_from(authority.as_str())
                    .map_err(|_| BuildError::Endpoint(authority))?,
                scheme: if endpoint.tls { Scheme::HTTPS } else { Scheme::HTTP },
                dialer: Arc::new(dialer),
                lanes: (0..core::count()).map(|_| Lanes::new()).collect(),
            });
        }
        if endpoints.is_empty() {
            return Err(BuildError::NoEndpoint);
        }
        let compression = config.compression.map(|compression| match compression {
            checked::Compression::Gzip => Coding::Gzip,
            checked::Compression::Zstd => Coding::Zstd,
        });
        let outgoing = Outgoing { max: config.max_request, compression };
        Ok(Self(Arc::new(Shared {
            name: Arc::clone(name),
            endpoints,
            outgoing,
            headers: outgoing.headers(),
            max_reply: config.max_reply,
        })))
    }

    /// The backend's name in the config.
    pub fn name(&self) -> &Arc<str> {
        &self.0.name
    }

    /// Makes sure that the current core is connected to an endpoint.
    pub async fn connect(&self) -> Result<(), CallError> {
        endpoint::choose(&self.0.name, &self.0.endpoints, Streaming::Unary).await.map(drop)
    }

    /// How the endpoints are, in the order of the config.
    pub fn endpoints_state(&self) -> Vec<EndpointState> {
        let state = |endpoint: &Endpoint| {
            let lanes: Vec<_> = endpoint.lanes.iter().map(Lanes::state).collect();
            let connected = lanes.iter().any(|(connected, _)| *connected);
            let failure = lanes.into_iter().find_map(|(_, failure)| failure);
            EndpointState {
                name: endpoint.authority.to_string(),
                connected,
                failure: failure.filter(|_| !connected),
                in_flight: endpoint.in_flight(),
            }
        };
        self.0.endpoints.iter().map(state).collect()
    }

    /// Sends a call and reads the reply: all of it where it is one message, its head where it is
    /// a stream. The deadline holds for the whole of either.
    pub async fn send(&self, call: Call) -> Result<Reply, CallError> {
        let Call { operation, metadata, payload, deadline, source, .. } = call;
        let request = Request {
            path: &operation.path,
            streaming: operation.streaming,
            request_id: Some(&source.request_id),
            metadata: &metadata,
            deadline: deadline.map(Instant::from_std),
        };
        self.exchange(request, payload).await
    }

    async fn exchange(&self, request: Request<'_>, payload: Payload) -> Result<Reply, CallError> {
        // Pinned here, so that it is neither moved nor kept twice.
        let work = pin!(async {
            let (exchange, head) = match payload {
                Payload::Message(message) => self.ask(request, message).await?,
                Payload::Stream(messages) => {
                    Box::pin(self.ask_with_stream(request, messages)).await?
                }
            };
            incoming::read(exchange, head, request.streaming.server(), self.0.max_reply).await
        });
        within(request.deadline, work).await
    }

    /// Sends one message. What the backend surely did not look at is sent once more.
    async fn ask(
        &self,
        request: Request<'_>,
        message: Bytes,
    ) -> Result<(Exchange, Head), CallError> {
        let frame = self.0.outgoing.frame(message)?;
        let runs_out = request.streaming == Streaming::Unary;
        match self.try_ask(request, runs_out, frame.clone()).await {
            Err(Broken { unprocessed: true, .. }) => {
                let again = Box::pin(self.try_ask(request, runs_out, frame));
                again.await.map_err(|error| error.error)
            }
            result => result.map_err(|error| error.error),
        }
    }

    async fn try_ask(
        &self,
        request: Request<'_>,
        runs_out: bool,
        frame: Frame,
    ) -> Result<(Exchange, Head), Broken> {
        let (mut exchange, mut stream) =
            self.open(request).await.map_err(|error| Broken { error, unprocessed: false })?;
        // Where this fails, the response says why.
        let _ = stream.send_data(frame, true);
        drop(stream);
        if runs_out {
            exchange.let_run_out();
        }
        let head = exchange.head().await?;
        Ok((exchange, head))
    }

    async fn ask_with_stream(
        &self,
        request: Request<'_>,
        messages: Messages,
    ) -> Result<(Exchange, Head), CallError> {
        let (mut exchange, stream) = self.open(request).await?;
        exchange.attach(Upload::start(messages, stream, self.0.outgoing));
        let head = exchange.head().await.map_err(|broken| broken.error)?;
        Ok((exchange, head))
    }

    /// Opens a stream; on a new connection where the first turns out to be lost.
    async fn open(&self, request: Request<'_>) -> Result<Opened, CallError> {
        if let Some(chosen) = endpoint::ready(&self.0.endpoints, request.streaming)
            && let Ok(opened) = self.open_on(chosen, &request)?
        {
            return Ok(opened);
        }
        // What seldom happens is boxed, here and above: a call's future is as large as the
        // largest way it can go, and is moved as a whole.
        Box::pin(self.open_on_any(&request)).await
    }

    async fn open_on_any(&self, request: &Request<'_>) -> Result<Opened, CallError> {
        let Shared { name, endpoints, .. } = &*self.0;
        let chosen = endpoint::choose(name, endpoints, request.streaming).await?;
        if let Ok(opened) = self.open_on(chosen, request)? {
            return Ok(opened);
        }
        let chosen = endpoint::choose(name, endpoints, request.streaming).await?;
        self.open_on(chosen, request)?.map_err(status::broken)
    }

    fn open_on(
        &self,
        chosen: Chosen<'_>,
        request: &Request<'_>,
    ) -> Result<Result<Opened, h2::Error>, CallError> {
        let head = outgoing::head(self.0.headers.clone(), request, chosen.endpoint)?;
        Ok(Exchange::open(chosen, head, request.deadline))
    }
}

impl Answer for Backend {
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        Box::pin(self.send(call))
    }
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("grpc::Backend").field(&self.0.name).finish()
    }
}

/// A stream that was opened, and where its request goes.
type Opened = (Exchange, SendStream<Frame>);

/// What is the same for every attempt at a call.
#[derive(Clone, Copy)]
struct Request<'a> {
    path: &'a PathAndQuery,
    streaming: Streaming,
    /// Ties the backend's own records to the gateway's.
    request_id: Option<&'a str>,
    metadata: &'a Metadata,
    deadline: Option<Instant>,
}

/// Cuts `work` off at the deadline.
async fn within<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    match deadline {
        None => work.await,
        Some(deadline) => timeout_at(deadline, work).await.unwrap_or_else(|_| Err(too_late())),
    }
}

fn too_late() -> CallError {
    CallError::backend(Code::DeadlineExceeded, "the backend did not answer in time")
}
