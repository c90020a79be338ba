//! Runs a plan: makes its calls, level by level, and writes the answer from their replies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::Variables;
use async_graphql::parser::types::ExecutableDocument;
use bytes::Bytes;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::plan::{CallNode, Node, Part, Plan, Shown};
use super::planner::Schema;
use super::request::{self, Raw};
use super::write::{self, Failure, Filler};
use crate::call::{BoxFuture, Call, CallError, Code, Outcome, Payload, Principal, Reply};
use crate::codec::canonical;
use crate::codec::selection::{self, Output, Span, Stop};
use crate::codec::wire::Malformed;
use crate::contract::shape::ShapeId;
use crate::frontend::Endpoint;
use crate::frontend::graphql::query::Context;
use crate::frontend::graphql::schema::Registered;

/// One run of a plan.
pub struct Run<'a> {
    pub schema: &'a Schema,
    pub registered: &'a Registered,
    pub plan: &'a Plan,
    pub variables: &'a Variables,
    pub context: &'a Context,
    /// How deep messages may nest.
    pub depth: u32,
    /// Admits calls; `None` where there is only one.
    pub permits: Option<Semaphore>,
}

/// What fills one hole of all the objects that have it.
pub enum Joined {
    /// By call.
    Calls {
        /// For each parent what it gets, sorted by parent.
        slots: Vec<(Parent, Slot)>,
        /// What was answered.
        level: Level,
    },
    /// By type, each of which has calls of its own.
    Entities {
        /// For each representation its type and what stands for it.
        slots: Vec<(usize, Slot)>,
        /// What was answered, by type.
        levels: Vec<Level>,
    },
    /// One text for all.
    Text(Result<Box<str>, Vec<async_graphql::ServerError>>),
}

/// An object with a hole: which reply it is in, and where.
pub type Parent = (usize, usize);

/// What one parent gets.
pub enum Slot {
    /// Nothing: it has not said what to ask for.
    Nothing,
    /// The reply of that index.
    Reply(usize),
    /// Items of a batch's reply: which reply, and where each is.
    Items(usize, Vec<Span>),
    /// An error of its own.
    Failed(Arc<CallError>),
}

/// The replies of one node's calls, and what fills the holes in them.
#[derive(Default)]
pub struct Level {
    /// By request.
    pub replies: Vec<Result<Answered, Arc<CallError>>>,
    /// By hole.
    pub joined: Vec<Joined>,
}

/// A reply that is kept until it is written.
pub struct Answered {
    /// The message.
    pub wire: Bytes,
    /// To be told if it cannot be written.
    pub outcome: Mutex<Option<Outcome>>,
}

impl Answered {
    /// Says that the reply cannot be used.
    pub fn reject(&mut self, error: &CallError) {
        let outcome = self.outcome.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = outcome.take() {
            outcome.reject(error);
        }
    }
}

impl<'a> Run<'a> {
    /// What fills the root's holes.
    pub async fn root(&self, serial: bool) -> Vec<Joined> {
        let all = |node| self.joined(node, vec![((0, 0), &[][..], Span { start: 0, end: 0 })]);
        let nodes = &self.plan.nodes;
        match nodes.as_slice() {
            [node] => vec![all(node).await],
            nodes if serial => {
                let mut joined = Vec::with_capacity(nodes.len());
                for node in nodes {
                    joined.push(all(node).await);
                }
                joined
            }
            nodes => join_all(nodes.iter().map(all)).await,
        }
    }

    /// The same where the root's only call has been answered: a message of a subscription.
    /// `rejected` is told if the message is not what the contract says.
    pub async fn subscribed(
        &self,
        call: &'a CallNode,
        wire: Bytes,
        rejected: &Arc<OnceLock<CallError>>,
    ) -> Vec<Joined> {
        let rejected = rejected.clone();
        let outcome = Outcome::new(move |error| {
            if let Some(error) = error {
                let message = error.message().to_owned();
                // It is told once at most.
                let _ = rejected.set(CallError::new(error.code(), error.origin(), message));
            }
        });
        let replies = vec![Ok(Answered { wire, outcome: Mutex::new(Some(outcome)) })];
        let level = self.level(call, replies).await;
        vec![Joined::Calls { slots: vec![((0, 0), Slot::Reply(0))], level }]
    }

