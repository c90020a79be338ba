//! The Connect protocol (<https://connectrpc.com/docs/protocol>): one message as the body of a POST or
//! in the query of a GET, and streams as messages in envelopes, the last of which tells how they ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::stream;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Map, Value};

use super::protocol::{Codec, Connect, Protocol};
use super::{Frontend, Route, incoming, message, metadata, outgoing};
use crate::call::{CallError, Code, Messages, Metadata, Payload, Reply, Source, Step};
use crate::codec::grpc::metadata::BASE64;
use crate::codec::grpc::{Coding, Encoding, compression};
use crate::codec::json;
use crate::contract::shape::ShapeId;
use crate::contract::view::View;
use crate::contract::{Idempotency, Streaming};
use crate::frontend::details::details_json;
use crate::frontend::query::pairs;
use crate::frontend::{Body, Response, body};
use crate::telemetry::record::Recorder;

/// Says that a JSON request is Connect's, where REST answers JSON at the same path.
pub(super) static VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
static TIMEOUT: HeaderName = HeaderName::from_static("connect-timeout-ms");
static STREAM_ENCODING: HeaderName = HeaderName::from_static("connect-content-encoding");
static STREAM_ACCEPTED: HeaderName = HeaderName::from_static("connect-accept-encoding");

/// The flag of a stream's last envelope.
const END: u8 = 0b10;

/// Whether a query is that of a Connect GET.
pub(super) fn is_get(query: &str) -> bool {
    query.split('&').any(|pair| pair == "connect=v1")
}

impl Frontend {
    /// Answers a request of Connect's to an operation.
    pub(super) async fn connect(
        self: &Arc<Self>,
        form: Connect,
        route: &Route,
        parts: &Parts,
        body: Body,
        source: &Source,
    ) -> Response {
        let endpoint = &route.endpoints[Protocol::Connect(form).index()];
        let operation = &endpoint.operation;
        let refused = |error: CallError| {
            Recorder::refuse(&endpoint.recorder, source, &error);
            failed(form, &error, &self.view)
        };
        let streams = operation.streaming != Streaming::Unary;
        match form {
            Connect::Get if streams || operation.idempotency != Idempotency::NoSideEffects => {
                return not_allowed();
            }
            Connect::Unary(_) if streams => {
                return unsupported("application/connect+json, application/connect+proto");
            }
            Connect::Stream(_) if !streams => {
                return unsupported("application/json, application/proto");
            }
            _ => {}
        }
        let asked = match form {
            Connect::Get => self.get(parts.uri.query().unwrap_or_default()),
            Connect::Unary(codec) | Connect::Stream(codec) => Ok((codec, None)),
        };
        let (codec, given) = match asked {
            Ok(asked) => asked,
            Err(error) => return refused(error),
        };
        if codec == Codec::Json && route.binary_only {
            return unsupported("application/proto, application/connect+proto");
        }
        let accepted = self.compression.filter(|coding| {
            let list = parts.headers.get(&STREAM_ACCEPTED);
            list.is_some_and(|list| outgoing::accepts(list, *coding))
        });
        let input = operation.input;
        let decoding = async {
            check_version(&parts.headers)?;
            let deadline = timeout(parts.headers.get(&TIMEOUT))?;
            let metadata = metadata::read(&parts.headers, true, &self.withheld)?;
            let payload = match (form, given) {
                (Connect::Stream(_), _) => {
                    self.streamed_in(codec, input, operation.streaming, parts, body).await?
                }
                (_, Some(message)) => Payload::Message(self.decoded(codec, input, message)?),
                (_, None) => {
                    let message = body::collect(body, self.max_message).await.map_err(|error| {
                        CallError::client(error.code(), error.to_string()).because(error)
                    })?;
                    Payload::Message(self.decoded(codec, input, message)?)
                }
            };
            Ok(self.call(endpoint, metadata, payload, deadline, source))
        };
        let call = match decoding.await {
            Ok(call) => call,
            Err(error) => return refused(error),
        };
        let reply = match endpoint.service.answer(call).await {
            Ok(reply) => reply,
            Err(error) => return failed(form, &error, &self.view),
        };
        match form {
            Connect::Stream(_) => self.streamed_out(codec, operation.output, reply, accepted),
            Connect::Get | Connect::Unary(_) => self.whole(form, codec, operation.output, reply),
        }
    }

