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
mod wsdl;

use std::path::Path;
use std::sync::Arc;

use super::problem::Problems;
use super::source::Source;
use super::{checked, written};
use crate::contract::wsdl::read::ReadFile;
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

/// Checks an entry of `soap: { wsdl: [...] }` by itself.
pub fn check_wsdl(
    written: &written::Wsdl,
    source: &Arc<Source>,
    read_file: ReadFile<'_>,
    problems: &mut Problems,
) -> Option<checked::Wsdl> {
    let mut context = Context::new(source, Path::new(""));
    let path = written.file.get()?;
    let checked = wsdl::entry(&mut context, written, Path::new(path), read_file);
    problems.extend(context.into_problems());
    checked
}
