//! The GraphQL frontend of a listener: its engine over what the listener exposes.

use std::sync::Arc;

use super::build::{Parts, Resolved, endpoint, exposes};
use crate::config::{Problem, checked};
use crate::frontend::graphql::engine::{Engine, Setup};
use crate::frontend::graphql::{Frontend, NAME};
use crate::frontend::rest;

/// Builds the frontend, if the config wants one.
pub fn build(
    parts: Parts<'_>,
    listener: &checked::Listener,
    operations: &[Resolved<'_>],
    rest: Option<&rest::Frontend>,
    problems: &mut Vec<Problem>,
) -> Option<Frontend> {
    let settings = listener.graphql.as_ref()?;
    let path = &settings.path;
    if let Some(binding) = rest.and_then(|rest| rest.binding_at(path)) {
        let name = &listener.name;
        let message =
            format!("listener {name} answers GraphQL at {path}, which belongs to {binding}");
        let hint = "write another path, `graphql: { path: ... }`";
        problems.push(Problem::new(message).with_hint(hint).warning());
    }
    let exposed = exposes(listener);
    let exposed = operations.iter().filter(|resolved| exposed(&resolved.operation));
    let incomplete = (!parts.missing.is_empty())
        .then(|| format!("part of the contract is missing: {}", parts.missing.join("; ")));
    let (engine, unfit) = Engine::build(Setup {
        listener: &listener.name,
        settings,
        depth: listener.limits.depth,
        contract: parts.contract,
        endpoints: exposed.map(|resolved| endpoint(parts, resolved, listener, NAME)).collect(),
        incomplete,
    });
    problems.extend(unfit);
    let metrics = parts.metrics.graphql(&listener.name);
    Some(Frontend::new(Arc::new(engine), settings, &listener.limits, metrics))
}
