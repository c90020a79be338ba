//! Config and contract to a snapshot: every operation meets its backend, its policies, and the
//! listeners that expose it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::backends::{Backend, Backends, Kind};
use super::graphql::EventStreams;
use super::{Gateway, Listener, described, graphql, grpc, soap};
use crate::call::CallService;
use crate::config::pattern::Pattern;
use crate::config::{Problem, checked};
use crate::contract::http_rule::{Body, HttpRule, Segment, Template};
use crate::contract::openapi::{self, Binding};
use crate::contract::view::{JsonNames, View};
use crate::contract::{Contract, Operation, Streaming};
use crate::dispatch::Dispatch;
use crate::frontend::described::{Described, Source};
use crate::frontend::manners::Manners;
use crate::frontend::{Endpoint, rest};
use crate::policy::stack;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::record::Recorder;

/// What one snapshot is built from.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'p> {
    /// The config.
    pub config: &'p checked::Config,
    /// Its backends.
    pub backends: &'p Backends,
    /// What can be called, as far as it is known.
    pub contract: &'p Arc<Contract>,
    /// Why part of the contract is not known; empty where all of it is.
    pub missing: &'p [String],
    /// Where calls are counted.
    pub metrics: &'p Metrics,
    /// Event streams that outlive a snapshot.
    pub streams: &'p EventStreams,
}

/// One operation, where its calls go, and where REST clients reach it.
#[derive(Debug)]
pub struct Resolved<'p> {
    /// What is called.
    pub operation: Arc<Operation>,
    /// The name of the backend that serves it.
    pub backend: Arc<str>,
    /// The config's rules, else the contract's, else the default one.
    pub rules: Vec<HttpRule>,
    /// Whether no rule was given, and `rules` holds the default one.
    pub by_default: bool,
    /// What the config says of its GraphQL field.
    pub field: checked::OperationField,
    /// What answers it.
    service: CallService,
    /// What the config says of its server-sent events.
    events: Option<checked::Events>,
    pub(super) target: &'p Backend,
    deadline: Duration,
}

/// Builds a snapshot. What does not fit is left out and told.
pub fn build(parts: Parts<'_>) -> (Gateway, Vec<Problem>) {
    let (operations, mut problems) = resolve(parts);
    let mut listeners = Vec::with_capacity(parts.config.listeners.len());
    for settings in &parts.config.listeners {
        let manners = Manners::build(settings, parts.metrics.listener(&settings.name));
        let (rest, described) = match &settings.rest {
            None => (None, Described::default()),
            Some(rest) => {
                let (frontend, source) =
                    listener(parts, settings, rest, &operations, &mut problems);
                let described =
                    described::pages(&settings.name, rest, source, &frontend, &mut problems);
                (Some(Arc::new(frontend)), described)
            }
        };
        let graphql = graphql::build(parts, settings, &operations, rest.as_deref(), &mut problems);
        let grpc = grpc::build(parts, settings, &operations, rest.as_deref()).map(Arc::new);
        let soap = soap::build(parts, settings, &operations, rest.as_deref(), &mut problems);
        listeners.push(Listener { manners, graphql, grpc, soap, rest, described });
    }
    // Listeners that expose the same operations have the same problems.
    let mut told = HashSet::new();
    problems.retain(|problem| told.insert(problem.to_string()));
    (Gateway { contract: parts.contract.clone(), listeners }, problems)
}

/// The OpenAPI document of one listener, whether it is served or not; `None` where REST is not
/// spoken.
pub fn openapi(parts: Parts<'_>, settings: &checked::Listener) -> Option<openapi::Document> {
    let rest = settings.rest.as_ref()?;
    let (operations, mut problems) = resolve(parts);
    let (_, source) = listener(parts, settings, rest, &operations, &mut problems);
    Some(source.document())
}

