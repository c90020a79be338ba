//! Single connection mode: one event stream of a client carries the answers of many operations,
//! which come as requests of their own, on any connection and so on any core.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use super::super::operation::{Event, Operation};
use super::super::refusal::{Reason, refuse};
use super::super::running::{Answers, Denied, Running};
use super::{HEARTBEAT, complete, is_wanted, next, respond};
use crate::call::Code;
use crate::frontend::{Body, Response};

/// Where a client says which stream it means; in the query it is [`TOKEN_PARAMETER`].
const TOKEN_HEADER: &str = "x-graphql-event-stream-token";
const TOKEN_PARAMETER: &str = "token";

/// Which operation it means.
const OPERATION_PARAMETER: &str = "operationId";

/// An id is held as long as its operation runs.
const LONGEST_ID: usize = 256;

/// What the streams of one listener may cost.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many there may be, reserved ones among them.
    pub streams: usize,
    /// How many operations each may carry at once.
    pub operations: usize,
    /// How long one may be reserved without being opened.
    pub patience: Duration,
    /// A comment is sent after this much silence.
    pub heartbeat: Duration,
}

/// The event streams of one listener's clients. They belong to no snapshot: a client that reserved
/// one finds it after a reload.
pub struct Streams {
    settings: Settings,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    streams: HashMap<Token, Arc<Stream>>,
    /// Those that were reserved, in that order: the longest ago is the first to expire.
    reserved: VecDeque<(Instant, Token)>,
}

/// Whoever has it has the stream: 122 bits that nobody can guess.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Token(Arc<str>);

struct Stream {
    running: Arc<Running>,
    /// What pulls the operations, until the client takes it.
    answers: Mutex<Option<Answers>>,
    opened: AtomicBool,
    until: Instant,
}

impl Streams {
    /// No streams yet.
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self { settings, table: Mutex::default() })
    }

    /// Answers what is no GraphQL request: PUT reserves a stream, GET opens it, DELETE stops one of
    /// its operations. `None` for any other request.
    pub fn handle(self: &Arc<Self>, parts: &Parts) -> Option<Response> {
        match parts.method {
            Method::PUT => Some(self.reserve()),
            Method::GET if is_wanted(&parts.headers) => token(parts).map(|token| self.open(&token)),
            Method::DELETE => Some(self.stop(parts)),
            _ => None,
        }
    }

    /// Answers a GraphQL request that is valid and meant for a stream, by having its operation begun
    /// there. `id` is what it says as `extensions.operationId`.
    pub fn start(&self, token: &StreamToken, id: Option<&str>, operation: Operation) -> Response {
        let Some(stream) = self.find(&token.0) else { return not_found() };
        let id = match id {
            Some(id) if !id.is_empty() && id.len() <= LONGEST_ID => json(id),
            Some(id) if !id.is_empty() => {
                let message = format!("extensions.operationId is longer than {LONGEST_ID} bytes");
                return refuse(StatusCode::BAD_REQUEST, invalid(message));
            }
            _ => {
                return refuse(
                    StatusCode::BAD_REQUEST,
                    invalid("extensions.operationId is missing"),
                );
            }
        };
        match stream.running.start(&id, operation) {
            Ok(()) => empty(StatusCode::ACCEPTED),
            Err(Denied::Closed) => not_found(),
            Err(Denied::Taken) => {
                let message = format!("an operation {id} is under way in this stream");
                refuse(StatusCode::CONFLICT, Reason::new(Code::AlreadyExists, message))
            }
            Err(Denied::TooMany) => {
                let most = self.settings.operations;
                let message = format!("{most} operations are under way in this stream");
                let reason = Reason::new(Code::ResourceExhausted, message);
                refuse(StatusCode::TOO_MANY_REQUESTS, reason)
            }
        }
    }

    fn reserve(&self) -> Response {
        let now = Instant::now();
        let mut table = self.table();
        let expired = table.expire(now);
        if table.streams.len() >= self.settings.streams {
            drop(table);
            drop(expired);
            let message = "there are as many event streams as there may be, try again later";
            let reason = Reason::new(Code::ResourceExhausted, message);
            return refuse(StatusCode::TOO_MANY_REQUESTS, reason);
        }
        let token = Token(uuid::Uuid::new_v4().simple().to_string().into());
        let (running, answers) = Running::new(self.settings.operations);
        let until = now + self.settings.patience;
        let stream = Stream {
            running,
            answers: Mutex::new(Some(answers)),
            opened: AtomicBool::new(false),
            until,
        };
        table.reserved.push_back((until, token.clone()));
        table.streams.insert(token.clone(), Arc::new(stream));
        drop(table);
        drop(expired);
        let mut response = Response::new(Body::from(token.0.to_string()));
        *response.status_mut() = StatusCode::CREATED;
        let headers = response.headers_mut();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, text);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn open(self: &Arc<Self>, token: &StreamToken) -> Response {
        let Some(stream) = self.find(&token.0) else { return not_found() };
        stream.opened.store(true, Ordering::Release);
        let answers = stream.answers.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(answers) = answers else {
            let reason = Reason::new(Code::AlreadyExists, "this event stream is open already");
            return refuse(StatusCode::CONFLICT, reason);
        };
        let open = Open { answers, streams: self.clone(), token: token.0.clone(), begun: false };
        let chunks = futures_util::stream::unfold(open, |mut open| async move {
            let chunk = open.next().await;
            Some((Ok::<_, Infallible>(Bytes::from(chunk)), open))
        });
        respond(Body::from_stream(chunks))
    }

    fn stop(&self, parts: &Parts) -> Response {
        let Some(stream) = token(parts).and_then(|token| self.find(&token.0)) else {
            return not_found();
        };
        match parameter(parts.uri.query(), OPERATION_PARAMETER) {
            Some(id) => {
                stream.running.stop(&json(&id));
                empty(StatusCode::OK)
            }
            None => refuse(StatusCode::BAD_REQUEST, invalid("query: operationId is missing")),
        }
    }

    fn find(&self, token: &Token) -> Option<Arc<Stream>> {
        let stream = self.table().streams.get(token).cloned()?;
        stream.is_alive(Instant::now()).then_some(stream)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Takes out what was reserved and never opened.
    fn expire(&mut self, now: Instant) -> Vec<Arc<Stream>> {
        let mut expired = Vec::new();
        while let Some((until, token)) = self.reserved.front()
            && *until <= now
        {
            if self.streams.get(token).is_some_and(|stream| !stream.is_alive(now)) {
                expired.extend(self.streams.remove(token));
            }
            self.reserved.pop_front();
        }
        expired
    }
}

