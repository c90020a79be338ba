//! What `check`, `operations` and `export` share: a config and its contract, without a server.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;

use super::{Failure, contract_problems, serve};
use crate::config::{Problem, Problems, checked};
use crate::contract::{Contract, openapi};
use crate::gateway::backends::Backends;
use crate::gateway::backends::Kind;
use crate::gateway::build::{self, Parts, Resolved};
use crate::gateway::graphql::EventStreams;
use crate::gateway::reload::Contracts;
use crate::gateway::schema::{self, Schema};
use crate::gateway::soap;
use crate::telemetry::metrics::Metrics;

/// A config with everything it leads to.
pub struct Inspected {
    /// The config as it would run.
    pub config: Arc<checked::Config>,
    /// What can be called.
    pub contract: Arc<Contract>,
    /// Contracts that could not be had, and why.
    pub missing: Vec<String>,
    /// What is wrong or doubtful.
    pub problems: Problems,
    backends: Arc<Backends>,
    metrics: Arc<Metrics>,
    streams: EventStreams,
}

/// Loads a config and its contracts. Backends are asked for theirs only if `connect` says so.
pub fn inspect(path: &Path, connect: bool) -> Result<Inspected, Failure> {
    let config = Arc::new(crate::config::load(path).map_err(Failure::Problems)?);
    let metrics = Arc::new(Metrics::new());
    let backends = Arc::new(serve::backends(&config)?);
    let (mut contracts, mut found) =
        Contracts::load(config.clone(), backends.clone(), metrics.clone());
    if connect {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(Failure::runtime)?.block_on(contracts.ask_all());
    }
    let (gateway, more, unfit) = contracts.build();
    found.extend(more);
    let warnings = config.warnings.iter().cloned();
    let mut problems: Problems = warnings.chain(contract_problems(&found)).chain(unfit).collect();
    serve::certificates(&config).for_each(|problem| problems.push(problem));
    let missing = contracts.missing();
    if connect {
        missing.iter().for_each(|missing| problems.push(Problem::new(missing.clone())));
    }
    problems.sort();
    let contract = gateway.contract.clone();
    Ok(Inspected {
        config,
        contract,
        missing,
        problems,
        backends,
        metrics,
        streams: EventStreams::default(),
    })
}

impl Inspected {
    /// Connects to the backends that were not asked for a contract, and tells which do not answer.
    pub fn unreachable(&self) -> Result<Vec<Problem>, Failure> {
        let is_asked = |name: &str| {
            self.config.contracts.iter().any(|contract| {
                matches!(contract, checked::Contract::Reflection { backend, .. } if **backend == *name)
            })
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let unasked = self.backends.iter().filter(|(name, _)| !is_asked(name));
        let attempts = unasked.filter_map(|(_, backend)| match &backend.kind {
            Kind::Grpc(_, grpc) => Some(grpc.connect()),
            // Only a request would tell, and none is known to be harmless.
            Kind::Rest(_) => None,
        });
        let attempts = runtime.map_err(Failure::runtime)?.block_on(join_all(attempts));
        Ok(attempts
            .into_iter()
            .filter_map(Result::err)
            .map(|error| {
                let cause = error.cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
                Problem::new(format!("{}{cause}", error.message()))
            })
            .collect())
    }

    /// Every operation with its backend and its bindings.
    pub fn operations(&self) -> Vec<Resolved<'_>> {
        build::resolve(self.parts()).0
    }

    /// The OpenAPI document of a listener; `None` where it does not speak REST.
    pub fn openapi(&self, listener: &checked::Listener) -> Option<openapi::Document> {
        build::openapi(self.parts(), listener)
    }

    /// The GraphQL schema of a listener; `None` where it does not speak GraphQL.
    pub fn schema(&self, listener: &checked::Listener) -> Option<Schema> {
        schema::of(self.parts(), listener)
    }

    /// The SOAP services of a listener, and what is told of operations that are in none; `None` where it
    /// does not speak SOAP.
    pub fn soap(&self, listener: &checked::Listener) -> Option<soap::Services> {
        soap::services(self.parts(), listener)
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            config: &self.config,
            backends: &self.backends,
            contract: &self.contract,
            missing: &self.missing,
            metrics: &self.metrics,
            streams: &self.streams,
        }
    }
}