/// Finds the backend and the bindings of every operation.
pub fn resolve(parts: Parts<'_>) -> (Vec<Resolved<'_>>, Vec<Problem>) {
    let dispatch = Dispatch::build(parts.config);
    let mut views = HashMap::new();
    let mut resolved = Vec::new();
    let mut problems = unknown_names(parts);
    for operation in parts.contract.operations().values() {
        let learned_from = parts.contract.backends_of(&operation.service).next();
        let target = dispatch.target(&operation.service, &operation.method, learned_from);
        let backend = target.as_ref().and_then(|target| parts.backends.get(target.backend));
        let (Some(target), Some(backend)) = (target, backend) else {
            let problem = Problem::new(format!("no backend serves {}", operation.service))
                .with_hint(format!(
                    "name one: `services: {{ {}: {{ backend: ... }} }}`",
                    operation.service
                ));
            problems.push(problem);
            continue;
        };
        let mut rules = match target.settings {
            Some(settings) if !settings.http.is_empty() => {
                from_config(parts.contract, operation, &settings.http, &mut problems)
            }
            _ => operation.http.clone(),
        };
        let by_default = rules.is_empty();
        if by_default {
            rules.push(default_rule(operation));
        }
        let rule = target.settings.and_then(|settings| settings.rest.as_ref());
        let Some(service) = service(parts, operation, backend, rule, &mut views, &mut problems)
        else {
            continue;
        };
        let usual = match operation.streaming {
            Streaming::Unary => backend.settings.deadline,
            _ => backend.settings.stream_deadline,
        };
        let deadline = target.settings.and_then(|settings| settings.deadline);
        resolved.push(Resolved {
            operation: operation.clone(),
            backend: target.backend.clone(),
            service,
            rules,
            by_default,
            field: target.settings.map(|settings| settings.graphql.clone()).unwrap_or_default(),
            events: target.settings.and_then(|settings| settings.events.clone()),
            target: backend,
            deadline: deadline.unwrap_or(usual),
        });
    }
    (resolved, problems)
}

/// What answers an operation at its backend; `None` where nothing can: it is left out, and that is
/// told.
fn service(
    parts: Parts<'_>,
    operation: &Arc<Operation>,
    backend: &Backend,
    rule: Option<&checked::HttpRule>,
    views: &mut HashMap<Arc<str>, Arc<View>>,
    problems: &mut Vec<Problem>,
) -> Option<CallService> {
    let name = &backend.settings.name;
    let rest = match &backend.kind {
        Kind::Grpc(service, _) => {
            if let Some(rule) = rule {
                let message = format!("backend {name} speaks gRPC, so this has no effect");
                problems.push(Problem::at(rule.place.clone(), message).warning());
            }
            return Some(service.clone());
        }
        Kind::Rest(rest) => rest,
    };
    let configured = rule
        .map(|rule| from_config(parts.contract, operation, std::slice::from_ref(rule), problems));
    // A broken one has been told.
    let found = match &configured {
        Some(rules) => Some(rules.first()?),
        None => operation.http.first(),
    };
    let view = views.entry(name.clone()).or_insert_with(|| rest.view(parts.contract.shapes()));
    let built = match found {
        Some(found) => {
            let unknown_fields = parts.metrics.unknown_reply_fields(name);
            rest.operation(operation, found, view, unknown_fields)
        }
        None => Err("no HTTP rule says how".to_owned()),
    };
    built
        .map_err(|why| {
            let message = format!("{} is left out, {name} cannot be asked: {why}", operation.name());
            problems.push(match rule {
                Some(rule) => Problem::at(rule.place.clone(), message),
                None => {
                    let (service, method) = (&operation.service, &operation.method);
                    let hint = format!(
                        "say how, `services: {{ {service}: {{ operations: {{ {method}: {{ rest: ... }} }} }} }}`"
                    );
                    Problem::new(message).with_hint(hint).warning()
                }
            });
        })
        .ok()
}

/// Services and operations that the config names and the contract does not have. Only once the
/// contract is whole can it be known that they are nowhere.
fn unknown_names(parts: Parts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !parts.missing.is_empty() {
        return problems;
    }
    let at = |place: &Option<_>, message: String| match place {
        Some(place) => Problem::at(Clone::clone(place), message),
        None => Problem::new(message),
    };
    let services = parts.contract.services();
    for service in &parts.config.services {
        let plain = Pattern::parse(&service.pattern).is_ok_and(|pattern| pattern.is_plain());
        if plain && !services.contains_key(&service.pattern) {
            let names = services.keys().map(String::as_str);
            let problem =
                at(&service.place, format!("no service named {} in the contract", service.pattern));
            problems.push(hinted(problem, &service.pattern, names));
            continue;
        }
        for (method, settings) in &service.operations {
            let operation = format!("{}/{method}", service.pattern);
            if parts.contract.operation(&operation).is_none() {
                let of_service = |o: &&Arc<Operation>| *o.service == *service.pattern;
                let names = parts.contract.operations().values().filter(of_service);
                let problem = at(&settings.place, format!("no operation named {operation}"));
                problems.push(hinted(problem, method, names.map(|operation| &*operation.method)));
            }
        }
    }
    problems
}

