//! Whether the gateway can do all it is configured to, and what is missing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// What `/readyz` tells; shared by those who know and the admin listener.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Status>);

/// The state of the gateway at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether traffic should come here.
    pub ready: bool,
    /// Whether the gateway is ending.
    pub draining: bool,
    /// Why each missing contract is missing, by contract.
    pub missing: BTreeMap<String, String>,
    #[serde(skip)]
    started: bool,
}

impl Readiness {
    /// Not ready: nothing has been built yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The gateway is built. It is ready as soon as nothing is missing.
    pub fn start(&self) {
        self.lock().started = true;
    }

    /// A contract is not there, for a reason to show.
    pub fn miss(&self, contract: impl Into<String>, reason: impl Into<String>) {
        self.lock().missing.insert(contract.into(), reason.into());
    }

    /// A contract is there.
    pub fn find(&self, contract: &str) {
        self.lock().missing.remove(contract);
    }

    /// The gateway is ending: not ready from now on.
    pub fn drain(&self) {
        self.lock().draining = true;
    }

    /// The state now.
    pub fn status(&self) -> Status {
        let mut status = self.lock().clone();
        status.ready = status.started && !status.draining && status.missing.is_empty();
        status
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        // Every change is one whole step, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
