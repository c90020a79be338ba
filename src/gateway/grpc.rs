//! The gRPC family's frontend of a listener: every operation it exposes, and the services of the
//! gateway's own that tell of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backends::Backend;
use super::build::{Parts, Resolved, endpoint, exposes};
use crate::config::checked;
use crate::contract::view::{JsonNames, View};
use crate::frontend::Endpoint;
use crate::frontend::grpc::{Builder, Frontend, NAMES, Own, Reachable};
use crate::frontend::rest;
use crate::policy::stack;
use crate::telemetry::record::Recorder;

/// Builds the frontend, if the config wants one.
pub fn build(
    parts: Parts<'_>,
    listener: &checked::Listener,
    operations: &[Resolved<'_>],
    rest: Option<&rest::Frontend>,
) -> Option<Frontend> {
    let settings = listener.grpc.as_ref()?;
    let view = Arc::new(View::json(parts.contract.shapes().clone(), JsonNames::default()));
    let metrics = parts.metrics.listener(&listener.name);
    let mut builder = Builder::new(settings, &listener.limits, view, metrics);
    if !parts.missing.is_empty() {
        let why = parts.missing.join("; ");
        builder.incomplete(format!("part of the contract is missing: {why}"));
    }
    let exposed = exposes(listener);
    // What answers for each service; it may have operations of several backends.
    let mut services = BTreeMap::<String, Vec<Backend>>::new();
    for resolved in operations.iter().filter(|resolved| exposed(&resolved.operation)) {
        let endpoints = NAMES.map(|name| endpoint(parts, resolved, listener, name));
        let also_rest =
            rest.is_some_and(|rest| rest.binding_at(resolved.operation.path.as_str()).is_some());
        builder.add(endpoints, also_rest);
        let service = resolved.operation.service.to_string();
        services.entry(service).or_default().push(resolved.target.clone());
    }
    for own in own(parts, settings, services) {
        builder.add_own(NAMES.map(|name| {
            let operation = own.operation.clone();
            let recorder = Recorder::new(operation.name(), &listener.name, name, parts.metrics);
            let recorder = Arc::new(recorder);
            let settings = stack::Settings {
                recorder: recorder.clone(),
                deadline: listener.limits.idle_timeout,
            };
            let service = stack::build(settings, own.service.clone());
            Endpoint { operation, service, recorder }
        }));
    }
    Some(builder.build())
}

/// The services of the gateway's own.
fn own(
    parts: Parts<'_>,
    settings: &checked::GrpcFrontend,
    services: BTreeMap<String, Vec<Backend>>,
) -> Vec<Own> {
    let mut names: Vec<String> = services.keys().cloned().collect();
    let mut own = Vec::new();
    if settings.health {
        let reachable = |backends: Vec<Backend>| -> Reachable {
            Arc::new(move || backends.iter().all(Backend::is_reachable))
        };
        let services = services.into_iter().map(|(name, backends)| (name, reachable(backends)));
        own.extend(Own::health(services.collect()));
        names.push("grpc.health.v1.Health".to_owned());
    }
    if settings.reflection {
        let versions = ["v1", "v1alpha"];
        names.extend(versions.map(|version| format!("grpc.reflection.{version}.ServerReflection")));
        own.extend(Own::reflection(parts.contract, names));
    }
    own
}
