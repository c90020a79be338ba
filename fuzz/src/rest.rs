//! A frontend with a backend that takes every call apart and answers it.

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use dragoman::call::{
    Answer, BoxFuture, Call, CallError, CallService, Code, Messages, Payload, Reply,
};
use dragoman::codec::canonical;
use dragoman::codec::json::{EncodeOptions, encode};
use dragoman::config::{self, checked};
use dragoman::contract::http_rule::HttpRule;
use dragoman::contract::view::{JsonNames, View};
use dragoman::contract::{Contract, Operation};
use dragoman::frontend::rest::{Builder, Frontend, NAME, Problem};
use dragoman::frontend::{Body, Endpoint, Request, Response};
use dragoman::telemetry::metrics::Metrics;
use dragoman::telemetry::record::Recorder;
use http::HeaderMap;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;

/// What everything runs on.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
});

/// The only listener of a config, with what it speaks: `rest: {}`.
pub fn listener(speaks: &str) -> checked::Listener {
    let text = format!(
        "{{ contracts: [{{ reflection: a }}], backends: {{ a: {{ grpc: {{ endpoints: [\"http://a\"] }} }} }}, \
         listeners: {{ a: {{ address: \"127.0.0.1:0\", {speaks} }} }} }}"
    );
    let config = config::parse("fuzz", text, Path::new("/nonexistent"), &|_| None);
    config.expect("a legal config").listeners.remove(0)
}

/// A frontend over `contract` with these operations at these rules, and the rules it refused.
pub fn frontend(
    contract: &Contract,
    listener: &checked::Listener,
    routes: &[(Arc<Operation>, HttpRule)],
    backend: &Arc<Backend>,
) -> (Arc<Frontend>, Vec<Problem>) {
    let settings = listener.rest.as_ref().expect("it has one");
    let names = JsonNames { original_names: settings.original_names };
    let view = Arc::new(View::json(contract.shapes().clone(), names));
    let metrics = Metrics::new();
    let mut builder =
        Builder::new(settings, None, &listener.limits, view, metrics.listener(&listener.name));
    for (operation, rule) in routes {
        builder.add(rule, &endpoint(operation, NAME, backend, &metrics), None);
    }
    let (frontend, problems) = builder.build();
    (Arc::new(frontend), problems)
}

/// An operation with the backend at its end.
pub fn endpoint(
    operation: &Arc<Operation>,
    frontend: &'static str,
    backend: &Arc<Backend>,
    metrics: &Metrics,
) -> Endpoint {
    let recorder = Recorder::new(operation.name(), &"fuzz".into(), frontend, metrics);
    Endpoint {
        operation: operation.clone(),
        service: CallService::new(Shared(backend.clone())),
        recorder: Arc::new(recorder),
    }
}

/// What is answered.
#[derive(Debug)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The content type, where there is one.
    pub content_type: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as far as it came.
    pub body: Vec<u8>,
    /// What came behind it.
    pub trailers: Option<HeaderMap>,
}

/// Sends a request through the frontend.
pub fn send(frontend: &Arc<Frontend>, request: Request) -> Answered {
    receive(frontend.handle(request, None))
}

/// Waits for an answer, and for all of it.
pub fn receive(answer: impl Future<Output = Response>) -> Answered {
    RUNTIME.block_on(async {
        let (parts, mut body) = answer.await.into_parts();
        // A `google.api.HttpBody` may bring any.
        let content_type = parts.headers.get(http::header::CONTENT_TYPE);
        let content_type =
            content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let (mut whole, mut trailers) = (Vec::new(), None);
        while let Some(Ok(frame)) = body.frame().await {
            match frame.into_data() {
                Ok(data) => whole.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        Answered {
            status: parts.status.as_u16(),
            content_type: content_type.unwrap_or_default(),
            headers: parts.headers,
            body: whole,
            trailers,
        }
    })
}

/// A request body in pieces of at most `size`.
pub fn pieces(body: &[u8], size: usize) -> Body {
    let pieces: Vec<_> = body
        .chunks(size.max(1))
        .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
        .collect();
    if pieces.is_empty() { Body::empty() } else { Body::from_stream(tokio_stream::iter(pieces)) }
}

/// Answers every call: sees that what came can be read, and sends it back.
#[derive(Debug)]
pub struct Backend {
    view: View,
    /// Whether what comes passes the gateway unread, and so may be anything.
    is_opaque: bool,
    /// Sent back instead, where it is set.
    pub reply: Mutex<Option<Bytes>>,
    /// The operation last called, and the JSON of its first message; empty where none came.
    pub called: Mutex<Option<(Arc<Operation>, String)>>,
}

impl Backend {
    /// A backend that reads messages of `contract`.
    pub fn new(contract: &Contract) -> Arc<Self> {
        Arc::new(Self {
            view: View::json(contract.shapes().clone(), JsonNames::default()),
            is_opaque: false,
            reply: Mutex::new(None),
            called: Mutex::new(None),
        })
    }

    /// One that is also sent what is no message.
    pub fn opaque(contract: &Contract) -> Arc<Self> {
        let backend = Self::new(contract);
        Arc::new(Self { is_opaque: true, ..Arc::into_inner(backend).expect("only one") })
    }

    /// What was called since it was asked last.
    pub fn take_called(&self) -> Option<(Arc<Operation>, String)> {
        self.called.lock().expect("one thread").take()
    }

    async fn answer(&self, call: Call) -> Result<Reply, CallError> {
        let mut messages = match call.payload {
            Payload::Message(message) => vec![message],
            Payload::Stream(mut stream) => {
                let mut messages = Vec::new();
                while let Some(message) = stream.next().await {
                    messages.push(message?);
                }
                messages
            }
        };
        let mut read = messages.iter().map(|message| self.read(&call.operation, message));
        let first = read.next().unwrap_or_default();
        read.for_each(drop);
        *self.called.lock().expect("one thread") = Some((call.operation.clone(), first));
        if let Some(reply) = &*self.reply.lock().expect("one thread") {
            messages = vec![reply.clone(); messages.len().max(1)];
        }
        if call.operation.streaming.server() {
            let failing = messages.len() == 3;
            let items = messages.into_iter().map(Ok).chain(
                failing.then(|| Err(CallError::backend(Code::DataLoss, "the fourth is not there"))),
            );
            return Ok(Reply::stream(Messages::new(tokio_stream::iter(items.collect::<Vec<_>>()))));
        }
        Ok(Reply::message(messages.into_iter().next().unwrap_or_default()))
    }

    /// What a backend is sent is always a message of the operation's. It has no JSON where a query
    /// named a path for a field mask as the contract has it, which JSON cannot always say.
    fn read(&self, operation: &Operation, message: &[u8]) -> String {
        let (mut canonical, mut json) = (Vec::new(), Vec::new());
        let read =
            canonical::rewrite(self.view.shapes(), operation.input, message, 100, &mut canonical);
        assert!(self.is_opaque || read.is_ok(), "a backend can read what it is sent");
        let options = EncodeOptions::default();
        match encode(&self.view, operation.input, message, &options, &mut json) {
            Ok(()) => String::from_utf8(json).expect("JSON is UTF-8"),
            Err(error) => error.to_string(),
        }
    }
}

/// The same as an answerer.
pub struct Shared(pub Arc<Backend>);

impl Answer for Shared {
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        Box::pin(self.0.answer(call))
    }
}
