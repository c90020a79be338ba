//! The server under real sockets: a handler whose paths say what they do, and clients that keep
//! to the rules or do not.

mod admin;
mod drain;
mod http1;
mod http2;
mod limits;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::readiness::Readiness;
use super::{Handler, Outcome, Server, Stop, admin as routes};
use crate::config::checked::{Config, Identity, Limits, Listener, Log, LogFormat, Process};
use crate::frontend::body::{BodyError, collect};
use crate::frontend::{Body, Request, Response};
use crate::telemetry::metrics::Metrics;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

/// Short enough to wait for, long enough for a busy machine to answer a request in.
const SHORT: Duration = Duration::from_millis(150);

struct Paths {
    entered: mpsc::UnboundedSender<()>,
    left: mpsc::UnboundedSender<()>,
    release: Arc<Semaphore>,
}

/// Tells when the request it belongs to is given up or done.
struct Leaving(mpsc::UnboundedSender<()>);

impl Drop for Leaving {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl Handler for Paths {
    async fn handle(&self, listener: usize, _: SocketAddr, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let _leaving = Leaving(self.left.clone());
        let _ = self.entered.send(());
        match path.as_str() {
            "/echo" => echo(request.into_body()).await,
            "/refuse" => answer(StatusCode::FORBIDDEN, "no"),
            "/wait" => {
                self.release.acquire().await.unwrap().forget();
                answer(StatusCode::OK, "at last")
            }
            "/panic" => panic!("a handler that panics"),
            "/core" => {
                let thread = std::thread::current();
                let core = crate::call::core::current();
                let name = thread.name().unwrap_or_default();
                answer(StatusCode::OK, format!("{name} is core {core}"))
            }
            "/endless" => {
                let pieces = futures_util::stream::repeat_with(|| {
                    Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[b'x'; 65536]))
                });
                Response::new(Body::from_stream(pieces))
            }
            _ => answer(StatusCode::OK, format!("listener {listener}")),
        }
    }
}

async fn echo(body: Body) -> Response {
    match collect(body, usize::MAX).await {
        Ok(bytes) => answer(StatusCode::OK, bytes),
        Err(error) => {
            let status = match error {
                BodyError::TooLarge { .. } | BodyError::MessageTooLarge { .. } => {
                    StatusCode::PAYLOAD_TOO_LARGE
                }
                BodyError::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
                BodyError::Undecodable { .. } | BodyError::Broken(_) => StatusCode::BAD_REQUEST,
            };
            answer(status, error.to_string())
        }
    }
}

fn answer(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

fn limits() -> Limits {
    Limits {
        headers: 16 << 10,
        body: 1 << 20,
        stream: 1 << 20,
        connections: 100,
        streams_per_connection: 100,
        headers_timeout: LONG,
        body_timeout: LONG,
        idle_timeout: LONG,
        depth: 100,
    }
}

fn config(limits: Limits) -> Config {
    Config {
        contracts: Vec::new(),
        backends: Default::default(),
        services: Vec::new(),
        listeners: vec![Listener {
            name: "public".into(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            expose: Vec::new(),
            rest: None,
            graphql: None,
            grpc: None,
            soap: None,
            cors: None,
            compression: None,
            websocket: None,
            limits,
        }],
        admin: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        process: Process {
            threads: 1,
            drain: LONG,
            log: Log { filter: "info".to_owned(), format: LogFormat::Auto },
        },
        masked: String::new(),
        contract_places: Vec::new(),
        warnings: Default::default(),
    }
}

struct Running {
    address: SocketAddr,
    addresses: Vec<SocketAddr>,
    admin: SocketAddr,
    stop: Stop,
    task: JoinHandle<std::io::Result<Outcome>>,
    /// A request came to the handler.
    entered: mpsc::UnboundedReceiver<()>,
    /// A request's handler ended or was dropped.
    left: mpsc::UnboundedReceiver<()>,
    release: Arc<Semaphore>,
    state: routes::State,
}

impl Running {
    async fn outcome(self) -> Outcome {
        self.task.await.unwrap().unwrap()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    async fn talk(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        rest(&mut stream).await
    }

    fn metrics(&self) -> String {
        self.state.metrics.encode().unwrap()
    }
}

fn start(config: &Config) -> Running {
    let metrics = Arc::new(Metrics::new());
    let server = Server::bind(config, &metrics).unwrap();
    let (entered, has_entered) = mpsc::unbounded_channel();
    let (left, has_left) = mpsc::unbounded_channel();
    let release = Arc::new(Semaphore::new(0));
    let handler = Paths { entered, left, release: Arc::clone(&release) };
    let state = routes::State {
        readiness: Arc::new(Readiness::new()),
        metrics,
        config: Arc::new(ArcSwap::from_pointee("listeners: {}\n".to_owned())),
    };
    let stop = Stop::new();
    let addresses = server.addresses();
    Running {
        address: addresses[0],
        addresses,
        admin: server.admin_address().unwrap(),
        task: tokio::spawn(server.run(Arc::new(handler), state.clone(), stop.clone())),
        stop,
        entered: has_entered,
        left: has_left,
        release,
        state,
    }
}

/// All that comes until the server closes. A reset is not a close.
async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut text = Vec::new();
    tokio::time::timeout(LONG, stream.read_to_end(&mut text)).await.unwrap().unwrap();
    String::from_utf8(text).unwrap()
}

/// Reads up to the end of `end`.
async fn read_until(stream: &mut (impl AsyncReadExt + Unpin), end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let byte = tokio::time::timeout(LONG, stream.read_u8()).await.unwrap();
        text.push(char::from(byte.unwrap_or_else(|error| panic!("{error} after {text:?}"))));
    }
    text
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

fn get_and_stay(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// A certificate for `localhost` in files.
struct Certificate {
    folder: tempfile::TempDir,
    own: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Certificate {
    fn new() -> Self {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = Self { folder: tempfile::tempdir().unwrap(), own };
        let files = certificate.files();
        std::fs::write(files.certificate, certificate.own.cert.pem()).unwrap();
        std::fs::write(files.key, certificate.own.signing_key.serialize_pem()).unwrap();
        certificate
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> Identity {
        Identity { certificate: self.path("chain.pem"), key: self.path("key.pem") }
    }
}
