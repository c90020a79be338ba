//! From a document to its answer: parsed, checked and planned once; run as often as it is asked.

mod batch;
mod document;
mod entities;
mod errors;
mod limits;
mod plan;
mod planner;
mod request;
mod run;
mod scan;
mod unseen;
mod variables;
mod write;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::Variables;
use async_graphql::parser::parse_query;
use futures_util::stream::{self, BoxStream, StreamExt};
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

pub use self::limits::Limits;

use self::document::Document;
use self::limits::Exceeded;
use self::plan::{CallNode, Node, Plan};
use self::planner::Schema;
use self::run::{Joined, Run};
use super::answer::{Answer, Verdict};
use super::query::{Context, Kind, Query};
use super::schema::Registered;
use crate::call::{CallError, Code, Messages, Payload};
use crate::codec::selection::Output;
use crate::contract::graphql::Model;
use crate::contract::view::View;
use crate::frontend::Endpoint;

thread_local! {
    /// What the writer notes on its way, kept from one answer to the next.
    static OUTPUT: Cell<Output> = Cell::default();
}

/// Answers the queries of one listener.
#[derive(Debug)]
pub struct Engine {
    schema: Schema,
    registered: Registered,
    limits: Limits,
    depth: u32,
    emit_defaults: bool,
    documents: Cache<(Arc<str>, Option<String>), Arc<Document>>,
}

/// What an [`Engine`] is built from.
#[derive(Debug)]
pub struct Parts {
    /// The schema.
    pub model: Model,
    /// The same, registered.
    pub registered: Registered,
    /// The contract's messages, as JSON names them.
    pub view: Arc<View>,
    /// The operations that fields call, by name.
    pub endpoints: HashMap<Arc<str>, Endpoint>,
    /// What a query may cost.
    pub limits: Limits,
    /// How deep messages may nest.
    pub depth: u32,
    /// Whether fields without presence are written where they are not set.
    pub emit_defaults: bool,
}

/// A query that is valid, with the values of its variables: ready to be run.
#[derive(Debug)]
pub struct Prepared {
    document: Arc<Document>,
    plan: Arc<Plan>,
    variables: Variables,
}

impl Prepared {
    /// What kind of operation it is.
    pub fn kind(&self) -> Kind {
        self.document.kind()
    }
}

impl Engine {
    /// Builds the engine of a listener.
    pub fn build(parts: Parts) -> Self {
        let Parts { model, registered, view, endpoints, limits, depth, emit_defaults } = parts;
        let schema = Schema::new(model, view, endpoints);
        let documents = Cache::new(limits.plans);
        Self { schema, registered, limits, depth, emit_defaults, documents }
    }

    /// Types of entities that no query finds.
    pub fn lost_entities(&self) -> Vec<&str> {
        self.schema.lost_entities()
    }

    /// Reads, checks and plans a query, or finds the plan that was made before. The error is a
    /// request error.
    pub fn prepare(&self, query: Query) -> Result<Prepared, Answer> {
        let Query { document, operation, variables } = query;
        // The length comes first: what is kept is never longer.
        if document.len() > self.limits.document {
            let most = self.limits.document;
            return Err(exceeded(&Exceeded::new("document", "bytes", most, document.len())));
        }
        let key = (document, operation);
        let document = match self.documents.get(&key) {
            Some(document) => document,
            None => {
                let (text, operation) = &key;
                let document = Arc::new(self.read(text, operation.as_deref())?);
                self.documents.insert(key, document.clone());
                document
            }
        };
        let definitions = &document.operation.node.variable_definitions;
        let variables = variables::coerce(&self.schema.model, definitions, variables)?;
        let plan = document.plan(&variables, || self.schema.plan(&document, &variables)).map_err(
            |mistake| {
                let position = Some(mistake.position);
                let (code, message) = (errors::VALIDATION_FAILED, &mistake.message);
                errors::refused(Verdict::Invalid, code, message, position)
            },
        )?;
        let cost = plan.cost.with(&variables);
        if cost > self.limits.complexity {
            return Err(exceeded(&Exceeded::complexity(self.limits.complexity, cost)));
        }
        Ok(Prepared { document, plan, variables })
    }

    /// A document that is new, with the operation that is asked for.
    fn read(&self, text: &str, operation: Option<&str>) -> Result<Document, Answer> {
        scan::scan(text, &self.limits).map_err(|refused| exceeded(&refused))?;
        let parsed = parse_query(text).map_err(|error| {
            errors::invalid(errors::PARSE_FAILED, &[async_graphql::ServerError::from(error)])
        })?;
        limits::bound(&parsed, &self.limits).map_err(|refused| {
            let code = match refused {
                limits::Unbounded::Cycle(_) => errors::VALIDATION_FAILED,
                limits::Unbounded::Exceeded(_) | limits::Unbounded::Chain => errors::LIMIT_EXCEEDED,
            };
            errors::refused(Verdict::Invalid, code, &refused.to_string(), None)
        })?;
        if let Err(mut found) = self.registered.validate(&parsed) {
            found.retain(|error| !unseen::is_no_mistake(&parsed, error));
            if !found.is_empty() {
                return Err(errors::invalid(errors::VALIDATION_FAILED, &found));
            }
        }
        Document::choose(parsed, operation).map_err(|message| {
            errors::refused(Verdict::Invalid, errors::VALIDATION_FAILED, &message, None)
        })
    }

