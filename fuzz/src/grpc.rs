//! The frontend of gRPC's family, and inputs for it.

use std::sync::{Arc, LazyLock};

use dragoman::contract::view::{JsonNames, View};
use dragoman::frontend::grpc::{Builder, Frontend, NAMES};
use dragoman::telemetry::metrics::Metrics;

use crate::CONTRACT;
use crate::rest::{Backend, endpoint, listener};

/// What the frontend's calls go to.
pub static BACKEND: LazyLock<Arc<Backend>> = LazyLock::new(|| Backend::opaque(&CONTRACT));

/// A frontend for small messages.
pub static FRONTEND: LazyLock<Arc<Frontend>> = LazyLock::new(|| {
    let listener = listener("grpc: { compression: gzip }, limits: { body: 4KiB }");
    let settings = listener.grpc.as_ref().expect("it has one");
    let metrics = Metrics::new();
    let view = Arc::new(View::json(CONTRACT.shapes().clone(), JsonNames::default()));
    let mut builder =
        Builder::new(settings, &listener.limits, view, metrics.listener(&listener.name));
    for operation in CONTRACT.operations().values() {
        builder.add(NAMES.map(|name| endpoint(operation, name, &BACKEND, &metrics)), false);
    }
    Arc::new(builder.build())
});

/// Content types of requests.
pub const CONTENT_TYPES: [&str; 9] = [
    "application/grpc",
    "application/grpc-web",
    "application/grpc-web-text",
    "application/proto",
    "application/json",
    "application/connect+proto",
    "application/connect+json",
    "application/grpc-web+json",
    "application/grpc+proto",
];

/// Operations, one of each kind of stream.
pub const OPERATIONS: [&str; 4] = ["Plain", "Follow", "Collect", "Talk"];

/// A request: bytes that pick its content type, its operation, its headers, and then its body.
#[derive(Debug, Clone, Copy)]
pub struct Input<'d> {
    /// The content type.
    pub content_type: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// Bits: by GET, in pieces, compressed by gzip, compressed by zstd, an end in time.
    pub options: u8,
    /// The body, or a GET's query.
    pub body: &'d [u8],
}

impl<'d> Input<'d> {
    /// `None` where there is not even a head.
    pub fn parse(bytes: &'d [u8]) -> Option<Self> {
        let ([content_type, operation, options], body) = bytes.split_first_chunk()?;
        Some(Self {
            content_type: CONTENT_TYPES[usize::from(*content_type) % CONTENT_TYPES.len()],
            operation: OPERATIONS[usize::from(*operation) % OPERATIONS.len()],
            options: *options,
            body,
        })
    }

    /// Whether a bit of the options is set.
    pub fn is(&self, bit: u8) -> bool {
        self.options & 1 << bit != 0
    }
}
