//! The GraphQL engine with a backend that takes every call apart and answers it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use dragoman::call::{Metadata, Source};
use dragoman::contract::Contract;
use dragoman::contract::graphql::{self, Exposed, Options, Wishes};
use dragoman::contract::view::{JsonNames, View};
use dragoman::frontend::graphql::engine::{Engine, Limits, Parts};
use dragoman::frontend::graphql::{Answer, Context, NAME, Query, schema};
use dragoman::telemetry::metrics::Metrics;

use crate::rest::{Backend, RUNTIME, endpoint};

/// What an input is made of: a document, the JSON of its variables, and what the backend answers,
/// each ending with a zero.
#[derive(Debug)]
pub struct Input<'a> {
    /// The document.
    pub document: &'a str,
    /// The variables.
    pub variables: &'a [u8],
    /// What the backend answers; its own choice where that is empty.
    pub reply: &'a [u8],
}

impl<'a> Input<'a> {
    /// Takes an input apart.
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let mut parts = data.splitn(3, |byte| *byte == 0);
        let document = std::str::from_utf8(parts.next()?).ok()?;
        let variables = parts.next().unwrap_or_default();
        Some(Self { document, variables, reply: parts.next().unwrap_or_default() })
    }

    /// Puts one together.
    pub fn write(&self) -> Vec<u8> {
        [self.document.as_bytes(), self.variables, self.reply].join(&0)
    }
}

/// An engine over `contract`.
pub fn engine(contract: &Contract, backend: &Arc<Backend>) -> Arc<Engine> {
    let operations = contract.operations().values();
    let exposed: Vec<_> = operations
        .map(|operation| Exposed {
            operation: operation.clone(),
            has_get: operation.http.iter().any(|rule| rule.method == "GET"),
            wishes: Wishes::default(),
        })
        .collect();
    let (model, _) = graphql::build(contract, &exposed, &Options::default());
    let registered = schema::register(&model, schema::Options::default()).expect("a schema");
    let metrics = Metrics::new();
    let endpoints: HashMap<_, _> = contract
        .operations()
        .iter()
        .map(|(name, operation)| (name.clone(), endpoint(operation, NAME, backend, &metrics)))
        .collect();
    let view = Arc::new(View::json(contract.shapes().clone(), JsonNames::default()));
    let limits = Limits { plans: 10, ..Limits::default() };
    let parts =
        Parts { model, registered, view, endpoints, limits, depth: 100, emit_defaults: true };
    Arc::new(Engine::build(parts))
}

/// Answers a query; `None` where its variables are no JSON.
pub fn ask(engine: &Engine, document: &str, variables: &[u8]) -> Option<Answer> {
    let variables = match variables {
        [] => serde_json::Value::Null,
        text => serde_json::from_slice(text).ok()?,
    };
    let variables = async_graphql_value::Variables::from_json(variables);
    let query = Query { document: document.into(), operation: None, variables };
    let source =
        Source { frontend: NAME, peer: None, request_id: "1".into(), arrived: Instant::now() };
    let context = Context { metadata: Metadata::default(), source, deadline: None };
    Some(match engine.prepare(query) {
        Ok(prepared) => RUNTIME.block_on(engine.execute(prepared, &context)),
        Err(answer) => answer,
    })
}

/// Has the backend answer that from now on.
pub fn answer_with(backend: &Backend, reply: &[u8]) {
    let reply = (!reply.is_empty()).then(|| Bytes::copy_from_slice(reply));
    *backend.reply.lock().expect("one thread") = reply;
}