    fn run<'r>(&'r self, prepared: &'r Prepared, context: &'r Context) -> Run<'r> {
        let plan = &*prepared.plan;
        let alone = matches!(plan.nodes.as_slice(), [Node::Call(call)] if call.nodes.is_empty());
        Run {
            schema: &self.schema,
            registered: &self.registered,
            plan,
            variables: &prepared.variables,
            context,
            depth: self.depth,
            permits: (!alone).then(|| Semaphore::new(self.limits.calls.max(1))),
        }
    }

    /// Runs a query or a mutation.
    pub async fn execute(&self, prepared: Prepared, context: &Context) -> Answer {
        if prepared.kind() == Kind::Subscription {
            let message = "subscriptions need a transport that carries many answers";
            return errors::refused(Verdict::Invalid, errors::VALIDATION_FAILED, message, None);
        }
        let run = self.run(&prepared, context);
        let joined = run.root(prepared.kind() == Kind::Mutation).await;
        self.answer(&prepared, &run, joined)
    }

    fn answer(&self, prepared: &Prepared, run: &Run<'_>, mut joined: Vec<Joined>) -> Answer {
        let mut output = OUTPUT.take();
        output.json = prepared.plan.buffer();
        output.emit_defaults = self.emit_defaults;
        output.json.extend_from_slice(b"{\"data\":");
        let failures = run.write(&mut joined, &mut output);
        let mut body = std::mem::take(&mut output.json);
        let (document, view) = (&prepared.document, &self.schema.view);
        let Output { errors, notes, .. } = &mut output;
        let failed = errors::write(&failures, errors, notes, document, view, &mut body);
        body.push(b'}');
        errors.clear();
        notes.clear();
        output.path.clear();
        OUTPUT.set(output);
        prepared.plan.answer_was(body.len());
        let verdict = if failed { Verdict::Partial } else { Verdict::Complete };
        Answer { body: body.into(), verdict }
    }

    /// Runs a subscription: one answer for each message of its stream. The error is a request
    /// error, or that of a stream that did not begin.
    pub async fn subscribe(
        self: &Arc<Self>,
        prepared: Prepared,
        context: Context,
    ) -> Result<BoxStream<'static, Answer>, Answer> {
        let Some(call) = streamed(&prepared.plan) else {
            let answer = self.execute(prepared, &context).await;
            return Ok(stream::once(std::future::ready(answer)).boxed());
        };
        let run = self.run(&prepared, &context);
        let mut request = Vec::new();
        let position = Some(prepared.document.operation.pos);
        let failed = |error: &CallError| errors::failed(error, position, &self.schema.view);
        run.common(call, &mut request).map_err(|error| failed(&error))?;
        let request = run.call(&call.endpoint, request.into());
        let reply = call.endpoint.service.answer(request).await.map_err(|error| failed(&error))?;
        let Payload::Stream(messages) = reply.payload else {
            let error =
                CallError::gateway(Code::Internal, "one message where a stream was expected");
            return Err(failed(&error));
        };
        let running = Running { engine: self.clone(), prepared, context, messages: Some(messages) };
        Ok(stream::unfold(running, Running::next).boxed())
    }
}

/// A subscription under way.
struct Running {
    engine: Arc<Engine>,
    prepared: Prepared,
    context: Context,
    /// `None` once it has ended.
    messages: Option<Messages>,
}

impl Running {
    async fn next(mut self) -> Option<(Answer, Self)> {
        let mut messages = self.messages.take()?;
        let answer = match messages.next().await? {
            Ok(message) => {
                let call = streamed(&self.prepared.plan)?;
                let run = self.engine.run(&self.prepared, &self.context);
                let rejected = Arc::new(OnceLock::new());
                let joined = run.subscribed(call, message, &rejected).await;
                let answer = self.engine.answer(&self.prepared, &run, joined);
                // What comes after a message that is none is not to be trusted either.
                match rejected.get() {
                    Some(error) => messages.reject(error),
                    None => self.messages = Some(messages),
                }
                answer
            }
            Err(error) => {
                let position = Some(self.prepared.document.operation.pos);
                errors::failed(&error, position, &self.engine.schema.view)
            }
        };
        Some((answer, self))
    }
}

/// The call that a subscription's stream comes from.
fn streamed(plan: &Plan) -> Option<&CallNode> {
    match plan.nodes.as_slice() {
        [Node::Call(call)] if call.endpoint.operation.streaming.server() => Some(call),
        _ => None,
    }
}

fn exceeded(refused: &Exceeded) -> Answer {
    errors::refused(Verdict::Invalid, errors::LIMIT_EXCEEDED, &refused.to_string(), None)
}

#[cfg(test)]
mod tests;
