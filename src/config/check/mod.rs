//! The one way across: what was written → what runs, with every problem on it.

mod backend;
mod context;
mod contract;
mod described;
mod graphql;
mod grpc;
mod listener;
mod manners;
mod process;
mod service;
mod soap;

use std::path::Path;
use std::sync::Arc;

use super::problem::Problems;
use super::source::Source;
use super::{checked, written};
use context::Context;

/// Checks `written`, whose relative paths start from `folder`. The result runs only if `problems`
/// has no errors afterwards; the caller fills in `masked` and `warnings`.
pub fn check(
    written: &written::Config,
    source: &Arc<Source>,
    folder: &Path,
    problems: &mut Problems,
) -> checked::Config {
    let mut context = Context::new(source, folder);
    let (contracts, contract_places) =
        contract::check(&mut context, &written.contracts, &written.backends);
    let backends = backend::check(&mut context, &written.backends);
    let services = service::check(&mut context, written, &contracts, &contract_places);
    let listeners = listener::check(&mut context, &written.listeners);
    let admin = process::check_admin(&mut context, &written.admin, &listeners);
    let process = process::check(&mut context, &written.process);
    problems.extend(context.into_problems());
    checked::Config {
        contracts,
        backends,
        services,
        listeners,
        admin,
        process,
        masked: String::new(),
        contract_places,
        warnings: Problems::default(),
    }
}
