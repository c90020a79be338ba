//! Checks `services:` and what they say of operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backend;
use super::context::Context;
use crate::config::checked::{self, OperationSettings, Placed};
use crate::config::pattern::Pattern;
use crate::config::source::Place;
use crate::config::written::{self, At, Entry, HttpRule, Map};

pub fn check(
    context: &mut Context<'_>,
    written: &written::Config,
    contracts: &[checked::Contract],
    places: &[Place],
) -> Vec<checked::Service> {
    let (Some(services), Some(backends)) = (written.services.get(), written.backends.get()) else {
        return Vec::new();
    };
    if services.0.is_empty() {
        return match backends.0.as_slice() {
            [only] => everything_goes_to(&only.name),
            [] => Vec::new(),
            _ => {
                unreachable_contracts(context, contracts, places);
                Vec::new()
            }
        };
    }
    services.0.iter().filter_map(|entry| service(context, entry, &written.backends)).collect()
}

fn everything_goes_to(backend: &At<String>) -> Vec<checked::Service> {
    vec![checked::Service {
        pattern: "*".into(),
        backend: backend.value().into(),
        operations: BTreeMap::new(),
        place: None,
    }]
}

/// What was learned from a backend goes there; for anything else somebody has to say.
fn unreachable_contracts(
    context: &mut Context<'_>,
    contracts: &[checked::Contract],
    places: &[Place],
) {
    for (contract, place) in contracts.iter().zip(places) {
        if !matches!(contract, checked::Contract::Reflection { .. }) {
            context.report(
                crate::config::problem::Problem::at(
                    place.clone(),
                    "nothing says which of the backends serves this contract",
                )
                .with_hint("add `services: { package.Service: { backend: NAME } }`"),
            );
        }
    }
}

fn service(
    context: &mut Context<'_>,
    Entry { name, value }: &Entry<written::Service>,
    backends: &At<Map<written::Backend>>,
) -> Option<checked::Service> {
    let pattern = self::pattern(context, name);
    let service = value.get()?;
    let backend: Arc<str> = context.reference(&service.backend, "backend", backends);
    let operations = service.operations.get()?;
    if !operations.0.is_empty() && pattern.as_ref().is_some_and(|pattern| !pattern.is_plain()) {
        context.error(
            service.operations.span(),
            "operations of a glob cannot be told apart",
            "list the service by its full name to say something of its operations",
        );
    }
    let operations = operations.0.iter().filter_map(|entry| operation(context, entry)).collect();
    let place = Some(context.place(name.span()));
    Some(checked::Service { pattern: name.value(), backend, operations, place })
}

fn pattern(context: &mut Context<'_>, name: &At<String>) -> Option<Pattern> {
    let text = name.get()?;
    if let Some((service, method)) = text.split_once('/') {
        context.error(
            name.span(),
            format!("`{text}` is an operation, not a service"),
            &format!("write `{service}: {{ operations: {{ {method}: ... }} }}`"),
        );
        return None;
    }
    match Pattern::parse(text) {
        Ok(pattern) => Some(pattern),
        Err(message) => {
            context.error(
                name.span(),
                format!("no valid service name: {message}"),
                "write a full name such as `shop.v1.ProductService`, or a glob such as `shop.v1.*`",
            );
            None
        }
    }
}

fn operation(
    context: &mut Context<'_>,
    Entry { name, value }: &Entry<written::Operation>,
) -> Option<(String, OperationSettings)> {
    let method = name.get()?;
    if !is_identifier(method) {
        context.error(
            name.span(),
            format!("`{method}` is no method name"),
            "write the method's own name, for example `GetProduct`",
        );
    }
    let operation = value.get()?;
    let settings = OperationSettings {
        deadline: operation.deadline.as_ref().map(|at| backend::deadline(context, at)),
        http: operation.http.get()?.iter().filter_map(|rule| http_rule(context, rule)).collect(),
        rest: operation.rest.as_ref().and_then(|rule| http_rule(context, rule)),
        events: operation.sse.as_ref().and_then(|at| events(context, at)),
        graphql: operation.graphql.get().map(|field| graphql(context, field)).unwrap_or_default(),
        place: Some(context.place(name.span())),
    };
    Some((method.clone(), settings))
}

