//! Builds the frontend of a listener: settings once, then one operation after another.

use std::sync::Arc;

use super::health::{Health, Reachable};
use super::reflection::Reflection;
use super::{Frontend, Route};
use crate::call::{CallService, Name};
use crate::codec::grpc::Coding;
use crate::codec::json::{DecodeOptions, EncodeOptions, UnknownFields};
use crate::config::checked;
use crate::contract::shape::NameTable;
use crate::contract::view::View;
use crate::contract::{Contract, Idempotency, Operation, Streaming};
use crate::frontend::Endpoint;
use crate::telemetry::metrics::ListenerMetrics;

/// What a [`Frontend`] is built from.
#[derive(Debug)]
pub struct Builder {
    frontend: Frontend,
    names: Vec<String>,
}

/// A service of the gateway's own: `grpc.health.v1.Health` or one of reflection's.
#[derive(Debug)]
pub struct Own {
    /// Its operation.
    pub operation: Arc<Operation>,
    /// What answers.
    pub service: CallService,
}

impl Builder {
    /// Starts a frontend that sees JSON through `view`.
    pub fn new(
        settings: &checked::GrpcFrontend,
        limits: &checked::Limits,
        view: Arc<View>,
        metrics: Arc<ListenerMetrics>,
    ) -> Self {
        let unknown_fields = match settings.unknown_fields {
            checked::UnknownFields::Refuse => UnknownFields::Refuse,
            checked::UnknownFields::Ignore => UnknownFields::Ignore,
        };
        let frontend = Frontend {
            paths: NameTable::default(),
            routes: Vec::new(),
            view,
            decode: DecodeOptions { unknown_fields, max_depth: limits.depth },
            encode: EncodeOptions {
                emit_defaults: settings.emit_defaults,
                max_depth: limits.depth,
                ..EncodeOptions::default()
            },
            web: settings.web,
            connect: settings.connect,
            compression: settings.compression.map(|compression| match compression {
                checked::Compression::Gzip => Coding::Gzip,
                checked::Compression::Zstd => Coding::Zstd,
            }),
            max_message: limits.body,
            withheld: settings
                .withhold_headers
                .iter()
                .filter_map(|name| Name::parse(name))
                .collect(),
            incomplete: None,
            metrics,
        };
        Self { frontend, names: Vec::new() }
    }

    /// Makes unknown operations UNAVAILABLE with this message instead of UNIMPLEMENTED: part of the
    /// contract is still missing, and the operation may be in there.
    pub fn incomplete(&mut self, message: String) {
        self.frontend.incomplete = Some(message);
    }

    /// Adds one operation, as each of [`NAMES`](super::NAMES) calls it. `also_rest` says that REST
    /// answers at its path, too.
    pub fn add(&mut self, endpoints: [Endpoint; 3], also_rest: bool) {
        self.names.push(endpoints[0].operation.path.to_string());
        self.frontend.routes.push(Route { endpoints, also_rest, binary_only: false });
    }

    /// Adds an operation of the gateway's own.
    pub fn add_own(&mut self, endpoints: [Endpoint; 3]) {
        self.names.push(endpoints[0].operation.path.to_string());
        self.frontend.routes.push(Route { endpoints, also_rest: false, binary_only: true });
    }

    /// The frontend.
    pub fn build(mut self) -> Frontend {
        self.frontend.paths = NameTable::new(self.names.iter().map(String::as_str).zip(0..));
        self.frontend
    }
}

impl Own {
    /// Health checks (`grpc.health.v1`) of those services: by name, whether a backend of it can be
    /// reached.
    pub fn health(services: Vec<(String, Reachable)>) -> Vec<Self> {
        let health = Arc::new(Health::new(services));
        let one = |method: &str, streaming| {
            let operation = own("grpc.health.v1.Health", method, streaming);
            let answer = CallService::new(health.of(method));
            operation.map(|operation| Self { operation, service: answer })
        };
        [("Check", Streaming::Unary), ("List", Streaming::Unary), ("Watch", Streaming::Server)]
            .into_iter()
            .filter_map(|(method, streaming)| one(method, streaming))
            .collect()
    }

    /// Server reflection, of both versions, of those services of the contract.
    pub fn reflection(contract: &Arc<Contract>, services: Vec<String>) -> Vec<Self> {
        let service = CallService::new(Reflection::new(contract.clone(), services));
        ["v1", "v1alpha"]
            .into_iter()
            .filter_map(|version| {
                let name = format!("grpc.reflection.{version}.ServerReflection");
                let operation = own(&name, "ServerReflectionInfo", Streaming::Both)?;
                Some(Self { operation, service: service.clone() })
            })
            .collect()
    }
}

/// An operation that is in no contract.
fn own(service: &str, method: &str, streaming: Streaming) -> Option<Arc<Operation>> {
    let nothing = crate::contract::shape::ShapeId(u32::MAX);
    Some(Arc::new(Operation {
        service: service.into(),
        method: method.into(),
        path: format!("/{service}/{method}").parse().ok()?,
        input: nothing,
        output: nothing,
        input_name: "".into(),
        output_name: "".into(),
        streaming,
        idempotency: Idempotency::NoSideEffects,
        http: Vec::new(),
        deprecated: false,
    }))
}
