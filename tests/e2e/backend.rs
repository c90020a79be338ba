//! The scripted backend: a gRPC server over hyper, with framing and messages that share nothing
//! with the gateway's. It serves reflection, too.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::case::{Coding, Misbehaviour, Script, Status};
use crate::compare::matches;
use crate::frames;
use crate::pool::{self, method, parse, print};
use crate::reflection::Told;
use crate::script::Stage;

pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A backend that runs until it is dropped.
pub struct Backend {
    pub address: SocketAddr,
    pub stage: Arc<Stage>,
    /// What it tells of itself by reflection.
    pub told: Arc<Told>,
    stop: CancellationToken,
    accepting: tokio::task::JoinHandle<Option<()>>,
}

impl Backend {
    /// Listens on a loopback port, on the current runtime.
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None).await
    }

    /// Listens there, with TLS where it is given.
    pub async fn start_at(address: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stage, told) = (Arc::new(Stage::new()), Arc::new(Told::default()));
        let stop = CancellationToken::new();
        let accept = accept(listener, tls, stage.clone(), told.clone(), stop.clone());
        let accepting = tokio::spawn(stop.clone().run_until_cancelled_owned(accept));
        Self { address, stage, told, stop, accepting }
    }

    /// Closes all connections; nobody listens at its address afterwards.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.accepting).await.unwrap();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stage: Arc<Stage>,
    told: Arc<Told>,
    stop: CancellationToken,
) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        connection.set_nodelay(true).unwrap();
        let (stage, told, cut) = (stage.clone(), told.clone(), stop.child_token());
        match &tls {
            None => drop(tokio::spawn(serve(connection, stage, told, cut))),
            Some(tls) => {
                let accept = tls.accept(connection);
                tokio::spawn(async move {
                    // A client that cannot be let in is the case's business, too.
                    if let Ok(connection) = accept.await {
                        serve(connection, stage, told, cut).await;
                    }
                });
            }
        }
    }
}

/// Serves one connection; cancelling `cut` closes it.
async fn serve(
    connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    stage: Arc<Stage>,
    told: Arc<Told>,
    cut: CancellationToken,
) {
    let cutter = cut.clone();
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let (stage, told, cutter) = (stage.clone(), told.clone(), cutter.clone());
        async move { Ok::<_, Infallible>(handle(request, &stage, &told, cutter).await) }
    });
    let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(service));
    // How a connection ends is the case's business, not an error.
    let _ = cut.run_until_cancelled_owned(served).await;
}

async fn handle(
    request: Request<Incoming>,
    stage: &Arc<Stage>,
    told: &Told,
    cut: CancellationToken,
) -> Response<Body> {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    if path.starts_with("grpc.reflection.") {
        return told.answer(request).await;
    }
    let Some(script) = stage.next(&path) else {
        return ended(HeaderMap::new(), &Status::of(12, "the case expects no such call"));
    };
    let Some((input, output)) = method(&script.method) else {
        stage.problem(format!("no method {}", script.method));
        return unknown_method();
    };
    check_metadata(&script, request.headers(), stage);
    if script.echo {
        return echo(request.into_body(), stage.clone());
    }
    if let Some(times) = script.times {
        return repeat(&script, &output, times, stage.clone());
    }
    if script.discard {
        let hanging = stage.hang();
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return unknown_method() };
            let length = frame.data_ref().map_or(0, Bytes::len);
            stage.taken.send_modify(|taken| *taken += length);
        }
        drop(hanging);
        return answer(&script, &output, stage, cut).await;
    }
    let coding = request.headers().get("grpc-encoding");
    let coding = coding.and_then(|name| Coding::named(name.to_str().unwrap()));
    match request.into_body().collect().await {
        Ok(_) if script.breaks_off => stage.problem("the request did not break off".to_owned()),
        Ok(body) => check_messages(&script, &input, &body.to_bytes(), coding, stage),
        Err(_) if script.breaks_off => {}
        Err(error) => stage.problem(format!("the request broke off: {error}")),
    }
    answer(&script, &output, stage, cut).await
}

