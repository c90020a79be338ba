//! The backends of a config. They outlive every snapshot, and their connections with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::grpc::{self, BuildError};
use crate::call::CallService;
use crate::config::checked::{self, BackendKind};

/// All backends, by name.
#[derive(Debug)]
pub struct Backends(BTreeMap<Arc<str>, Backend>);

/// One backend, ready to be called.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Answers calls.
    pub service: CallService,
    /// The same, to be asked for its contract.
    pub grpc: grpc::Backend,
    /// What the config says of it.
    pub settings: checked::Backend,
}

impl Backend {
    /// Whether any endpoint is connected, or has not failed when it was last tried.
    pub fn is_reachable(&self) -> bool {
        self.grpc.endpoints_state().iter().any(|one| one.connected || one.failure.is_none())
    }
}

impl Backends {
    /// Builds every backend; nothing is connected yet. Reads certificate files. The errors name
    /// their backend.
    pub fn build(config: &checked::Config) -> Result<Self, Vec<(Arc<str>, BuildError)>> {
        let mut backends = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, settings) in &config.backends {
            let BackendKind::Grpc(grpc) = &settings.kind;
            match grpc::Backend::build(grpc, name) {
                Ok(backend) => {
                    let service = CallService::new(backend.clone());
                    let settings = settings.clone();
                    backends.insert(name.clone(), Backend { service, grpc: backend, settings });
                }
                Err(error) => errors.push((name.clone(), error)),
            }
        }
        if errors.is_empty() { Ok(Self(backends)) } else { Err(errors) }
    }

    /// The backend of that name.
    pub fn get(&self, name: &str) -> Option<&Backend> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Backend)> {
        self.0.iter()
    }
}
