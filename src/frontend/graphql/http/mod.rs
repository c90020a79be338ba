//! GraphQL over HTTP: an HTTP request is one GraphQL request, or a batch of them
//! (<https://graphql.github.io/graphql-over-http/draft/>).

mod accept;
mod documents;
mod door;
mod lasting;
mod multipart;
mod parameters;
mod refusal;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::join_all;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use self::accept::Media;
use self::documents::Documents;
use self::door::Door;
pub use self::lasting::HEARTBEAT;
use self::lasting::{Lasting, Way};
use self::multipart::Limits;
use self::parameters::{Ask, Asked};
pub use self::refusal::Refusal;
use super::engine::{Engine, Prepared};
use super::page::Page;
use super::sse::single::Streams;
use super::{Answer, Context, Kind, NAME};
use crate::call::{Metadata, Name, Source};
use crate::config::checked;
use crate::frontend::assets::Content;
use crate::frontend::timeout::GRPC_TIMEOUT;
use crate::frontend::{Body, Request, Response, body, metadata, request_id, timeout};
use crate::telemetry::metrics::{GraphqlMetrics, GraphqlOutcome};

/// The GraphQL frontend of one listener.
#[derive(Debug)]
pub struct Frontend {
    door: Arc<Door>,
    path: String,
    forward: Vec<Name>,
    lasting: Lasting,
    /// `None` where browsers are shown none.
    page: Option<Page>,
    get: bool,
    uploads: bool,
    limits: Limits,
    metrics: Arc<GraphqlMetrics>,
}

/// What an HTTP response is made from.
enum Told {
    One(Answer),
    Many(Vec<Answer>),
    /// Its status tells how it went, in whichever form it comes.
    Plain(Answer),
    /// It is written as it comes.
    Lasting(Response),
}

impl Frontend {
    /// A frontend that asks `engine`. A request may be as large as the listener's limits say.
    /// `streams` are there where one event stream may carry many operations.
    pub fn new(
        engine: Arc<Engine>,
        settings: &checked::Graphql,
        listener: &checked::Listener,
        streams: Option<Arc<Streams>>,
        metrics: Arc<GraphqlMetrics>,
    ) -> Self {
        let forward: Vec<_> =
            settings.forward_headers.iter().filter_map(|name| Name::parse(name)).collect();
        let door = Arc::new(Door::new(engine, Documents::build(settings), metrics.clone()));
        Self {
            lasting: Lasting::new(&door, settings, listener, &forward, streams),
            door,
            path: settings.path.clone(),
            forward,
            page: settings.graphiql.then(|| Page::new(&settings.path)),
            get: settings.get,
            uploads: settings.uploads,
            limits: Limits {
                body: listener.limits.body,
                files: settings.limits.files,
                batch: settings.batch,
            },
            metrics,
        }
    }

    /// Whether a request for that path is this frontend's. This is asked of every request.
    pub fn is_at(&self, path: &str) -> bool {
        let Some(below) = path.strip_prefix(self.path.as_str()) else { return false };
        below.is_empty() || self.page.as_ref().is_some_and(|page| page.find(path).is_some())
    }

    /// Answers one HTTP request: read, find the document, prepare, execute, write.
    pub async fn handle(&self, mut request: Request, peer: Option<SocketAddr>) -> Response {
        let opening = self.lasting.handshake(&mut request);
        let (parts, body) = request.into_parts();
        let source = Source {
            frontend: NAME,
            peer,
            request_id: request_id::read(parts.headers.get(request_id::HEADER)),
            arrived: Instant::now(),
        };
        if let Some(page) = &self.page
            && let Some(file) = page.find(parts.uri.path())
        {
            return show(&parts, file.content(&parts.headers));
        }
        if parts.method == Method::OPTIONS {
            return allow(StatusCode::NO_CONTENT, self.methods());
        }
        if let Some(page) = &self.page
            && reads(&parts)
            && accept::wants_page(&parts.headers)
            && parameters::is_without(parts.uri.query())
        {
            return show(&parts, Some(page.html()));
        }
        let answered = match opening {
            None => self.answer(&parts, body, &source).await,
            Some(handshake) => self.context(&parts.headers, &source).and_then(|context| {
                let opened = self.lasting.open(handshake, &parts, context);
                opened.ok_or_else(|| Refusal::bad("there are no WebSockets here"))
            }),
        };
        let mut response =
            answered.unwrap_or_else(|refusal| self.refuse(&parts, &source, &refusal));
        request_id::write(&source.request_id, response.headers_mut());
        response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
        if parts.method == Method::HEAD {
            crate::frontend::without_body(&mut response);
        }
        response
    }