/// Every frame as it comes, and OK at the end. A request that breaks off is a call given up.
fn echo(body: Incoming, stage: Arc<Stage>) -> Response<Body> {
    let hanging = stage.hang();
    let state = (Some(body), hanging);
    let frames = stream::unfold(state, |(body, hanging)| async move {
        let mut body = body?;
        match body.frame().await {
            Some(Ok(frame)) => Some((Ok(frame), (Some(body), hanging))),
            Some(Err(error)) => Some((Err(io::Error::other(error)), (None, hanging))),
            None => {
                let trailers = Status::of(0, "").headers();
                Some((Ok(Frame::trailers(trailers)), (None, hanging)))
            }
        }
    });
    grpc(Response::new(StreamBody::new(frames).boxed_unsync()))
}

/// The reply so many times, and OK at the end.
fn repeat(
    script: &Script,
    output: &MessageDescriptor,
    times: usize,
    stage: Arc<Stage>,
) -> Response<Body> {
    let message = parse(output.clone(), script.reply.as_ref().unwrap()).encode_to_vec();
    let message = frames::frame(&message);
    let hanging = stage.hang();
    let frames = stream::iter(0..times).map(move |_| {
        stage.taken.send_modify(|taken| *taken += 1);
        Ok(Frame::data(message.clone()))
    });
    let end = stream::once(async move {
        drop(hanging);
        Ok(Frame::trailers(Status::of(0, "").headers()))
    });
    grpc(Response::new(StreamBody::new(frames.chain(end)).boxed_unsync()))
}

fn check_metadata(script: &Script, headers: &HeaderMap, stage: &Stage) {
    for (name, expected) in &script.metadata {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let actual = (!values.is_empty()).then(|| values.join(", "));
        let fits = match (expected, &actual) {
            (Some(expected), Some(actual)) => matches(expected, actual),
            (expected, actual) => expected.is_none() && actual.is_none(),
        };
        if !fits {
            stage.problem(format!("metadata {name}: expected {expected:?}, got {actual:?}"));
        }
    }
}

fn check_messages(
    script: &Script,
    input: &MessageDescriptor,
    body: &[u8],
    coding: Option<Coding>,
    stage: &Stage,
) {
    let expected = match (&script.request, &script.requests) {
        (None, None) => return,
        (Some(request), None) => std::slice::from_ref(request),
        (None, Some(requests)) => requests.as_slice(),
        (Some(_), Some(_)) => return stage.problem("request and requests".to_owned()),
    };
    let actual = frames::messages(body, coding).and_then(|messages| {
        let decode = |message: Vec<u8>| DynamicMessage::decode(input.clone(), &*message);
        messages.into_iter().map(decode).collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())
    });
    let actual = match actual {
        Ok(actual) => actual,
        Err(problem) => return stage.problem(format!("the request is {problem}")),
    };
    let expected: Vec<_> = expected.iter().map(|json| parse(input.clone(), json)).collect();
    // A default that is written says the same as one that is not.
    let same = |one: &DynamicMessage, other: &DynamicMessage| {
        one == other || one.encode_to_vec() == other.encode_to_vec()
    };
    let all = actual.len() == expected.len();
    if !all || !actual.iter().zip(&expected).all(|(actual, expected)| same(actual, expected)) {
        let print = |messages: &[_]| messages.iter().map(print).collect::<Vec<_>>().join("\n    ");
        let (expected, actual) = (print(&expected), print(&actual));
        stage.problem(format!("request: expected\n    {expected}\n  got\n    {actual}"));
    }
}

