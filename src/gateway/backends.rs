//! The backends of a config. They outlive every snapshot, and their connections with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::{grpc, rest};
use crate::call::CallService;
use crate::config::checked::{self, BackendKind};

/// All backends, by name.
#[derive(Debug)]
pub struct Backends(BTreeMap<Arc<str>, Backend>);

/// One backend, ready to be called.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The protocol that it speaks.
    pub kind: Kind,
    /// What the config says of it.
    pub settings: checked::Backend,
}

/// A protocol, and what speaks it.
#[derive(Debug, Clone)]
pub enum Kind {
    /// gRPC: what answers any operation, and the same to be asked for its contract.
    Grpc(CallService, grpc::Backend),
    /// REST: what answers is made for each operation.
    Rest(rest::Backend),
}

/// Why a backend cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// One that speaks gRPC.
    #[error(transparent)]
    Grpc(#[from] grpc::BuildError),
    /// One that speaks REST.
    #[error(transparent)]
    Rest(#[from] rest::BuildError),
}

impl Backend {
    /// Whether any endpoint is connected, or has not failed when it was last tried.
    pub fn is_reachable(&self) -> bool {
        match &self.kind {
            Kind::Grpc(_, grpc) => {
                grpc.endpoints_state().iter().any(|one| one.connected || one.failure.is_none())
            }
            Kind::Rest(rest) => rest.failure().is_none(),
        }
    }
}

impl Backends {
    /// Builds every backend; nothing is connected yet. Reads certificate files. The errors name
    /// their backend.
    pub fn build(config: &checked::Config) -> Result<Self, Vec<(Arc<str>, BuildError)>> {
        let mut backends = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, settings) in &config.backends {
            match kind(settings, name) {
                Ok(kind) => {
                    let settings = settings.clone();
                    backends.insert(name.clone(), Backend { kind, settings });
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

fn kind(settings: &checked::Backend, name: &Arc<str>) -> Result<Kind, BuildError> {
    Ok(match &settings.kind {
        BackendKind::Grpc(settings) => {
            let backend = grpc::Backend::build(settings, name)?;
            Kind::Grpc(CallService::new(backend.clone()), backend)
        }
        BackendKind::Rest(settings) => Kind::Rest(rest::Backend::build(settings, name)?),
    })
}
