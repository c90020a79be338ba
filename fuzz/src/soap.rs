//! The SOAP frontend, and inputs for it: the content type in the first line, then the body.

use std::sync::{Arc, LazyLock};

use dragoman::contract::soap::{Options, Style, generate};
use dragoman::contract::view::{JsonNames, View};
use dragoman::frontend::soap::{Builder, Frontend, NAME};
use dragoman::telemetry::metrics::Metrics;

use crate::CONTRACT;
use crate::rest::{Backend, endpoint, listener};

/// What the frontend's calls go to.
pub static BACKEND: LazyLock<Arc<Backend>> = LazyLock::new(|| Backend::new(&CONTRACT));

/// Document style, and rpc style with credentials that are checked.
pub static FRONTENDS: LazyLock<[Frontend; 2]> = LazyLock::new(|| {
    [
        "{ streams: 3, mtom_threshold: 20B }",
        "{ style: rpc, unknown_fields: ignore, emit_defaults: true, \
         security: { required: true, users: { ada: secret } } }",
    ]
    .map(frontend)
});

fn frontend(settings: &str) -> Frontend {
    let listener = listener(&format!("soap: {settings}"));
    let settings = listener.soap.as_ref().expect("it has one");
    let metrics = Metrics::new();
    let json = Arc::new(View::json(CONTRACT.shapes().clone(), JsonNames::default()));
    let mut builder = Builder::new(settings, &listener, json, metrics.listener(&listener.name));
    let operations: Vec<_> = CONTRACT.operations().values().cloned().collect();
    let options = Options {
        style: if settings.rpc { Style::Rpc } else { Style::Document },
        stream: settings.streams,
        ..Options::default()
    };
    let (services, _) = generate(&CONTRACT, &operations, &options);
    assert!(!services.is_empty());
    builder.add(services, |one| {
        let operation = operations.iter().find(|known| known.name() == one.name())?;
        Some(endpoint(operation, NAME, &BACKEND, &metrics))
    });
    builder.build()
}

/// A request: a byte of options, a line with the content type, and the body.
#[derive(Debug, Clone, Copy)]
pub struct Input<'d> {
    /// Rpc style, credentials wanted.
    pub is_rpc: bool,
    /// The backend answers with bytes out of the body, not with what it was sent.
    pub answers_body: bool,
    /// `Content-Type`.
    pub content_type: &'d [u8],
    /// The body.
    pub body: &'d [u8],
}

impl<'d> Input<'d> {
    /// `None` where there is not even a head.
    pub fn parse(bytes: &'d [u8]) -> Option<Self> {
        let (options, rest) = bytes.split_first()?;
        let mut lines = rest.splitn(2, |byte| *byte == b'\n');
        Some(Self {
            is_rpc: options & 1 != 0,
            answers_body: options & 2 != 0,
            content_type: lines.next()?,
            body: lines.next()?,
        })
    }

    /// The bytes that [`parse`](Self::parse) reads so.
    pub fn print(&self) -> Vec<u8> {
        let options = u8::from(self.is_rpc) | u8::from(self.answers_body) << 1;
        [&[options], self.content_type, b"\n", self.body].concat()
    }
}