    /// Writes the data of an answer.
    pub fn write(&self, joined: &mut [Joined], output: &mut Output) -> Vec<Failure> {
        let mut failures = Vec::new();
        let mut filler = Filler {
            run: self,
            nodes: &self.plan.nodes,
            joined,
            reply: 0,
            failures: &mut failures,
        };
        let view = &self.schema.view;
        let start = output.json.len();
        let span = Span { start: 0, end: 0 };
        let written = selection::write_object(
            view,
            &self.plan.root,
            &[],
            span,
            self.depth,
            output,
            &mut filler,
        );
        if written.is_err() {
            output.json.truncate(start);
            output.json.extend_from_slice(b"null");
        }
        failures
    }

    /// Fills one hole of all these parents. Boxed, since levels nest.
    fn joined<'r>(
        &'r self,
        node: &'r Node,
        parents: Vec<(Parent, &'r [u8], Span)>,
    ) -> BoxFuture<'r, Joined> {
        Box::pin(async move {
            match node {
                Node::Call(call) => self.called(call, parents).await,
                Node::Schema(document) => Joined::Text(self.introspected(document)),
                Node::Entities(entities) => self.entities(entities).await,
            }
        })
    }

    /// The value of the only field of a document that the schema answers.
    fn introspected(
        &self,
        document: &ExecutableDocument,
    ) -> Result<Box<str>, Vec<async_graphql::ServerError>> {
        let response = self.registered.introspect(document, None, self.variables.clone());
        if !response.errors.is_empty() {
            return Err(response.errors);
        }
        let value = match response.data {
            async_graphql_value::ConstValue::Object(fields) => fields.into_values().next(),
            _ => None,
        };
        Ok(serde_json::to_string(&value).unwrap_or_else(|_| "null".to_owned()).into())
    }

    async fn called(&self, call: &CallNode, parents: Vec<(Parent, &[u8], Span)>) -> Joined {
        let (mut slots, requests) = match &call.batch {
            None => self.requests(call, &parents),
            Some(batch) => return self.batched(call, batch, parents).await,
        };
        let replies = self.ask(&call.endpoint, requests).await;
        let level = self.level(call, replies).await;
        slots.sort_unstable_by_key(|(parent, _)| *parent);
        Joined::Calls { slots, level }
    }

    /// The different requests that the parents need, and which of them is whose.
    fn requests(
        &self,
        call: &CallNode,
        parents: &[(Parent, &[u8], Span)],
    ) -> (Vec<(Parent, Slot)>, Vec<Bytes>) {
        let input = call.endpoint.operation.input;
        let mut common = Vec::new();
        let written = self.common(call, &mut common);
        let mut slots = Vec::with_capacity(parents.len());
        let mut requests = Vec::new();
        if let Err(error) = written {
            let error = Arc::new(error);
            slots.extend(parents.iter().map(|(at, ..)| (*at, Slot::Failed(error.clone()))));
            return (slots, requests);
        }
        let own: Vec<_> = call.parts.iter().filter_map(Part::parent).collect();
        if own.is_empty() {
            requests.push(Bytes::from(common));
            slots.extend(parents.iter().map(|(at, ..)| (*at, Slot::Reply(0))));
            return (slots, requests);
        }
        let mut known: HashMap<Bytes, usize> = HashMap::new();
        for (at, wire, span) in parents {
            let mut request = common.clone();
            let mut whole = true;
            for (shape, path, target) in &own {
                match self.value(*shape, path, wire, *span) {
                    Some(value) => {
                        request::write_raw(&self.schema.shapes, input, target, value, &mut request);
                    }
                    None => whole = false,
                }
            }
            if !whole {
                slots.push((*at, Slot::Nothing));
                continue;
            }
            let request = Bytes::from(request);
            let index = *known.entry(request.clone()).or_insert_with(|| {
                requests.push(request);
                requests.len() - 1
            });
            slots.push((*at, Slot::Reply(index)));
        }
        (slots, requests)
    }

    /// Makes calls, all at once as far as the limit lets them.
    pub(super) async fn ask(
        &self,
        endpoint: &Endpoint,
        requests: Vec<Bytes>,
    ) -> Vec<Result<Answered, Arc<CallError>>> {
        let call = |request| async move {
            let _permit = match &self.permits {
                Some(permits) => permits.acquire().await.ok(),
                None => None,
            };
            let reply = endpoint.service.answer(self.call(endpoint, request)).await;
            answered(reply).map_err(Arc::new)
        };
        let mut requests = requests.into_iter();
        match (requests.next(), requests.len()) {
            (None, _) => Vec::new(),
            (Some(only), 0) => vec![call(only).await],
            (Some(first), _) => join_all(std::iter::once(first).chain(requests).map(call)).await,
        }
    }

    /// A call with that request.
    pub fn call(&self, endpoint: &Endpoint, request: Bytes) -> Call {
        Call {
            operation: endpoint.operation.clone(),
            metadata: self.context.metadata.clone(),
            payload: Payload::Message(request),
            deadline: self.context.deadline,
            principal: Principal::Anonymous,
            source: self.context.source.clone(),
        }
    }

    /// Replies with what fills the holes in them.
    pub(super) async fn level(
        &self,
        call: &CallNode,
        mut replies: Vec<Result<Answered, Arc<CallError>>>,
    ) -> Level {
        if call.nodes.is_empty() {
            return Level { replies, joined: Vec::new() };
        }
        for reply in &mut replies {
            self.settle(call, reply);
        }
        let joined = self.below(call, &replies, None).await;
        Level { replies, joined }
    }

    /// Sees that each message in a reply with holes is in one piece: parents are known by where
    /// they stand.
    fn settle(&self, call: &CallNode, reply: &mut Result<Answered, Arc<CallError>>) {
        let Ok(answered) = reply else { return };
        let whole = Span { start: 0, end: answered.wire.len() };
        let settled = self.is_split(call, &answered.wire, &[whole]).and_then(|split| {
            if split {
                answered.wire = self.rewrite(call.endpoint.operation.output, &answered.wire)?;
            }
            Ok(())
        });
        if let Err(malformed) = settled {
            *reply = Err(self.refused(call, answered, &malformed));
        }
    }

    /// Whether a message that would be written is in several pieces.
    pub(super) fn is_split(
        &self,
        call: &CallNode,
        wire: &[u8],
        spans: &[Span],
    ) -> Result<bool, Malformed> {
        let mut output = Output::default();
        for span in spans {
            output.json.clear();
            match write::try_write(self, call, wire, *span, &mut output) {
                Ok(()) | Err(Stop::Null) => {}
                Err(Stop::Split) => return Ok(true),
                Err(Stop::Malformed(malformed)) => return Err(malformed),
            }
        }
        Ok(false)
    }

    pub(super) fn refused(
        &self,
        call: &CallNode,
        answered: &mut Answered,
        malformed: &Malformed,
    ) -> Arc<CallError> {
        let error = misfit(&call.endpoint, malformed);
        answered.reject(&error);
        Arc::new(error)
    }

    /// A message with every part of it in one piece.
    pub(super) fn rewrite(&self, shape: ShapeId, wire: &[u8]) -> Result<Bytes, Malformed> {
        let mut out = Vec::with_capacity(wire.len());
        canonical::rewrite(&self.schema.shapes, shape, wire, self.depth, &mut out)?;
        Ok(Bytes::from(out))
    }

    /// What fills the holes in replies, or in these items of the first.
    pub(super) async fn below(
        &self,
        call: &CallNode,
        replies: &[Result<Answered, Arc<CallError>>],
        items: Option<&[Span]>,
    ) -> Vec<Joined> {
        let mut parents: Vec<Vec<(Parent, &[u8], Span)>> = Vec::new();
        parents.resize_with(call.nodes.len(), Vec::new);
        for (index, reply) in replies.iter().enumerate() {
            let Ok(answered) = reply else { continue };
            let wire = &*answered.wire;
            let mut note = |hole: usize, span: Span| {
                if let Some(parents) = parents.get_mut(hole) {
                    parents.push(((index, span.start), wire, span));
                }
            };
            // What is wrong with a reply is said when it is written.
            let _ = self.visit(call, wire, items, &mut note);
        }
        let nodes = call.nodes.iter().zip(parents);
        join_all(nodes.map(|(node, parents)| self.joined(node, parents))).await
    }

    /// Shows `each` all objects with holes that are written of a reply.
    fn visit(
        &self,
        call: &CallNode,
        wire: &[u8],
        items: Option<&[Span]>,
        each: &mut dyn FnMut(usize, Span),
    ) -> Result<(), Stop> {
        let whole = [Span { start: 0, end: wire.len() }];
        for span in items.unwrap_or(&whole) {
            match &call.shown {
                Shown::Leaf(_) | Shown::True => {}
                Shown::Object(selection) => {
                    selection::visit(
                        &self.schema.shapes,
                        selection,
                        wire,
                        *span,
                        self.depth,
                        each,
                    )?;
                }
                Shown::Field { path, selection } => {
                    let start = self.start(call);
                    let found = self.descend(start, path, wire, *span).map_err(Stop::Malformed)?;
                    if let Some(span) = found {
                        selection::visit(
                            &self.schema.shapes,
                            selection,
                            wire,
                            span,
                            self.depth,
                            each,
                        )?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The message that is shown of a call: its reply, or an item of a batch's.
    pub fn start(&self, call: &CallNode) -> ShapeId {
        let items = call.batch.as_ref().map_or(&[][..], |batch| &batch.items);
        self.schema.below(call.endpoint.operation.output, items)
    }

    /// What the request has in common for all parents.
    pub(super) fn common(&self, call: &CallNode, request: &mut Vec<u8>) -> Result<(), CallError> {
        let input = call.endpoint.operation.input;
        for part in &call.parts {
            match part {
                Part::Bytes(bytes) => request.extend_from_slice(bytes),
                Part::Parent { .. } => {}
                Part::Argument { name, ty, target, value, default } => {
                    let given = request::substitute(value, self.variables);
                    let Some(value) = given.as_ref().or(default.as_ref()) else { continue };
                    request::write_value(self.schema, input, (name, ty), target, value, request)
                        .map_err(|message| CallError::client(Code::InvalidArgument, message))?;
                }
            }
        }
        Ok(())
    }

    /// The message that a path of message fields leads to.
    pub(super) fn descend(
        &self,
        mut shape: ShapeId,
        path: &[usize],
        wire: &[u8],
        mut span: Span,
    ) -> Result<Option<Span>, Malformed> {
        for index in path {
            let field = self.schema.shapes.get(shape).fields.get(*index);
            let Some(inner) = field.and_then(|field| field.message()) else { return Ok(None) };
            let mut found = None;
            request::values(
                &self.schema.shapes,
                shape,
                *index,
                wire,
                (span.start, span.end),
                |raw| {
                    found = Some(Span { start: raw.start, end: raw.start + raw.bytes.len() });
                },
            )?;
            let Some(below) = found else { return Ok(None) };
            (shape, span) = (inner, below);
        }
        Ok(Some(span))
    }

    /// The value of a field of a message, where it is set to something.
    pub(super) fn value<'w>(
        &self,
        shape: ShapeId,
        path: &[usize],
        wire: &'w [u8],
        span: Span,
    ) -> Option<Raw<'w>> {
        let (last, path) = path.split_last()?;
        let span = self.descend(shape, path, wire, span).ok()??;
        let shape = self.schema.below(shape, path);
        let mut found = None;
        request::values(&self.schema.shapes, shape, *last, wire, (span.start, span.end), |raw| {
            found = Some(raw);
        })
        .ok()?;
        found
    }
}

impl Part {
    fn parent(&self) -> Option<(ShapeId, &[usize], &crate::contract::graphql::Target)> {
        match self {
            Self::Parent { shape, path, target } => Some((*shape, path, target)),
            Self::Bytes(_) | Self::Argument { .. } => None,
        }
    }
}

fn answered(reply: Result<Reply, CallError>) -> Result<Answered, CallError> {
    let reply = reply?;
    match reply.payload {
        Payload::Message(wire) => Ok(Answered { wire, outcome: Mutex::new(Some(reply.outcome)) }),
        Payload::Stream(_) => {
            Err(CallError::gateway(Code::Internal, "a stream where one message was expected"))
        }
    }
}

/// A reply that is not what the contract says.
pub fn misfit(endpoint: &Endpoint, cause: &Malformed) -> CallError {
    let message = format!("{} answered what its contract does not say", endpoint.operation.name());
    CallError::backend(Code::Internal, message).because(*cause)
}
