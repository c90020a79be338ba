//! Loads contracts, builds the first snapshot, and swaps in new ones as backends change theirs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::backends::{Backend, Backends, Kind};
use super::build::{Parts, build};
use super::graphql::EventStreams;
use super::{Gateway, Handle};
use crate::backend::grpc::reflection;
use crate::config::{self, Problem, checked};
use crate::contract::change::changes;

use crate::contract::{self, Contract, Fingerprint, Loaded, Severity, Source, load};
use crate::telemetry::metrics::{Metrics, ReloadResult};

/// How long the first question to a backend may keep the gateway from starting.
const FIRST_ANSWER: Duration = Duration::from_secs(3);

/// How long any later question may take.
const ANSWER: Duration = Duration::from_secs(10);

/// The pause after a failed question: doubled each time, from the one to the other.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// The contracts of a config as they stand: one slot for each of its sources.
#[derive(Debug)]
pub struct Contracts {
    config: Arc<checked::Config>,
    backends: Arc<Backends>,
    metrics: Arc<Metrics>,
    streams: EventStreams,
    slots: Vec<Slot>,
}

/// What is known of one source.
#[derive(Debug)]
enum Slot {
    Known(Loaded),
    /// Nothing yet; why, for people to read.
    Missing(String),
}

/// One source's state, as told to whoever reports readiness.
#[derive(Debug, PartialEq, Eq)]
pub struct State<'s> {
    /// The backend that is asked.
    pub backend: &'s Arc<str>,
    /// Why its contract is missing; `None` where it is there.
    pub missing: Option<&'s str>,
}

/// What asking a backend brought.
type Answer = Result<Loaded, String>;

impl Contracts {
    /// Loads the files of the config. No backend is asked yet. The problems are told with those
    /// of the first [`build`](Self::build).
    pub fn load(
        config: Arc<checked::Config>,
        backends: Arc<Backends>,
        metrics: Arc<Metrics>,
    ) -> (Self, Vec<contract::Problem>) {
        let mut problems = Vec::new();
        let slots = config.contracts.iter().map(|source| match source {
            checked::Contract::Proto { files, include } => {
                let (loaded, found) = load::proto(files, include);
                problems.extend(found);
                Slot::Known(loaded)
            }
            checked::Contract::Descriptors(path) => match load::descriptors(path) {
                Ok(loaded) => Slot::Known(loaded),
                Err(problem) => {
                    let why = problem.to_string();
                    problems.push(problem);
                    Slot::Missing(why)
                }
            },
            checked::Contract::Reflection { .. } => Slot::Missing("not asked yet".to_owned()),
        });
        let slots = slots.collect();
        let streams = EventStreams::build(&config);
        (Self { config, backends, metrics, streams, slots }, problems)
    }

    /// Asks all reflected backends once, at the same time, and waits a little for their answers.
    pub async fn ask_all(&mut self) {
        let questions = self
            .reflected()
            .map(|(index, backend, _)| async move { (index, ask(backend, FIRST_ANSWER).await) });
        for (index, answer) in futures_util::future::join_all(questions).await {
            self.slots[index] = match answer {
                Ok(loaded) => Slot::Known(loaded),
                Err(why) => Slot::Missing(why),
            };
        }
    }

    /// The config that says where contracts come from.
    pub fn config(&self) -> &checked::Config {
        &self.config
    }

    /// Merges what is known and builds a snapshot of it. The problems of the contract and of the
    /// config's fit with it are told apart.
    pub fn build(&self) -> (Gateway, Vec<contract::Problem>, Vec<Problem>) {
        let (contract, found) = self.contract();
        let missing = self.missing();
        let (gateway, unfit) = build(Parts {
            config: &self.config,
            backends: &self.backends,
            contract: &Arc::new(contract),
            missing: &missing,
            metrics: &self.metrics,
            streams: &self.streams,
        });
        (gateway, found, unfit)
    }

    /// The contract as far as it is known.
    pub fn contract(&self) -> (Contract, Vec<contract::Problem>) {
        let known = self.slots.iter().filter_map(|slot| match slot {
            Slot::Known(loaded) => Some(loaded.clone()),
            Slot::Missing(_) => None,
        });
        Contract::build(&known.collect::<Vec<_>>())
    }

    /// The sources that are missing, and why.
    pub fn missing(&self) -> Vec<String> {
        let states = self.states();
        let missing = states.filter_map(|state| {
            Some(format!("contract of backend {}: {}", state.backend, state.missing?))
        });
        missing.collect()
    }