fn events(context: &mut Context<'_>, at: &At<written::Events>) -> Option<checked::Events> {
    let events = at.get()?;
    if events.id.is_none() && events.event.is_none() {
        context.error(
            at.span(),
            "this names no field",
            "write `id: FIELD`, `event: FIELD` or both",
        );
    }
    let mut field = |at: &Option<At<String>>| {
        let at = at.as_ref()?;
        Some(checked::EventField {
            path: context.text(at, "a field"),
            place: context.place(at.span()),
        })
    };
    let (id, event) = (field(&events.id), field(&events.event));
    Some(checked::Events { id, event, place: context.place(at.span()) })
}

fn graphql(
    context: &mut Context<'_>,
    written: &written::OperationField,
) -> checked::OperationField {
    let others = [
        written.kind.as_ref().map(At::span),
        written.field.as_ref().map(At::span),
        written.read_mask.as_ref().map(At::span),
    ];
    if let (true, Some(span)) = (written.hidden.value(), others.into_iter().flatten().next()) {
        let message = "the operation has no field, so nothing can be said of it";
        context.error(span, message, "leave this or `hidden` out");
    }
    let mut text = |at: &Option<At<String>>, what| {
        let at = at.as_ref()?;
        let value = context.text(at, what);
        Some(Placed { value, place: context.place(at.span()) })
    };
    let field = text(&written.field, "a field");
    let read_mask = text(&written.read_mask, "a field");
    let kind = written.kind.as_ref().and_then(|at| {
        let value = match at.get()? {
            written::FieldKind::Query => checked::FieldKind::Query,
            written::FieldKind::Mutation => checked::FieldKind::Mutation,
            written::FieldKind::Subscription => checked::FieldKind::Subscription,
        };
        Some(Placed { value, place: context.place(at.span()) })
    });
    checked::OperationField { kind, field, hidden: written.hidden.value(), read_mask }
}

fn http_rule(context: &mut Context<'_>, at: &At<HttpRule>) -> Option<checked::HttpRule> {
    let rule = at.get()?;
    let methods = [
        ("GET", &rule.get),
        ("PUT", &rule.put),
        ("POST", &rule.post),
        ("DELETE", &rule.delete),
        ("PATCH", &rule.patch),
    ];
    let named = methods.iter().filter_map(|(method, path)| Some((*method, path.as_ref()?)));
    let named = named.collect::<Vec<_>>();
    let [(method, template)] = named.as_slice() else {
        context.error(
            at.span(),
            if named.is_empty() {
                "this rule names no HTTP method"
            } else {
                "this rule names more than one HTTP method"
            },
            "write one of `get`, `put`, `post`, `delete`, `patch`; for more bindings, list more rules",
        );
        return None;
    };
    let text = template.get()?;
    if !text.starts_with('/') {
        context.error(
            template.span(),
            "a path template starts with `/`",
            &format!("write `/{text}`"),
        );
    }
    if let (Some(body), "GET" | "DELETE") = (&rule.body, *method) {
        let problem = context
            .problem(body.span(), format!("few clients send a body with {method}"))
            .warning();
        context.report(problem);
    }
    Some(checked::HttpRule {
        method: (*method).to_owned(),
        template: text.clone(),
        body: optional(context, rule.body.as_ref(), "a body"),
        response_body: optional(context, rule.response_body.as_ref(), "a response body"),
        place: context.place(template.span()),
    })
}

fn optional(context: &mut Context<'_>, at: Option<&At<String>>, what: &str) -> String {
    at.map(|at| context.text(at, what)).unwrap_or_default()
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