fn hinted<'n>(problem: Problem, name: &str, names: impl Iterator<Item = &'n str>) -> Problem {
    match crate::config::suggest::nearest(name, names) {
        Some(nearest) => problem.with_hint(format!("did you mean `{nearest}`?")),
        None => problem,
    }
}

/// The bindings that the config gives an operation, as far as they fit it.
fn from_config(
    contract: &Contract,
    operation: &Operation,
    rules: &[checked::HttpRule],
    problems: &mut Vec<Problem>,
) -> Vec<HttpRule> {
    let mut parsed = Vec::with_capacity(rules.len());
    for rule in rules {
        let read = HttpRule::parse(&rule.method, &rule.template, &rule.body, &rule.response_body)
            .and_then(|read| contract.check_rule(operation, &read).map(|()| read));
        match read {
            Ok(read) => parsed.push(read),
            Err(error) => {
                let place = rule.place.from(error.offset.unwrap_or(0));
                problems.push(Problem::at(place, error.message));
            }
        }
    }
    parsed
}

/// The route of an operation that no rule gives one: `POST /package.Service/Method`.
fn default_rule(operation: &Operation) -> HttpRule {
    let literal = |part: &Arc<str>| Segment::Literal(part.to_string());
    HttpRule {
        method: "POST".to_owned(),
        template: Template {
            text: operation.path.to_string(),
            segments: vec![literal(&operation.service), literal(&operation.method)],
            verb: None,
            variables: Vec::new(),
        },
        body: Body::Whole,
        response_body: None,
    }
}

/// The REST frontend of a listener, and what its OpenAPI document is made from.
fn listener(
    parts: Parts<'_>,
    listener: &checked::Listener,
    settings: &checked::Rest,
    operations: &[Resolved<'_>],
    problems: &mut Vec<Problem>,
) -> (rest::Frontend, Source) {
    let exposed = exposes(listener);
    let view = View::json(
        parts.contract.shapes().clone(),
        JsonNames { original_names: settings.original_names },
    );
    let view = Arc::new(view);
    let mut builder = rest::Builder::new(
        settings,
        listener.websocket.as_ref(),
        &listener.limits,
        view.clone(),
        parts.metrics.listener(&listener.name),
    );
    if !parts.missing.is_empty() {
        let why = parts.missing.join("; ");
        builder.incomplete(format!("part of the contract is missing: {why}"));
    }
    let mut bindings = Vec::new();
    for resolved in operations {
        let operation = &resolved.operation;
        if !exposed(operation) || (resolved.by_default && !settings.default_routes) {
            continue;
        }
        let endpoint = endpoint(parts, resolved, listener, rest::NAME);
        for (index, rule) in resolved.rules.iter().enumerate() {
            if builder.add(rule, &endpoint, resolved.events.as_ref()) {
                let (operation, rule) = (operation.clone(), rule.clone());
                bindings.push(Binding { operation, rule, index });
            }
        }
    }
    let (frontend, unfit) = builder.build();
    let told = unfit.into_iter().map(|rest::Problem { operation, message, place }| {
        let message = format!("{operation}: {message}");
        match place {
            Some(place) => Problem::at(place, message),
            None => Problem::new(message),
        }
    });
    problems.extend(told);
    (frontend, described::source(parts, settings, view, bindings))
}

/// Whether a listener exposes an operation.
pub(super) fn exposes(listener: &checked::Listener) -> impl Fn(&Operation) -> bool + use<> {
    // The config was checked: what is in it reads as a pattern.
    let exposed: Vec<_> = listener.expose.iter().flat_map(|text| Pattern::parse(text)).collect();
    move |operation| {
        let is_listed =
            |pattern: &Pattern| pattern.matches_operation(&operation.service, operation.name());
        exposed.iter().any(is_listed)
    }
}

/// An operation as one frontend of a listener calls it.
pub(super) fn endpoint(
    parts: Parts<'_>,
    resolved: &Resolved<'_>,
    listener: &checked::Listener,
    frontend: &'static str,
) -> Endpoint {
    let operation = resolved.operation.clone();
    let recorder =
        Arc::new(Recorder::new(operation.name(), &listener.name, frontend, parts.metrics));
    let settings = stack::Settings { recorder: recorder.clone(), deadline: resolved.deadline };
    let service = stack::build(settings, resolved.service.clone());
    Endpoint { operation, service, recorder }
}
