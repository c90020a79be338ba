//! The SOAP frontend of a listener: a service for each of the contract's that it exposes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::build::{Parts, Resolved, endpoint, exposes, resolve};
use crate::config::{Problem, checked};
use crate::contract::soap::bind::bind;
use crate::contract::soap::{Options, Service, Style, generate};
use crate::contract::view::{JsonNames, View};
use crate::frontend::rest;
use crate::frontend::soap::{Builder, Frontend, NAME};

/// The SOAP services of a listener.
#[derive(Debug, Default)]
pub struct Services {
    /// Those that share a view together: the ones made of the contract, then those of each WSDL.
    groups: Vec<Vec<Service>>,
    /// What is told of operations, fields and elements that are in none.
    pub notes: Vec<String>,
    /// What keeps a WSDL from being served.
    problems: Vec<String>,
}

impl Services {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Service> {
        self.groups.iter().flatten()
    }
}

/// The services of a listener; `None` where SOAP is not spoken.
pub fn services(parts: Parts<'_>, listener: &checked::Listener) -> Option<Services> {
    let settings = listener.soap.as_ref()?;
    let (operations, _) = resolve(parts);
    Some(of(parts, listener, settings, &operations))
}

fn of(
    parts: Parts<'_>,
    listener: &checked::Listener,
    settings: &checked::Soap,
    operations: &[Resolved<'_>],
) -> Services {
    let exposed = exposes(listener);
    let here = operations.iter().filter(|resolved| exposed(&resolved.operation));
    let here: Vec<_> = here.map(|resolved| resolved.operation.clone()).collect();
    let options = Options {
        namespace: settings.namespace.clone(),
        original_names: settings.original_names,
        style: if settings.rpc { Style::Rpc } else { Style::Document },
        stream: settings.streams,
    };
    let mut services = Services::default();
    if !settings.only_wsdl {
        let (made, notes) = generate(parts.contract, &here, &options);
        services.groups.push(made);
        services.notes.extend(notes);
    }
    for checked::Wsdl { wsdl, path, wishes } in &settings.wsdl {
        let bound = bind(wsdl, path.as_deref(), parts.contract, &here, wishes);
        services.groups.push(bound.services);
        services.notes.extend(bound.notes);
        services.problems.extend(bound.problems);
    }
    services
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
    let services = of(parts, listener, settings, operations);
    // A part of the contract that is missing may have what is not found here.
    let told = services.problems.iter().map(|problem| match parts.missing {
        [] => Problem::new(problem),
        _ => Problem::new(problem).warning(),
    });
    problems.extend(told);
    let mut paths = HashSet::new();
    for service in services.iter() {
        if !paths.insert(&service.path) {
            let message = format!("two SOAP services are at {}/{}", settings.path, service.path);
            let hint = "give one of them another path, `wsdl: [{ path: ... }]`";
            problems.push(Problem::new(message).with_hint(hint));
        }
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
    for services in services.groups {
        builder.add(services, |operation| {
            by_name.get(operation.name()).map(|resolved| endpoint(parts, resolved, listener, NAME))
        });
    }
    Some(builder.build())
}
