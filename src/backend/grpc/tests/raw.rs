//! HTTP/2 servers that answer whatever a test wants.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A server that runs until it is dropped, with all its connections.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

/// A request, and the way to answer it.
pub struct Incoming {
    pub headers: HeaderMap,
    pub body: RecvStream,
    pub respond: SendResponse<Bytes>,
}

impl Server {
    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Ends the server and all its connections, and waits until they are gone.
    pub async fn stop(mut self) -> SocketAddr {
        self.tasks.shutdown().await;
        self.address
    }
}

/// Serves plain HTTP/2 on a free port.
pub async fn serve<F>(handle: impl Fn(Incoming) -> F + Clone + Send + 'static) -> Server
where
    F: Future<Output = ()> + Send + 'static,
{
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    serve_at(any, h2::server::Builder::new(), handle).await
}

/// Serves plain HTTP/2.
pub async fn serve_at<F>(
    address: SocketAddr,
    builder: h2::server::Builder,
    handle: impl Fn(Incoming) -> F + Clone + Send + 'static,
) -> Server
where
    F: Future<Output = ()> + Send + 'static,
{
    serve_sockets(address, move |socket| {
        let (builder, handle) = (builder.clone(), handle.clone());
        async move { drive(socket, builder, handle).await }
    })
    .await
}

/// Serves connections one by one as the test wants.
pub async fn serve_sockets<F>(
    address: SocketAddr,
    handle: impl Fn(TcpStream) -> F + Clone + Send + 'static,
) -> Server
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(address).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            open.spawn(handle(socket));
        }
    });
    Server { address, connections, tasks }
}

/// Drives one HTTP/2 connection.
pub async fn drive<F>(
    socket: impl AsyncRead + AsyncWrite + Unpin,
    builder: h2::server::Builder,
    handle: impl Fn(Incoming) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let Ok(mut connection) = builder.handshake::<_, Bytes>(socket).await else { return };
    let mut handlers = JoinSet::new();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let (head, body) = request.into_parts();
        handlers.spawn(handle(Incoming { headers: head.headers, body, respond }));
    }
}

impl Incoming {
    /// The request's whole body.
    pub async fn body(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(Ok(data)) = self.body.data().await {
            let _ = self.body.flow_control().release_capacity(data.len());
            all.extend_from_slice(&data);
        }
        all
    }

    /// Answers with an HTTP status and these headers, and nothing more if `end`.
    pub fn head(&mut self, status: u16, pairs: &[(&str, &str)], end: bool) -> SendStream<Bytes> {
        let mut response = Response::new(());
        *response.status_mut() = status.try_into().expect("a status");
        *response.headers_mut() = headers(pairs);
        self.respond.send_response(response, end).expect("the call is open")
    }

    /// Begins a gRPC response.
    pub fn begin(&mut self) -> SendStream<Bytes> {
        self.head(200, &[("content-type", "application/grpc")], false)
    }

    /// Answers with one message.
    pub fn answer(&mut self, message: &[u8]) {
        let mut stream = self.begin();
        stream.send_data(framed(0, message), false).expect("the call is open");
        stream.send_trailers(headers(&[("grpc-status", "0")])).expect("the call is open");
    }

    /// Answers with one message, unless the call is over.
    pub fn try_answer(&mut self, message: &[u8]) {
        let mut response = Response::new(());
        *response.headers_mut() = headers(&[("content-type", "application/grpc")]);
        if let Ok(mut stream) = self.respond.send_response(response, false) {
            let _ = stream.send_data(framed(0, message), false);
            let _ = stream.send_trailers(headers(&[("grpc-status", "0")]));
        }
    }

    /// Why the gateway resets the call.
    pub async fn reset(&mut self) -> Option<Reason> {
        poll_fn(|cx| self.respond.poll_reset(cx)).await.ok()
    }
}

/// Waits until the gateway resets the call.
pub async fn until_reset(stream: &mut SendStream<Bytes>) -> Option<Reason> {
    poll_fn(|cx| stream.poll_reset(cx)).await.ok()
}

/// A message with its prefix.
pub fn framed(flags: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("short").to_be_bytes();
    [&[flags], &length[..], message].concat().into()
}

/// Headers or trailers.
pub fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("legal");
        (name, HeaderValue::from_str(value).expect("legal"))
    };
    pairs.iter().map(pair).collect()
}