    /// The message in the query of a GET.
    fn get(&self, query: &str) -> Result<(Codec, Option<Bytes>), CallError> {
        let wrong = |message: String| CallError::client(Code::InvalidArgument, message);
        let (mut codec, mut message, mut base64, mut encoding) =
            (None, None, false, Encoding::Identity);
        for pair in pairs(query) {
            let (name, value) = pair.map_err(|pair| {
                wrong(format!("parameter {pair:?} is not percent-encoded UTF-8"))
            })?;
            match &*name {
                "encoding" if value == "json" => codec = Some(Codec::Json),
                "encoding" if value == "proto" => codec = Some(Codec::Proto),
                "encoding" => {
                    return Err(wrong(format!(
                        "parameter encoding: expected json or proto, got {value:?}"
                    )));
                }
                "message" => message = Some(value.into_owned()),
                "base64" => base64 = value == "1",
                "compression" => {
                    encoding = incoming::encoding(HeaderValue::from_str(&value).ok().as_ref())?
                }
                // `connect=v1`, and what may come to be.
                _ => {}
            }
        }
        let codec = codec
            .ok_or_else(|| wrong("parameter encoding is missing: json or proto".to_owned()))?;
        let message = message.ok_or_else(|| wrong("parameter message is missing".to_owned()))?;
        let message = match base64 {
            true => {
                let text = message.trim_end_matches('=');
                // The other alphabet, whose plus sign has become a blank.
                let text = text.replace([' ', '+'], "-").replace('/', "_");
                URL_SAFE_NO_PAD
                    .decode(text)
                    .map_err(|_| wrong("parameter message is not base64".to_owned()))?
            }
            false => message.into_bytes(),
        };
        let message = match encoding {
            Encoding::Identity => Bytes::from(message),
            Encoding::Compressed(coding) => {
                compression::decompress(coding, &message, self.max_message).map_err(|_| {
                    wrong("parameter message does not decompress, or to too much".to_owned())
                })?
            }
        };
        Ok((codec, Some(message)))
    }

    async fn streamed_in(
        self: &Arc<Self>,
        codec: Codec,
        input: ShapeId,
        streaming: Streaming,
        parts: &Parts,
        body: Body,
    ) -> Result<Payload, CallError> {
        let encoding = incoming::encoding(parts.headers.get(&STREAM_ENCODING))?;
        let mut reader = incoming::Reader::new(body, self.max_message, encoding, false);
        if !streaming.client() {
            let message = reader.only().await?;
            return Ok(Payload::Message(self.decoded(codec, input, message)?));
        }
        let frontend = self.clone();
        Ok(Payload::Stream(
            reader.into_messages_by(move |message| frontend.decoded(codec, input, message)),
        ))
    }

    fn decoded(&self, codec: Codec, input: ShapeId, message: Bytes) -> Result<Bytes, CallError> {
        match codec {
            Codec::Proto => Ok(message),
            Codec::Json => {
                let mut out = Vec::new();
                json::decode(&self.view, input, &message, &self.decode, &mut out)
                    .map_err(|error| CallError::client(Code::InvalidArgument, error.to_string()))?;
                Ok(out.into())
            }
        }
    }

    fn encoded(&self, codec: Codec, output: ShapeId, message: Bytes) -> Result<Bytes, CallError> {
        match codec {
            Codec::Proto => Ok(message),
            Codec::Json => {
                let mut out = Vec::new();
                json::encode(&self.view, output, &message, &self.encode, &mut out).map_err(
                    |error| {
                        CallError::backend(Code::Internal, "the reply does not fit its contract")
                            .because(error)
                    },
                )?;
                Ok(out.into())
            }
        }
    }

    /// A reply of one message: the response's body.
    fn whole(&self, form: Connect, codec: Codec, output: ShapeId, reply: Reply) -> Response {
        let (message, reply) = match message(reply) {
            Ok(reply) => reply,
            Err(error) => return failed(form, &error, &self.view),
        };
        let Reply { metadata, trailers, outcome, .. } = reply;
        let message = match self.encoded(codec, output, message) {
            Ok(message) => message,
            Err(error) => {
                outcome.reject(&error);
                return failed(form, &error, &self.view);
            }
        };
        let mut response = Response::new(Body::from(message));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, Protocol::Connect(Connect::Unary(codec)).content_type());
        outgoing::lead(&metadata, headers);
        trail(&trailers, headers);
        if form == Connect::Get {
            // Whether it may be kept is the service's to say.
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
        }
        response
    }

    /// A reply as messages in envelopes.
    fn streamed_out(
        self: &Arc<Self>,
        codec: Codec,
        output: ShapeId,
        reply: Reply,
        accepted: Option<Coding>,
    ) -> Response {
        let Reply { metadata, payload, trailers, outcome } = reply;
        let messages = match payload {
            Payload::Stream(messages) => messages,
            // A client stream's only reply.
            Payload::Message(message) => {
                drop(outcome);
                let state = (Some(message), trailers);
                Messages::unfold(state, |(message, trailers)| async move {
                    Ok(match message {
                        Some(message) => Step::Message(message, (None, trailers)),
                        None => Step::End(trailers),
                    })
                })
            }
        };
        let frontend = self.clone();
        let state = Some((messages, Bytes::new()));
        let body = StreamBody::new(stream::unfold(state, move |state| {
            let frontend = frontend.clone();
            async move {
                let (mut messages, rest) = state?;
                if !rest.is_empty() {
                    let frame: Result<_, CallError> = Ok(Frame::data(rest));
                    return Some((frame, Some((messages, Bytes::new()))));
                }
                let Some(message) = messages.next().await else {
                    let end = end_of_stream(None, messages.trailers(), &frontend.view);
                    return Some((Ok(Frame::data(end)), None));
                };
                let framed = message
                    .and_then(|message| frontend.encoded(codec, output, message))
                    .and_then(|message| outgoing::frame(0, message, accepted));
                match framed {
                    Ok([head, rest]) => Some((Ok(Frame::data(head)), Some((messages, rest)))),
                    Err(error) => {
                        messages.reject(&error);
                        let end = end_of_stream(Some(&error), error.metadata(), &frontend.view);
                        Some((Ok(Frame::data(end)), None))
                    }
                }
            }
        }));
        let mut response = Response::new(Body::new(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, Protocol::Connect(Connect::Stream(codec)).content_type());
        if let Some(coding) = accepted {
            let name = HeaderValue::from_static(compression::name(coding));
            headers.insert(STREAM_ENCODING.clone(), name);
        }
        outgoing::lead(&metadata, headers);
        response
    }
}

