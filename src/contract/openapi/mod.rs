//! OpenAPI 3.1 of what a REST listener exposes, from the contract, the view and the options that
//! drive the codec, so that no answer contradicts its schema.

mod errors;
mod example;
mod operation;
mod path;
mod query;
mod reply;
mod scalar;
mod schema;
mod tags;
mod uses;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use self::operation::Operations;
use self::path::Paths;
use self::schema::Schemas;
use self::uses::Uses;
use super::Contract;
use super::described::Described;
use super::http_rule::HttpRule;
use super::operation::Operation;
use super::shape::ShapeId;
use super::view::View;

/// The version of the OpenAPI Specification that documents follow.
const VERSION: &str = "3.1.0";

/// What a document says beside the contract, and how the listener reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `info.title`.
    pub title: String,
    /// `info.version`: the version of the API, not of OpenAPI.
    pub version: String,
    /// `info.description`, in CommonMark; none where it is empty.
    pub description: String,
    /// URLs that the paths are relative to; `/` where there are none.
    pub servers: Vec<String>,
    /// The form of errors where a client accepts any.
    pub errors: ErrorForm,
    /// Whether replies hold fields at their default value.
    pub emit_defaults: bool,
    /// Whether replies hold enums as numbers.
    pub enum_as_number: bool,
    /// Whether a request with an unknown field is refused.
    pub refuse_unknown: bool,
    /// Request headers handed on to backends, in lower case.
    pub forward_headers: Vec<String>,
    /// Whether single replies to GET have an `ETag`, and are answered with 304 to who has them.
    pub etag: bool,
    /// Whether replies are left out where `Prefer: return=minimal` asks for it.
    pub minimal: bool,
    /// Whether part of the contract is still missing.
    pub incomplete: bool,
}

/// The form of error bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// `google.rpc.Status` as JSON.
    Status,
    /// RFC 9457 problem details.
    Problem,
    /// `{"error":{...}}`, as Google's own REST clients read it.
    Google,
}

/// One way to reach an operation.
#[derive(Debug, Clone)]
pub struct Binding {
    /// What is called.
    pub operation: Arc<Operation>,
    /// Where.
    pub rule: HttpRule,
    /// Which of the operation's bindings this is, from 0.
    pub index: usize,
}

/// An OpenAPI document; its JSON is what it serializes as.
#[derive(Debug, Serialize)]
pub struct Document {
    openapi: &'static str,
    info: Value,
    servers: Vec<Value>,
    tags: Vec<Value>,
    paths: BTreeMap<String, Map<String, Value>>,
    components: Value,
    security: Vec<Value>,
}

impl Document {
    /// Describes `bindings`, which must be of `contract`, as clients of `view` see them.
    pub fn build(
        contract: &Contract,
        view: &View,
        options: &Options,
        bindings: &[Binding],
    ) -> Self {
        let described = Described::new(contract);
        let uses = Uses::of(view, options, &described, bindings);
        let mut schemas = Schemas::new(view, options, &described, &uses);
        let operations = Operations::new(view, options, &described);
        let mut paths = Paths::default();
        for binding in bindings {
            for method in methods(binding, bindings) {
                let place = operations.place(binding, &mut paths);
                let written = operations.operation(binding, method, &place, &mut schemas);
                paths.add(place, method, written);
            }
        }
        let with_token = options.forward_headers.iter().any(|name| name == "authorization");
        let mut components = Map::new();
        components.insert("schemas".into(), schemas.finish().into());
        components.insert("responses".into(), errors::responses(options));
        components.insert("headers".into(), operation::headers());
        let parameters = operation::parameters(options);
        if !parameters.is_empty() {
            components.insert("parameters".into(), parameters.into());
        }
        if with_token {
            components.insert("securitySchemes".into(), json!({ "bearer": BEARER.clone() }));
        }
        Self {
            openapi: VERSION,
            info: info(options),
            servers: servers(options),
            tags: tags::of(&described, bindings),
            paths: paths.finish(),
            components: components.into(),
            security: if with_token { vec![json!({}), json!({ "bearer": [] })] } else { vec![] },
        }
    }
}

static BEARER: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| {
    json!({
        "type": "http",
        "scheme": "bearer",
        "description": "Handed on to the service behind the gateway, which decides.",
    })
});

/// The name that a field is written under; `None` for a hidden one. The view has it escaped.
fn written(view: &View, id: ShapeId, index: usize) -> Option<String> {
    serde_json::from_str(&format!("\"{}\"", view.table(id).written(index)?)).ok()
}

/// Methods that a rule for any method is shown under.
const ANY: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The methods that a binding is to be shown under: one, but for a rule for any method, which is
/// there wherever no other binding of the same paths has the method for itself.
fn methods<'b>(binding: &'b Binding, all: &[Binding]) -> Vec<&'b str> {
    if binding.rule.method != "*" {
        return vec![&binding.rule.method];
    }
    let template = &binding.rule.template;
    let taken: HashSet<&str> = all
        .iter()
        .filter(|other| {
            other.rule.template.segments == template.segments
                && other.rule.template.verb == template.verb
        })
        .map(|other| other.rule.method.as_str())
        .collect();
    ANY.into_iter().filter(|method| !taken.contains(method)).collect()
}

fn info(options: &Options) -> Value {
    let mut info = Map::new();
    info.insert("title".into(), options.title.as_str().into());
    info.insert("version".into(), options.version.as_str().into());
    if !options.description.is_empty() {
        info.insert("description".into(), options.description.as_str().into());
    }
    if options.incomplete {
        info.insert("x-incomplete".into(), true.into());
    }
    info.into()
}

fn servers(options: &Options) -> Vec<Value> {
    match options.servers.as_slice() {
        [] => vec![json!({ "url": "/" })],
        servers => servers.iter().map(|url| json!({ "url": url })).collect(),
    }
}

#[cfg(test)]
mod tests;
