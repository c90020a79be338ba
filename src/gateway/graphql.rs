//! The GraphQL frontend of a listener: its engine over what the listener exposes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::{Parts, Resolved, endpoint, exposes};
use super::schema::{self, Schema};
use crate::config::{Problem, checked};
use crate::contract::view::{JsonNames, View};
use crate::frontend::graphql::engine::{self, Engine};
use crate::frontend::graphql::schema::{Options, register};
use crate::frontend::graphql::sse::single::{self, Streams};
use crate::frontend::graphql::{Frontend, HEARTBEAT, NAME};
use crate::frontend::rest;

/// The event streams of the listeners that carry many operations in one. Clients find them again after
/// a reload.
#[derive(Debug, Default)]
pub struct EventStreams(BTreeMap<Arc<str>, Arc<Streams>>);

impl EventStreams {
    /// None of them is open yet.
    pub fn build(config: &checked::Config) -> Self {
        let streams = config.listeners.iter().filter_map(|listener| {
            let graphql = listener.graphql.as_ref().filter(|one| one.single_connection_sse)?;
            let settings = single::Settings {
                streams: listener.limits.connections,
                operations: graphql.limits.subscriptions,
                patience: graphql.limits.connection_init_timeout,
                heartbeat: HEARTBEAT,
            };
            Some((listener.name.clone(), Streams::new(settings)))
        });
        Self(streams.collect())
    }
}

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
    let engine = engine(parts, listener, settings, &exposed.collect::<Vec<_>>(), problems)?;
    let metrics = parts.metrics.graphql(&listener.name);
    let streams = parts.streams.0.get(&listener.name).cloned();
    Some(Frontend::new(Arc::new(engine), settings, listener, streams, metrics))
}

/// What answers the queries of a listener; `None` where there can be no schema, which is told.
fn engine(
    parts: Parts<'_>,
    listener: &checked::Listener,
    settings: &checked::Graphql,
    operations: &[&Resolved<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Engine> {
    let Schema { model, problems: told, .. } = schema::model(parts, settings, operations);
    problems.extend(told);
    let options = Options {
        federation: settings.federation,
        introspection: settings.introspection,
        ..Options::default()
    };
    let registered = match register(&model, options) {
        Ok(registered) => registered,
        Err(problem) => {
            let name = &listener.name;
            problems.push(Problem::new(format!("listener {name} has no GraphQL: {problem}")));
            return None;
        }
    };
    let endpoint = |resolved: &&Resolved<'_>| {
        let name = Arc::from(resolved.operation.name());
        (name, endpoint(parts, resolved, listener, NAME))
    };
    let names = JsonNames::default();
    let limits = &settings.limits;
    let engine = Engine::build(engine::Parts {
        model,
        registered,
        view: Arc::new(View::json(parts.contract.shapes().clone(), names)),
        endpoints: operations.iter().map(endpoint).collect(),
        limits: engine::Limits {
            document: limits.document,
            tokens: limits.tokens,
            depth: limits.depth,
            aliases: limits.aliases,
            root_fields: limits.root_fields,
            complexity: limits.complexity as u64,
            calls: limits.calls,
            plans: limits.plans,
        },
        depth: listener.limits.depth,
        emit_defaults: settings.emit_defaults,
    });
    if settings.federation {
        for name in engine.lost_entities() {
            let message = format!("no query finds a {name} by its key, as `_entities` would");
            let hint = "a query that answers one takes the fields of a key as its arguments";
            problems.push(Problem::new(message).with_hint(hint).warning());
        }
    }
    Some(engine)
}