impl Stream {
    fn is_alive(&self, now: Instant) -> bool {
        self.opened.load(Ordering::Acquire) || now < self.until
    }
}

/// A stream while it is open. With it end its operations and its token.
struct Open {
    answers: Answers,
    streams: Arc<Streams>,
    token: Token,
    begun: bool,
}

impl Open {
    async fn next(&mut self) -> Vec<u8> {
        if !std::mem::replace(&mut self.begun, true) {
            return HEARTBEAT.to_vec();
        }
        let heartbeat = self.streams.settings.heartbeat;
        let Ok((id, event)) = timeout(heartbeat, self.answers.next()).await else {
            return HEARTBEAT.to_vec();
        };
        let mut out = Vec::new();
        match event {
            Some(Event::Next(answer)) => next(Some(&id), &answer, &mut out),
            Some(Event::Refused(answer)) => {
                next(Some(&id), &answer, &mut out);
                complete(Some(&id), &mut out);
            }
            None => complete(Some(&id), &mut out),
        }
        out
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let closed = self.streams.table().streams.remove(&self.token);
        drop(closed);
    }
}

/// Which stream a client means.
#[derive(Debug, Clone)]
pub struct StreamToken(Token);

/// The token of a request, if it has one: then its operation is for a stream.
pub fn token(parts: &Parts) -> Option<StreamToken> {
    let Parts { headers, uri, .. } = parts;
    let in_header =
        |headers: &HeaderMap| Some(headers.get(TOKEN_HEADER)?.to_str().ok()?.to_owned());
    let token = in_header(headers).or_else(|| parameter(uri.query(), TOKEN_PARAMETER))?;
    Some(StreamToken(Token(token.into())))
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    let spaced = value.replace('+', " ");
    let value = percent_decode_str(&spaced).decode_utf8().ok()?;
    (!value.is_empty()).then(|| value.into_owned())
}

fn json(id: &str) -> String {
    serde_json::Value::from(id).to_string()
}

fn invalid(message: impl Into<String>) -> Reason {
    Reason::new(Code::InvalidArgument, message)
}

fn not_found() -> Response {
    let message = "no event stream of this token, reserve one with PUT";
    refuse(StatusCode::NOT_FOUND, Reason::new(Code::NotFound, message))
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("settings", &self.settings).finish_non_exhaustive()
    }
}
