//! Metrics for Prometheus. What is counted per call is resolved when the gateway is built and
//! then costs a few additions, on memory that no other core touches.

mod calls;
mod graphql;
mod listeners;
mod sharded;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use self::calls::{InFlight, OperationMetrics};
pub use self::graphql::{GraphqlMetrics, GraphqlOutcome};
pub use self::listeners::{ListenerMetrics, OpenConnection};

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: Arc<calls::Calls>,
    listeners: Arc<listeners::Listeners>,
    graphql: Arc<graphql::Requests>,
    reloads: Family<Reload, Counter<u64, AtomicU64>>,
    unknown_reply_fields: Family<OfBackend, Counter<u64, AtomicU64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBackend {
    backend: String,
}

/// Something that is counted.
#[derive(Debug, Clone)]
pub struct Count(Counter<u64, AtomicU64>);

impl Count {
    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.inc_by(more);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reload {
    contract: String,
    result: &'static str,
}

/// How asking for a contract again went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReloadResult {
    /// It is what it was.
    Unchanged,
    /// It changed and is in force.
    Changed,
    /// It could not be had, or cannot be used.
    Failed,
}

impl Metrics {
    /// The media type of [`encode`](Self::encode).
    pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Nothing counted yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("dragoman");
        let calls = Arc::new(calls::Calls::default());
        let listeners = Arc::new(listeners::Listeners::default());
        let graphql = Arc::new(graphql::Requests::default());
        let reloads = Family::<Reload, Counter<u64, AtomicU64>>::default();
        let unknown_reply_fields = Family::<OfBackend, Counter<u64, AtomicU64>>::default();
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What runs", build);
        registry.register("contract_reloads", "Times a contract was asked for", reloads.clone());
        registry.register(
            "unknown_reply_fields",
            "Fields of REST backends' replies that the contract does not have",
            unknown_reply_fields.clone(),
        );
        registry.register_collector(Box::new(Arc::clone(&calls)));
        registry.register_collector(Box::new(Arc::clone(&listeners)));
        registry.register_collector(Box::new(Arc::clone(&graphql)));
        Self { registry, calls, listeners, graphql, reloads, unknown_reply_fields }
    }

    /// What is counted for the calls of one operation through one frontend. The same names give
    /// the same counters, so that a reload goes on counting. The number of cores must be known
    /// ([`crate::call::core::set_count`]).
    pub fn operation(&self, operation: &str, frontend: &'static str) -> Arc<OperationMetrics> {
        self.calls.operation(operation, frontend)
    }

    /// What is counted for the connections of one listener.
    pub fn listener(&self, name: &str) -> Arc<ListenerMetrics> {
        self.listeners.listener(name)
    }

    /// What is counted for the GraphQL requests of one listener.
    pub fn graphql(&self, listener: &str) -> Arc<GraphqlMetrics> {
        self.graphql.listener(listener)
    }

    /// The fields of a backend's replies that were dropped, as the contract does not have them.
    pub fn unknown_reply_fields(&self, backend: &str) -> Count {
        let of = OfBackend { backend: backend.to_owned() };
        Count(self.unknown_reply_fields.get_or_create(&of).clone())
    }

    /// A contract was asked for again.
    pub fn reloaded(&self, contract: &str, result: ReloadResult) {
        let result = match result {
            ReloadResult::Unchanged => "unchanged",
            ReloadResult::Changed => "changed",
            ReloadResult::Failed => "failed",
        };
        self.reloads.get_or_create(&Reload { contract: contract.to_owned(), result }).inc();
    }

    /// All metrics as text.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