async fn answer(
    script: &Script,
    output: &MessageDescriptor,
    stage: &Arc<Stage>,
    cut: CancellationToken,
) -> Response<Body> {
    if let Some(http) = &script.http {
        let body = Full::from(http.body.clone()).map_err(|never| match never {}).boxed_unsync();
        return Response::builder()
            .status(http.status)
            .header("content-type", &http.content_type)
            .body(body)
            .unwrap();
    }
    if script.then == Some(Misbehaviour::Silent) {
        let _hanging = stage.hang();
        std::future::pending::<()>().await;
    }
    let mut messages: Vec<Bytes> = script
        .reply
        .iter()
        .chain(&script.replies)
        .map(|json| parse(output.clone(), json).encode_to_vec())
        .map(|message| match script.compress {
            None => frames::frame(&message),
            Some(coding) => frames::compressed(&message, coding),
        })
        .collect();
    messages.extend(script.bytes.as_deref().map(|hex| frames::frame(&unhex(hex))));
    if script.then == Some(Misbehaviour::Truncate) {
        messages.push(frames::half_a_frame());
    }

    let mut headers = header_map(&script.headers);
    if let Some(coding) = script.compress {
        headers.insert("grpc-encoding", HeaderValue::from_static(coding.name()));
    }
    let trailers = header_map(&script.trailers);
    let ok = Status::of(0, "");
    let status = script.status.as_ref().unwrap_or(&ok);
    if messages.is_empty() && script.then.is_none() && status.code != 0 {
        headers.extend(trailers);
        return ended(headers, status);
    }
    let messages = stream::iter(messages).map(|message| Ok(Frame::data(message)));
    let end = end(script, status, trailers, stage.clone(), cut);
    let mut response = Response::new(StreamBody::new(messages.chain(end)).boxed_unsync());
    *response.headers_mut() = headers;
    grpc(response)
}

/// How the body ends: with trailers, or in no good way.
fn end(
    script: &Script,
    status: &Status,
    trailers: HeaderMap,
    stage: Arc<Stage>,
    cut: CancellationToken,
) -> Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>> + Send>> {
    let streams = !script.replies.is_empty();
    let with_status = |mut trailers: HeaderMap| {
        trailers.extend(status.headers());
        stream::iter([Ok(Frame::trailers(trailers))]).boxed()
    };
    match script.then {
        None | Some(Misbehaviour::Truncate) => with_status(trailers),
        Some(Misbehaviour::NoStatus) => stream::empty().boxed(),
        Some(Misbehaviour::Silent | Misbehaviour::Hang) => {
            let hanging = stage.hang();
            let never = async move {
                let _hanging = hanging;
                std::future::pending().await
            };
            stream::once(never).boxed()
        }
        Some(Misbehaviour::Reset | Misbehaviour::Disconnect) => {
            let disconnect = script.then == Some(Misbehaviour::Disconnect);
            let broken = async move {
                // What is still in a buffer would be lost with the stream.
                if streams {
                    stage.until_seen().await;
                }
                if disconnect {
                    cut.cancel();
                    // Ending the stream would tell of it in a better way than a dead service can.
                    std::future::pending::<()>().await;
                }
                Err(io::Error::other("the case wants it"))
            };
            stream::once(broken).boxed()
        }
    }
}

/// What a server says of a method that it does not have.
pub fn unknown_method() -> Response<Body> {
    ended(HeaderMap::new(), &Status::of(12, "no such method"))
}

/// An answer of headers alone.
fn ended(mut headers: HeaderMap, status: &Status) -> Response<Body> {
    headers.extend(status.headers());
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    *response.headers_mut() = headers;
    grpc(response)
}

fn grpc(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

impl Status {
    fn of(code: i32, message: &str) -> Self {
        Self { code, message: message.to_owned(), details: Vec::new() }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from(self.code));
        if !self.message.is_empty() {
            let text = percent_encoding::utf8_percent_encode(
                &self.message,
                percent_encoding::NON_ALPHANUMERIC,
            );
            headers.insert("grpc-message", HeaderValue::from_str(&text.to_string()).unwrap());
        }
        if !self.details.is_empty() {
            let whole = serde_json::json!({
                "code": self.code, "message": self.message, "details": self.details,
            });
            let descriptor = pool::pool().get_message_by_name("google.rpc.Status").unwrap();
            let bytes = parse(descriptor, &whole).encode_to_vec();
            let text =
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, bytes);
            headers.insert("grpc-status-details-bin", HeaderValue::from_str(&text).unwrap());
        }
        headers
    }
}

fn header_map(pairs: &std::collections::BTreeMap<String, String>) -> HeaderMap {
    let pair = |(name, value): (&String, &String)| {
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
#[path = "backend_tests.rs"]
mod tests;