    async fn answer(
        &self,
        parts: &Parts,
        body: Body,
        source: &Source,
    ) -> Result<Response, Refusal> {
        if let Some(response) = self.lasting.about_stream(parts) {
            return Ok(response);
        }
        let reads = reads(parts);
        if !(parts.method == Method::POST || (reads && self.get)) {
            let message = format!("this path takes {}", self.methods());
            return Err(Refusal::method_not_allowed(&message, self.methods()));
        }
        let media = match (Media::wanted(&parts.headers), self.lasting.way(parts)) {
            (Some(media), _) => media,
            // What fails before it goes on, and what does not, has to come as something.
            (None, Some(_)) => Media::Json,
            (None, None) => return Err(Refusal::not_acceptable()),
        };
        let ask = if reads {
            let asked = parameters::from_query(parts.uri.query()).map_err(Refusal::bad)?;
            Ask::One(Box::new(asked))
        } else {
            self.read(&parts.headers, body).await?
        };
        let context = self.context(&parts.headers, source)?;
        let told = match ask {
            Ask::One(asked) => self.one(*asked, parts, &context).await?,
            Ask::Many(all) => Told::Many(self.many(all, &context).await),
        };
        Ok(write(told, media, reads))
    }

    /// Reads the body of a POST.
    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Ask, Refusal> {
        if let Some(coding) = body::unread_coding(headers.get(CONTENT_ENCODING)) {
            return Err(Refusal::coding(&coding));
        }
        match body_type(headers, self.uploads)? {
            BodyType::Json => {
                let body = body::collect(body, self.limits.body).await?;
                parameters::from_json(&body, self.limits.batch).map_err(Refusal::bad)
            }
            BodyType::Form(content_type) => {
                multipart::read(content_type, headers, body, self.limits).await
            }
        }
    }

    /// What all calls of a request have in common.
    fn context(&self, headers: &HeaderMap, source: &Source) -> Result<Context, Refusal> {
        let metadata: Metadata = metadata::read(headers, &self.forward)?;
        let deadline = timeout::read(headers.get(GRPC_TIMEOUT))?;
        Ok(Context { metadata, source: source.clone(), deadline })
    }

    async fn one(
        &self,
        mut asked: Asked,
        parts: &Parts,
        context: &Context,
    ) -> Result<Told, Refusal> {
        if asked.is_empty() {
            return Err(Refusal::bad("the request has no query"));
        }
        let id = asked.operation_id.take();
        let mut prepared = self.door.prepare(asked);
        let changes = prepared.as_ref().is_ok_and(|one| one.kind() == Kind::Mutation);
        if changes && reads(parts) {
            let message = "a mutation changes something: send it as a POST";
            return Err(Refusal::method_not_allowed(message, "POST"));
        }
        if let Some(way) = self.lasting.way(parts) {
            let is_elsewhere = matches!(way, Way::Elsewhere(_));
            match self.lasting.answer(way, &self.door, prepared, id.as_deref(), context) {
                Ok(response) => return Ok(Told::Lasting(response)),
                // Whoever looks for answers elsewhere goes by the status here.
                Err(at_once) if is_elsewhere => {
                    return Ok(Told::Plain(self.door.run(at_once, context).await));
                }
                Err(at_once) => prepared = at_once,
            }
        }
        Ok(Told::One(self.door.run(prepared, context).await))
    }

    /// Answers a batch: at once where all of it reads, else one after the other.
    async fn many(&self, all: Vec<Asked>, context: &Context) -> Vec<Answer> {
        let prepared: Vec<_> = all.into_iter().map(|asked| self.door.prepare(asked)).collect();
        let changes = |one: &Result<Prepared, Answer>| {
            one.as_ref().is_ok_and(|prepared| prepared.kind() == Kind::Mutation)
        };
        if !prepared.iter().any(changes) {
            return join_all(prepared.into_iter().map(|one| self.door.run(one, context))).await;
        }
        let mut answers = Vec::with_capacity(prepared.len());
        for one in prepared {
            answers.push(self.door.run(one, context).await);
        }
        answers
    }