    /// The state of every reflected source.
    pub fn states(&self) -> impl Iterator<Item = State<'_>> {
        self.config.contracts.iter().zip(&self.slots).filter_map(|(source, slot)| {
            let checked::Contract::Reflection { backend, .. } = source else { return None };
            let missing = match slot {
                Slot::Known(_) => None,
                Slot::Missing(why) => Some(why.as_str()),
            };
            Some(State { backend, missing })
        })
    }

    /// Asks reflected backends again and again, and swaps a new snapshot into `handle` whenever
    /// an answer differs. `told` is called after each change, with the contracts as they stand.
    /// Runs until dropped.
    pub async fn watch(mut self, handle: Arc<Handle>, told: impl Fn(&Self)) -> Infallible {
        let (sender, mut answers) = mpsc::channel(16);
        let mut watchers = tokio::task::JoinSet::new();
        for (index, backend, interval) in self.reflected() {
            let watcher = Watcher {
                index,
                backend: backend.clone(),
                interval,
                last: match &self.slots[index] {
                    Slot::Known(loaded) => Some(loaded.fingerprint()),
                    Slot::Missing(_) => None,
                },
                sender: sender.clone(),
                metrics: self.metrics.clone(),
            };
            watchers.spawn(watcher.run());
        }
        drop(sender);
        while let Some((index, answer)) = answers.recv().await {
            match answer {
                Ok(loaded) => {
                    tracing::info!(source = %loaded.source, "contract changed");
                    let before = std::mem::replace(&mut self.slots[index], Slot::Known(loaded));
                    if !self.swap(&handle, matches!(before, Slot::Known(_))) {
                        self.slots[index] = before;
                    }
                }
                Err(why) => {
                    if let Slot::Missing(reason) = &mut self.slots[index] {
                        *reason = why;
                    }
                }
            }
            told(&self);
        }
        std::future::pending::<Infallible>().await
    }

    /// Whether the contracts as they stand were swapped in. With a good contract to fall back on,
    /// one that is in part unusable is not.
    fn swap(&self, handle: &Handle, has_good: bool) -> bool {
        let (gateway, found, unfit) = self.build();
        log(&found);
        if has_good && found.iter().any(|problem| problem.severity == Severity::Error) {
            tracing::error!("the changed contract has errors, the last good one stays");
            return false;
        }
        log_unfit(&unfit);
        for change in changes(&handle.current().contract, &gateway.contract) {
            if change.is_breaking() {
                tracing::warn!(%change, "breaking change of the contract");
            } else {
                tracing::info!(%change, "change of the contract");
            }
        }
        handle.swap(gateway);
        true
    }

    fn reflected(&self) -> impl Iterator<Item = (usize, &Backend, Duration)> {
        self.config.contracts.iter().enumerate().filter_map(|(index, source)| match source {
            checked::Contract::Reflection { backend, interval } => {
                Some((index, self.backends.get(backend)?, *interval))
            }
            checked::Contract::Proto { .. } | checked::Contract::Descriptors(_) => None,
        })
    }
}

/// Asks one backend for its contract, over and over.
struct Watcher {
    index: usize,
    backend: Backend,
    interval: Duration,
    last: Option<Fingerprint>,
    sender: mpsc::Sender<(usize, Answer)>,
    metrics: Arc<Metrics>,
}

impl Watcher {
    /// Ends when nobody listens, or when the contract is there and the config wants no polling.
    async fn run(mut self) {
        let mut failures = 0;
        loop {
            let pause = match (failures, self.last.is_some()) {
                (0, true) if self.interval.is_zero() => return,
                (0, true) => self.interval,
                (failures, _) => backoff(failures),
            };
            tokio::time::sleep(pause).await;
            let answer = ask(&self.backend, ANSWER).await;
            failures = if answer.is_ok() { 0 } else { failures + 1 };
            let backend = &self.backend.settings.name;
            let (news, result) = match &answer {
                Ok(loaded) => {
                    let fingerprint = loaded.fingerprint();
                    match self.last.replace(fingerprint) == Some(fingerprint) {
                        true => (false, ReloadResult::Unchanged),
                        false => (true, ReloadResult::Changed),
                    }
                }
                Err(why) => {
                    tracing::warn!(%backend, why, failures, "a backend does not tell its contract");
                    (self.last.is_none(), ReloadResult::Failed)
                }
            };
            self.metrics.reloaded(backend, result);
            if news && self.sender.send((self.index, answer)).await.is_err() {
                return;
            }
        }
    }
}

async fn ask(backend: &Backend, limit: Duration) -> Answer {
    let Kind::Grpc(_, grpc) = &backend.kind else {
        return Err("only a backend that speaks gRPC tells its contract".to_owned());
    };
    match reflection::fetch(grpc, limit).await {
        Ok(described) => Ok(load::reflection(&backend.settings.name, described.files)),
        Err(error) => Err(error.to_string()),
    }
}

fn backoff(failures: u32) -> Duration {
    let (first, longest) = BACKOFF;
    first.saturating_mul(1 << failures.min(16)).min(longest)
}

/// Logs what is wrong with a contract that is used all the same, as far as it goes.
pub fn log(problems: &[contract::Problem]) {
    for problem in problems {
        match problem.severity {
            Severity::Error => tracing::error!(%problem, "contract"),
            Severity::Warning => tracing::warn!(%problem, "contract"),
        }
    }
}

/// Logs what of a config does not fit the contract.
pub fn log_unfit<'p>(problems: impl IntoIterator<Item = &'p Problem>) {
    for problem in problems {
        match problem.severity {
            config::Severity::Error => {
                tracing::error!(%problem, "contract does not fit the config")
            }
            config::Severity::Warning => {
                tracing::warn!(%problem, "contract does not fit the config");
            }
        }
    }
}

/// Whether a source's problems keep the gateway from starting: files are the user's to mend, a
/// backend's contract may mend itself.
pub fn is_fatal(problem: &contract::Problem) -> bool {
    problem.severity == Severity::Error && !matches!(problem.source, Source::Reflection(_))
}
