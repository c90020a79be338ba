//! One connection: learns its protocol, hands each request to the handler, and watches over its
//! limits and its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};
use tokio_util::task::TaskTracker;

use super::Handler;
use super::activity::{Activity, Expired, InFlight, Protocol};
use super::body::{Tracked, limited};
use super::io::Io;
use super::listener::{Drain, Listener};
use crate::call::BoxFuture;
use crate::frontend::Body;
use crate::frontend::upgrade::Takeover;

/// What every HTTP/2 connection begins with. No HTTP/1 method is called `PRI`.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// How both protocols are spoken on one listener.
#[derive(Debug)]
pub(super) struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Protocols {
    pub(super) fn new(limits: &crate::config::checked::Limits, websockets: bool) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            // The watchdog does this, with one timer per connection instead of one per request.
            .header_read_timeout(None)
            // Not `pipeline_flush`: it buffers a response that is always ready without bound, and
            // holds back the answer to a head that cannot be parsed.
            .max_header_size(limits.headers);
        let streams = limits.streams_per_connection;
        let resets = usize::try_from(streams).unwrap_or(usize::MAX);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(streams)
            .max_header_list_size(u32::try_from(limits.headers).unwrap_or(u32::MAX))
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            // A client may give up all it has open at once; more than that is an attack.
            .max_pending_accept_reset_streams(resets)
            .max_local_error_reset_streams(resets.max(1024));
        if websockets {
            http2.enable_connect_protocol();
        }
        Self { http1, http2 }
    }
}

/// What a connection needs to know of its surroundings.
pub(super) struct Context<H> {
    pub(super) listener: Arc<Listener>,
    pub(super) handler: Arc<H>,
    pub(super) drain: Drain,
    /// Tasks that the core waits for when it drains.
    pub(super) tasks: TaskTracker,
    /// What becomes of an HTTP/1 connection once it is not HTTP any more.
    pub(super) taken: Mutex<Option<Taken>>,
    pub(super) peer: SocketAddr,
    pub(super) activity: Arc<Activity>,
}

/// Serves one connection to its end.
pub(super) async fn serve<H: Handler>(stream: TcpStream, context: Context<H>) {
    let listener = Arc::clone(&context.listener);
    let patience = listener.limits.headers_timeout;
    let drain = context.drain.clone();
    let Some(tls) = &listener.tls else {
        let begun = greet(begin(stream), patience, &drain).await;
        return match begun {
            Some(Ok((stream, first, Protocol::Http2))) => http2(stream, first, context).await,
            Some(Ok((stream, first, _))) if !first.is_empty() => {
                http1(stream, first, context).await;
            }
            _ => {}
        };
    };
    match greet(tls.accept(stream), patience, &drain).await {
        Some(Ok(stream)) => {
            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                http2(stream, Bytes::new(), context).await;
            } else {
                http1(stream, Bytes::new(), context).await;
            }
        }
        Some(Err(error)) => {
            tracing::debug!(listener = %listener.name, peer = %context.peer, %error, "TLS handshake failed");
        }
        None => {}
    }
}

/// What comes before HTTP: bounded in time, and of no worth once the server drains.
async fn greet<T>(
    greeting: impl Future<Output = T>,
    patience: Duration,
    drain: &Drain,
) -> Option<T> {
    tokio::select! {
        done = timeout(patience, greeting) => done.ok(),
        () = drain.begun() => None,
    }
}

/// Reads what tells HTTP/2 from HTTP/1: as a rule all of the first request, which costs no read
/// more than not to look.
async fn begin(mut stream: TcpStream) -> std::io::Result<(TcpStream, Bytes, Protocol)> {
    let mut first = BytesMut::with_capacity(4096);
    loop {
        let ended = stream.read_buf(&mut first).await? == 0;
        let known = first.len().min(PREFACE.len());
        let protocol = match first.get(..known) == PREFACE.get(..known) {
            false => Protocol::Http1,
            true if known == PREFACE.len() => Protocol::Http2,
            true if ended => Protocol::Unknown,
            true => continue,
        };
        return Ok((stream, first.freeze(), protocol));
    }
}

async fn http1<T, H>(stream: T, first: Bytes, context: Context<H>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    context.activity.speaks(Protocol::Http1);
    let io = TokioIo::new(Io::new(stream, first, Arc::clone(&context.activity)));
    let context = Arc::new(context);
    let service = service_fn({
        let context = Arc::clone(&context);
        move |request| answer(Arc::clone(&context), request)
    });
    let connection = context.listener.protocols.http1.serve_connection(io, service);
    watch(connection.with_upgrades(), &context).await;
    let taken = context.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(taken) = taken {
        watch(taken, &context).await;
    }
}