    /// The response to what is no GraphQL request.
    fn refuse(&self, parts: &Parts, source: &Source, refusal: &Refusal) -> Response {
        self.metrics.record(None, GraphqlOutcome::Refused, source.arrived.elapsed());
        tracing::debug!(
            method = %parts.method,
            path = parts.uri.path(),
            status = refusal.status.as_u16(),
            error = refusal.message,
            request_id = &*source.request_id,
            peer = source.peer.map(tracing::field::display),
            "no GraphQL request"
        );
        let media = Media::wanted(&parts.headers).unwrap_or(Media::Json);
        let mut response = respond(refusal.status, media, refusal.body());
        if let Some((name, value)) = &refusal.header {
            response.headers_mut().insert(name, value.clone());
        }
        authenticate(&mut response);
        response
    }

    fn methods(&self) -> &'static str {
        match (self.get, self.lasting.has_streams()) {
            (true, false) => "GET, HEAD, OPTIONS, POST",
            (false, false) => "OPTIONS, POST",
            (_, true) => "DELETE, GET, HEAD, OPTIONS, POST, PUT",
        }
    }
}

fn reads(parts: &Parts) -> bool {
    matches!(parts.method, Method::GET | Method::HEAD)
}

/// The page or a file of it. Others than browsers get something else at the page's path.
fn show(parts: &Parts, content: Option<Content>) -> Response {
    if !reads(parts) {
        return allow(StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD");
    }
    let Some(content) = content else {
        return allow(StatusCode::INTERNAL_SERVER_ERROR, "GET, HEAD");
    };
    let mut response = content.respond(parts.method == Method::HEAD);
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    response
}

/// What can be done at a path (RFC 9110, section 9.3.7).
fn allow(status: StatusCode, methods: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

/// What a body says it is.
enum BodyType<'h> {
    Json,
    Form(&'h str),
}

/// Only types that no page of another site can send unasked are taken, so that nobody's browser can be
/// made to call.
fn body_type(headers: &HeaderMap, uploads: bool) -> Result<BodyType<'_>, Refusal> {
    let expected = match uploads {
        true => "application/json, multipart/form-data",
        false => "application/json",
    };
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Err(Refusal::media_type("", expected));
    };
    if value == "application/json" {
        return Ok(BodyType::Json);
    }
    let text = value.to_str().unwrap_or_default();
    let (media, parameters) = text.split_once(';').unwrap_or((text, ""));
    let media = media.trim();
    if media.eq_ignore_ascii_case("multipart/form-data") && uploads {
        return Ok(BodyType::Form(text));
    }
    let is_utf_8 = |parameter: &str| match parameter.trim().split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    if media.eq_ignore_ascii_case("application/json") && parameters.split(';').all(is_utf_8) {
        return Ok(BodyType::Json);
    }
    Err(Refusal::media_type(text, expected))
}

fn write(told: Told, media: Media, reads: bool) -> Response {
    let (status, body, has_errors) = match told {
        Told::One(answer) => {
            let has_errors = answer.has_errors();
            (refusal::status(answer.verdict, media), answer.body, has_errors)
        }
        Told::Plain(answer) => {
            (refusal::status(answer.verdict, Media::Response), answer.body, true)
        }
        Told::Lasting(response) => return response,
        // Each has a verdict of its own, and there is one status.
        Told::Many(answers) => {
            (StatusCode::OK, join(&answers), answers.iter().any(Answer::has_errors))
        }
    };
    let mut response = respond(status, media, body);
    // Caches may keep what a GET is answered, which must not be that something is not known yet.
    if reads && has_errors {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    authenticate(&mut response);
    response
}

fn respond(status: StatusCode, media: Media, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(media.content_type());
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Every 401 must name a way to authenticate (RFC 9110, section 15.5.2).
fn authenticate(response: &mut Response) {
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

fn join(answers: &[Answer]) -> Bytes {
    let size = answers.iter().map(|answer| answer.body.len() + 1).sum::<usize>();
    let mut all = BytesMut::with_capacity(size + 1);
    for (index, answer) in answers.iter().enumerate() {
        all.put_u8(if index == 0 { b'[' } else { b',' });
        all.put_slice(&answer.body);
    }
    all.put_u8(b']');
    all.freeze()
}

#[cfg(test)]
mod tests;
