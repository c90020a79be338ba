//! The pages of a listener: what its OpenAPI document is made from, and where it and its page are.

use std::sync::Arc;

use super::build::Parts;
use crate::config::{Problem, checked};
use crate::contract::openapi::{Binding, ErrorForm, Options};
use crate::contract::view::View;
use crate::frontend::described::{Described, Docs, Source};
use crate::frontend::rest;

/// What the document of a listener is made from.
pub fn source(
    parts: Parts<'_>,
    settings: &checked::Rest,
    view: Arc<View>,
    bindings: Vec<Binding>,
) -> Source {
    let openapi = &settings.openapi;
    let options = Options {
        title: openapi.title.clone(),
        version: openapi.version.clone(),
        description: openapi.description.clone(),
        servers: openapi.servers.clone(),
        errors: match settings.errors {
            checked::ErrorFormat::Status => ErrorForm::Status,
            checked::ErrorFormat::Problem => ErrorForm::Problem,
            checked::ErrorFormat::Google => ErrorForm::Google,
        },
        etag: settings.etag,
        minimal: settings.prefer.contains(&checked::Preference::Return),
        emit_defaults: settings.emit_defaults,
        enum_as_number: settings.enum_as_number,
        refuse_unknown: settings.unknown_fields == checked::UnknownFields::Refuse,
        forward_headers: settings.forward_headers.clone(),
        incomplete: !parts.missing.is_empty(),
    };
    Source { contract: parts.contract.clone(), view, options, bindings }
}

/// The pages that the config wants, but for those whose paths an operation has.
pub fn pages(
    listener: &str,
    settings: &checked::Rest,
    source: Source,
    frontend: &rest::Frontend,
    problems: &mut Vec<Problem>,
) -> Described {
    let mut described = Described::default();
    let Some(path) = &settings.openapi.path else { return described };
    let mut is_free = |what: &str, key: &str, path: &str| match frontend.binding_at(path) {
        None => true,
        Some(binding) => {
            let message =
                format!("listener {listener} has no {what}: its path {path} belongs to {binding}");
            let hint =
                format!("write another path, `rest: {{ {key}: {{ path: ... }} }}`, or turn it off");
            problems.push(Problem::new(message).with_hint(hint).warning());
            false
        }
    };
    if !is_free("OpenAPI document", "openapi", path) {
        return described;
    }
    if let Some(docs) = &settings.docs {
        let docs =
            Docs::new(docs.clone(), path, &settings.openapi.title, &settings.openapi.servers);
        if docs.paths().all(|path| is_free("documentation page", "docs", &path)) {
            described = described.with_docs(docs);
        }
    }
    described.with_document(path.clone(), source)
}
