//! `dragoman serve`: from a checked config to a running gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Failure, contract_problems};
use crate::call::core;
use crate::config::{Problem, Problems, checked};
use crate::frontend::{Request, Response};
use crate::gateway::backends::Backends;
use crate::gateway::reload::{Contracts, is_fatal};
use crate::gateway::{Handle, reload};
use crate::server::readiness::Readiness;
use crate::server::{self, Handler, Server, Stop, admin, signals};
use crate::telemetry::logs;
use crate::telemetry::metrics::Metrics;

/// Runs the gateway until it is told to stop. `listening` is told the addresses once clients can
/// come.
pub fn run(config: checked::Config, listening: impl FnOnce(&Addresses)) -> Result<(), Failure> {
    let _logs = logs::init(&config.process.log).map_err(Failure::runtime)?;
    let wrong: Problems = certificates(&config).collect();
    if wrong.has_errors() {
        return Err(Failure::Problems(wrong));
    }
    let metrics = Arc::new(Metrics::new());
    let server = Server::bind(&config, &metrics).map_err(Failure::runtime)?;
    let addresses = Addresses { listeners: server.addresses(), admin: server.admin_address() };
    let control = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let control = control.map_err(Failure::runtime)?;
    // The main thread's own place, behind those of the cores.
    core::enter(config.process.threads);
    let stop = Stop::new();
    let starting = async {
        signals::forward(stop.clone()).map_err(Failure::runtime)?;
        tokio::select! {
            started = start(Arc::new(config), &metrics) => started.map(Some),
            // Nobody has been let in yet, so there is nothing to finish.
            () = stop.ordered() => Ok(None),
        }
    };
    // By itself: the server holds runtimes, which cannot be dropped within another.
    let Some((contracts, handle)) = control.block_on(starting)? else { return Ok(()) };
    control.block_on(async {
        let readiness = Arc::new(Readiness::new());
        tell(&contracts, &readiness);
        readiness.start();
        let masked = contracts.config().masked.clone();
        let state = admin::State {
            readiness: readiness.clone(),
            metrics,
            config: Arc::new(ArcSwap::from_pointee(masked)),
        };
        let serving = server.run(Arc::new(Serve(handle.clone())), state, stop);
        listening(&addresses);
        let watching = contracts.watch(handle, |contracts| tell(contracts, &readiness));
        tokio::select! {
            outcome = serving => {
                let outcome = outcome.map_err(Failure::runtime)?;
                if outcome.cut > 0 {
                    tracing::warn!(cut = outcome.cut, "calls were cut off at the end of the drain");
                }
                Ok(())
            }
            never = watching => match never {},
        }
    })
}

/// Where clients and operators reach the gateway.
#[derive(Debug)]
pub struct Addresses {
    /// In the order of the config.
    pub listeners: Vec<SocketAddr>,
    /// `None` where the admin listener is off.
    pub admin: Option<SocketAddr>,
}

/// Loads the contracts, asks the backends for theirs, and builds the first snapshot. What is wrong
/// in files is fatal; what is wrong behind a backend is logged, for it may mend itself.
async fn start(
    config: Arc<checked::Config>,
    metrics: &Arc<Metrics>,
) -> Result<(Contracts, Arc<Handle>), Failure> {
    for problem in config.warnings.iter() {
        tracing::warn!(%problem, "config");
    }
    let backends = Arc::new(backends(&config)?);
    let (mut contracts, mut found) = Contracts::load(config, backends, metrics.clone());
    contracts.ask_all().await;
    let (gateway, more, unfit) = contracts.build();
    found.extend(more);
    let (fatal, passing): (Vec<_>, Vec<_>) = found.into_iter().partition(is_fatal);
    reload::log(&passing);
    let problems: Problems = contract_problems(&fatal).chain(unfit).collect();
    if problems.has_errors() {
        return Err(Failure::Problems(problems));
    }
    reload::log_unfit(problems.iter());
    Ok((contracts, Arc::new(Handle::new(gateway))))
}

/// Builds the backends; certificate files that cannot be used are problems of the config.
pub fn backends(config: &checked::Config) -> Result<Backends, Failure> {
    Backends::build(config).map_err(|errors| {
        let problem = |(name, error)| Problem::new(format!("backend {name}: {error}"));
        Failure::Problems(errors.into_iter().map(problem).collect())
    })
}

/// What is wrong with the listeners' certificate files.
pub fn certificates(config: &checked::Config) -> impl Iterator<Item = Problem> {
    server::check(config).into_iter().map(|error| Problem::new(error.to_string()))
}

fn tell(contracts: &Contracts, readiness: &Readiness) {
    for state in contracts.states() {
        match state.missing {
            Some(why) => readiness.miss(&**state.backend, why),
            None => readiness.find(state.backend),
        }
    }
}

/// The gateway behind the server.
struct Serve(Arc<Handle>);

impl Handler for Serve {
    async fn handle(&self, listener: usize, peer: SocketAddr, request: Request) -> Response {
        self.0.current().handle(listener, peer, request).await
    }
}
