//! The SOAP frontend of a listener: a service for each of the contract's that it exposes.

use std::collections::HashMap;
use std::sync::Arc;

use super::build::{Parts, Resolved, endpoint, exposes, resolve};
use crate::config::{Problem, checked};
use crate::contract::soap::{Options, Service, Style, generate};
use crate::contract::view::{JsonNames, View};
use crate::frontend::rest;
use crate::frontend::soap::{Builder, Frontend, NAME};

/// The services of a listener, and what is told of operations that are in none; `None` where SOAP is
/// not spoken.
pub fn services(
    parts: Parts<'_>,
    listener: &checked::Listener,
) -> Option<(Vec<Service>, Vec<String>)> {
    let settings = listener.soap.as_ref()?;
    let (operations, _) = resolve(parts);
    Some(of(parts, listener, settings, &operations))
}

fn of(
    parts: Parts<'_>,
    listener: &checked::Listener,
    settings: &checked::Soap,
    operations: &[Resolved<'_>],
) -> (Vec<Service>, Vec<String>) {
    let exposed = exposes(listener);
    let here = operations.iter().filter(|resolved| exposed(&resolved.operation));
    let here: Vec<_> = here.map(|resolved| resolved.operation.clone()).collect();
    let options = Options {
        namespace: settings.namespace.clone(),
        original_names: settings.original_names,
        style: if settings.rpc { Style::Rpc } else { Style::Document },
        stream: settings.streams,
    };
    generate(parts.contract, &here, &options)
}

/// Builds the frontend, if the config wants one.
pub fn build(
    parts: Parts<'_>,
    listener: &checked::Listener,
    operations: &[Resolved<'_>],
    rest: Option<&rest::Frontend>,
    problems: &mut Vec<Problem>,
) -> Option<Frontend> {
    let settings = listener.soap.as_ref()?;
    let view = Arc::new(View::json(parts.contract.shapes().clone(), JsonNames::default()));
    let metrics = parts.metrics.listener(&listener.name);
    let mut builder = Builder::new(settings, listener, view, metrics);
    if !parts.missing.is_empty() {
        let why = parts.missing.join("; ");
        builder.incomplete(format!("part of the contract is missing: {why}"));
    }
    let (services, _) = of(parts, listener, settings, operations);
    for service in &services {
        let path = format!("{}/{}", settings.path, service.path);
        if let Some(binding) = rest.and_then(|rest| rest.binding_at(&path)) {
            let name = &listener.name;
            let message =
                format!("listener {name} answers SOAP at {path}, which belongs to {binding}");
            let hint = "write another path, `soap: { path: ... }`";
            problems.push(Problem::new(message).with_hint(hint).warning());
        }
    }
    let by_name: HashMap<&str, &Resolved<'_>> =
        operations.iter().map(|resolved| (resolved.operation.name(), resolved)).collect();
    builder.add(services, |operation| {
        by_name.get(operation.name()).map(|resolved| endpoint(parts, resolved, listener, NAME))
    });
    Some(builder.build())
}