/// The answer to a call that failed before its reply began.
pub(super) fn failed(form: Connect, error: &CallError, view: &View) -> Response {
    if let Connect::Stream(_) = form {
        let end = end_of_stream(Some(error), error.metadata(), view);
        let mut response = Response::new(Body::from(end));
        let content_type = Protocol::Connect(form).content_type();
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        return response;
    }
    let mut response = Response::new(Body::from(error_json(error, view).to_string()));
    *response.status_mut() = status(error.code());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // What came along with an error came at its end.
    trail(error.metadata(), headers);
    response
}

/// The HTTP status of a code (Connect's own table, which is not that of REST).
fn status(code: Code) -> StatusCode {
    match code {
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// `{"code", "message", "details"}`.
fn error_json(error: &CallError, view: &View) -> Value {
    let mut json = Map::new();
    json.insert(
        "code".to_owned(),
        error.code().name().to_ascii_lowercase().replace("cancelled", "canceled").into(),
    );
    if !error.message().is_empty() {
        json.insert("message".to_owned(), error.message().into());
    }
    let details: Vec<Value> = error
        .details()
        .iter()
        .map(|detail| {
            let mut json = Map::new();
            let name = detail.type_url.rsplit('/').next().unwrap_or_default();
            json.insert("type".to_owned(), name.into());
            json.insert("value".to_owned(), STANDARD_NO_PAD.encode(&detail.value).into());
            // For a reader's eye alone.
            let mut text = Vec::new();
            details_json(std::slice::from_ref(detail), view, &mut text);
            if let Ok(Value::Array(mut debug)) = serde_json::from_slice(&text)
                && let Some(Value::Object(mut debug)) = debug.pop()
            {
                debug.remove("@type");
                json.insert("debug".to_owned(), Value::Object(debug));
            }
            Value::Object(json)
        })
        .collect();
    if !details.is_empty() {
        json.insert("details".to_owned(), details.into());
    }
    Value::Object(json)
}

/// The last envelope of a stream.
fn end_of_stream(error: Option<&CallError>, metadata: &Metadata, view: &View) -> Bytes {
    let mut json = Map::new();
    if let Some(error) = error {
        json.insert("error".to_owned(), error_json(error, view));
    }
    if !metadata.is_empty() {
        let mut headers = HeaderMap::new();
        outgoing::lead(metadata, &mut headers);
        let mut members = Map::new();
        for name in headers.keys() {
            let values = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into());
            members.insert(name.as_str().to_owned(), Value::Array(values.collect()));
        }
        json.insert("metadata".to_owned(), Value::Object(members));
    }
    let json = Bytes::from(Value::Object(json).to_string());
    // Not compressed, and never as long as 4 GiB.
    outgoing::frame(END, json, None).unwrap_or_default().concat().into()
}

/// Trailing metadata of a reply of one message stands in its headers, behind a prefix.
fn trail(metadata: &Metadata, headers: &mut HeaderMap) {
    for (name, value) in metadata.iter() {
        let text = match name.is_binary() {
            true => Bytes::from(BASE64.encode(value)),
            false => value.clone(),
        };
        let name = HeaderName::from_bytes(format!("trailer-{}", name.as_str()).as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_maybe_shared(text)) {
            headers.append(name, value);
        }
    }
}

/// `Connect-Timeout-Ms`: at most ten digits.
fn timeout(value: Option<&HeaderValue>) -> Result<Option<Instant>, CallError> {
    let Some(value) = value else { return Ok(None) };
    let text = value
        .to_str()
        .ok()
        .filter(|text| text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit()));
    let millis: u64 = text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        CallError::client(
            Code::InvalidArgument,
            "header connect-timeout-ms: expected up to ten digits",
        )
    })?;
    Ok(Some(Instant::now() + Duration::from_millis(millis)))
}

fn check_version(headers: &HeaderMap) -> Result<(), CallError> {
    match headers.get(&VERSION) {
        Some(version) if version != "1" => Err(CallError::client(
            Code::InvalidArgument,
            "header connect-protocol-version: the version spoken here is 1",
        )),
        _ => Ok(()),
    }
}

fn not_allowed() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(Method::POST.as_str()));
    response
}

/// The operation is not called by such a content type (RFC 9110, section 15.5.16).
fn unsupported(accepted: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response.headers_mut().insert("accept-post", HeaderValue::from_static(accepted));
    response
}