async fn http2<T, H>(stream: T, first: Bytes, context: Context<H>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    context.activity.speaks(Protocol::Http2);
    let io = TokioIo::new(Io::new(stream, first, Arc::clone(&context.activity)));
    let context = Arc::new(context);
    let service = service_fn({
        let context = Arc::clone(&context);
        move |request| answer(Arc::clone(&context), request)
    });
    watch(context.listener.protocols.http2.serve_connection(io, service), &context).await;
}

/// Answers one request. A panic in the handler costs this request alone.
async fn answer<H: Handler>(
    context: Arc<Context<H>>,
    request: Request<Incoming>,
) -> Result<Response<Tracked>, Infallible> {
    let in_flight = InFlight::new(Arc::clone(&context.activity));
    let limits = &context.listener.limits;
    let request = request.map(|body| limited(body, limits, &context.activity));
    let handled = context.handler.handle(context.listener.index, context.peer, request);
    let mut response = AssertUnwindSafe(handled).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(listener = %context.listener.name, "a request ended in a panic");
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    });
    let Some(work) = Takeover::take(&mut response) else {
        return Ok(response.map(|body| Tracked::new(body, Some(in_flight))));
    };
    let taken = Taken { work: work(context.drain.token()), _in_flight: in_flight };
    if context.activity.is_http1() {
        *context.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
    } else {
        // One stream of many: the connection goes on beside it.
        context.tasks.spawn(async move {
            if AssertUnwindSafe(taken).catch_unwind().await.is_err() {
                tracing::error!("a connection that was taken over ended in a panic");
            }
        });
    }
    Ok(response.map(|body| Tracked::new(body, None)))
}

/// What both protocols' connections can do.
trait Connection: Future<Output = hyper::Result<()>> {
    fn finish(self: Pin<&mut Self>);
}

impl<I, S> Connection for http1::UpgradeableConnection<I, S>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    S: HttpService<Incoming, ResBody = Tracked>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S> Connection for http2::Connection<I, S, TokioExecutor>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    S: HttpService<Incoming, ResBody = Tracked>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    TokioExecutor: hyper::rt::bounds::Http2ServerConnExec<S::Future, Tracked>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// A connection, or a stream of one, that is not HTTP any more. Its request is at work until this
/// is dropped.
pub(super) struct Taken {
    work: BoxFuture<'static, ()>,
    _in_flight: InFlight,
}

impl Future for Taken {
    type Output = hyper::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        self.work.as_mut().poll(cx).map(Ok)
    }
}

impl Connection for Taken {
    /// Whoever does the work has been told of the drain, the only reason to finish what is at work.
    fn finish(self: Pin<&mut Self>) {}
}

/// Drives a connection and ends it when its patience does. Its one timer is set anew only when it
/// has fired or must fire earlier, so that requests that come and go do not touch it.
async fn watch<H>(connection: impl Connection, context: &Context<H>) {
    let (activity, limits) = (&*context.activity, &context.listener.limits);
    let mut connection = pin!(connection);
    let mut timer = pin!(sleep_until(tokio::time::Instant::now() + limits.headers_timeout));
    let mut armed = true;
    let mut drain = pin!(context.drain.begun());
    let mut registered = false;
    let ended = std::future::poll_fn(|cx| {
        // Asked once, the drain wakes this task; asking it each time would take a lock.
        if !registered {
            registered = true;
            let _ = drain.as_mut().poll(cx);
        }
        if context.drain.has_begun() && !activity.is_closing() {
            activity.close();
            connection.as_mut().finish();
        }
        loop {
            if let Poll::Ready(result) = connection.as_mut().poll(cx) {
                return Poll::Ready(Ok(result));
            }
            match activity.deadline(limits) {
                Some((deadline, _)) if !armed || deadline < timer.deadline() => {
                    timer.as_mut().reset(deadline);
                    armed = true;
                }
                _ => {}
            }
            if !armed || timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            armed = false;
            let expired = match activity.deadline(limits) {
                Some((deadline, expired)) if deadline <= timer.deadline() => expired,
                _ => continue,
            };
            match expired {
                Expired::Headers if activity.give_up_headers() => activity.close(),
                Expired::Idle => {
                    activity.close();
                    connection.as_mut().finish();
                }
                _ => return Poll::Ready(Err(expired)),
            }
        }
    })
    .await;
    let listener = &context.listener.name;
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(%listener, peer = %context.peer, %error, "connection broke");
        }
        Err(expired) => {
            tracing::debug!(%listener, peer = %context.peer, ?expired, "connection given up");
        }
    }
}
