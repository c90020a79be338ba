//! Fills the holes of an answer from the replies of the calls that were made for them.

use std::sync::Arc;

use async_graphql::ServerError;

use super::plan::{CallNode, Deal, Node, Shown};
use super::run::{Answered, Joined, Level, Parent, Run, Slot, misfit};
use crate::call::CallError;
use crate::codec::json;
use crate::codec::selection::{self, Holes, Output, Segment, Span, Stop};
use crate::codec::wire::Malformed;

/// A field that a call failed for.
#[derive(Debug)]
pub struct Failure {
    /// Where.
    pub path: Vec<Segment>,
    /// Why.
    pub cause: Cause,
}

/// Why a field has no value.
#[derive(Debug, Clone)]
pub enum Cause {
    /// Its call failed.
    Call(Arc<CallError>),
    /// The schema could not answer.
    Schema(String),
}

/// Fills the holes of the objects in one reply.
pub struct Filler<'f, 'r> {
    pub run: &'f Run<'r>,
    /// What the holes are.
    pub nodes: &'f [Node],
    /// What fills them.
    pub joined: &'f mut [Joined],
    /// Which reply the objects are in.
    pub reply: usize,
    /// What went wrong.
    pub failures: &'f mut Vec<Failure>,
}

impl Holes for Filler<'_, '_> {
    fn fill(&mut self, hole: usize, parent: Span, output: &mut Output) -> Result<(), Stop> {
        let (Some(node), Some(joined)) = (self.nodes.get(hole), self.joined.get_mut(hole)) else {
            null(output);
            return Ok(());
        };
        match (node, joined) {
            (_, Joined::Text(Ok(text))) => output.json.extend_from_slice(text.as_bytes()),
            (_, Joined::Text(Err(errors))) => {
                for ServerError { message, .. } in errors.drain(..) {
                    let (path, cause) = (output.path.clone(), Cause::Schema(message));
                    self.failures.push(Failure { path, cause });
                }
                null(output);
            }
            (Node::Call(call), Joined::Calls { slots, level }) => {
                let mut joined =
                    JoinedCall { run: self.run, call, level, failures: &mut *self.failures };
                joined.slot(slots, (self.reply, parent.start), output);
            }
            (Node::Entities(entities), Joined::Entities { slots, levels }) => {
                output.json.push(b'[');
                for (position, (of, slot)) in slots.iter().enumerate() {
                    if position > 0 {
                        output.json.push(b',');
                    }
                    output.path.push(Segment::Index(position));
                    match (entities.types.get(*of), levels.get_mut(*of)) {
                        (Some(entity), Some(level)) => {
                            let failures = &mut *self.failures;
                            let call = &entity.call;
                            JoinedCall { run: self.run, call, level, failures }.given(slot, output);
                        }
                        _ => {
                            if let Slot::Failed(error) = slot {
                                let (path, cause) =
                                    (output.path.clone(), Cause::Call(error.clone()));
                                self.failures.push(Failure { path, cause });
                            }
                            null(output);
                        }
                    }
                    output.path.pop();
                }
                output.json.push(b']');
            }
            (Node::Schema(_), Joined::Calls { .. } | Joined::Entities { .. })
            | (Node::Call(_), Joined::Entities { .. })
            | (Node::Entities(_), Joined::Calls { .. }) => null(output),
        }
        Ok(())
    }
}

/// One hole that calls fill.
struct JoinedCall<'f, 'r> {
    run: &'f Run<'r>,
    call: &'f CallNode,
    level: &'f mut Level,
    failures: &'f mut Vec<Failure>,
}

impl JoinedCall<'_, '_> {
    /// Writes what a parent gets.
    fn slot(&mut self, slots: &[(Parent, Slot)], parent: Parent, output: &mut Output) {
        let found = slots.binary_search_by_key(&parent, |(parent, _)| *parent);
        match found.ok().and_then(|index| slots.get(index)) {
            None => self.nothing(output),
            Some((_, slot)) => self.given(slot, output),
        }
    }

    /// Writes what that slot gives.
    fn given(&mut self, slot: &Slot, output: &mut Output) {
        match slot {
            Slot::Nothing => self.nothing(output),
            Slot::Failed(error) => self.failed(error.clone(), output),
            Slot::Reply(index) => match self.level.replies.get(*index) {
                None => null(output),
                Some(Err(error)) => self.failed(error.clone(), output),
                Some(Ok(answered)) => {
                    let whole = Span { start: 0, end: answered.wire.len() };
                    self.shown(*index, whole, output);
                }
            },
            Slot::Items(index, spans) => {
                let deal = self.call.batch.as_ref().map_or(Deal::First, |batch| batch.deal);
                match (deal, spans.as_slice()) {
                    (_, []) => self.nothing(output),
                    (Deal::First, [span, ..]) | (Deal::Joined, [span]) => {
                        self.shown(*index, *span, output);
                    }
                    (Deal::Joined, spans) => self.concatenated(*index, spans, output),
                    (Deal::Each { items_non_null }, spans) => {
                        self.list(*index, spans, items_non_null, output);
                    }
                }
            }
        }
    }

    fn list(&mut self, index: usize, spans: &[Span], items_non_null: bool, output: &mut Output) {
        let start = output.json.len();
        output.json.push(b'[');
        for (position, span) in spans.iter().enumerate() {
            if position > 0 {
                output.json.push(b',');
            }
            let before = output.json.len();
            output.path.push(Segment::Index(position));
            self.shown(index, *span, output);
            output.path.pop();
            if items_non_null && output.json.get(before..) == Some(b"null") {
                output.json.truncate(start);
                return null(output);
            }
        }
        output.json.push(b']');
    }

    /// One list of the lists that are shown of each.
    fn concatenated(&mut self, index: usize, spans: &[Span], output: &mut Output) {
        let start = output.json.len();
        output.json.push(b'[');
        for span in spans {
            let before = output.json.len();
            self.shown(index, *span, output);
            match output.json.get(before..) {
                Some([b'[', items @ .., b']']) => {
                    let items = items.len();
                    output.json.remove(before);
                    output.json.pop();
                    if items > 0 {
                        output.json.push(b',');
                    }
                }
                _ => {
                    output.json.truncate(start);
                    return null(output);
                }
            }
        }
        if output.json.last() == Some(&b',') {
            output.json.pop();
        }
        output.json.push(b']');
    }

    /// Writes what is shown of a message in a reply.
    fn shown(&mut self, index: usize, span: Span, output: &mut Output) {
        let (start, depth) = (output.json.len(), output.path.len());
        let Some(Ok(Answered { wire, .. })) = self.level.replies.get(index) else {
            return null(output);
        };
        let wire = wire.clone();
        let written = self.write(index, &wire, span, output);
        let Err(stop) = written else { return };
        output.json.truncate(start);
        output.path.truncate(depth);
        match stop {
            Stop::Null => null(output),
            Stop::Malformed(malformed) => self.refused(index, &malformed, output),
            // Replies with holes have been put together before.
            Stop::Split => {
                let part = wire.get(span.start..span.end).unwrap_or_default();
                match self.run.rewrite(self.run.start(self.call), part) {
                    Err(malformed) => self.refused(index, &malformed, output),
                    Ok(whole) => {
                        let span = Span { start: 0, end: whole.len() };
                        if self.write(index, &whole, span, output).is_err() {
                            output.json.truncate(start);
                            output.path.truncate(depth);
                            null(output);
                        }
                    }
                }
            }
        }
    }

    fn write(
        &mut self,
        index: usize,
        wire: &[u8],
        span: Span,
        output: &mut Output,
    ) -> Result<(), Stop> {
        let mut filler = Filler {
            run: self.run,
            nodes: &self.call.nodes,
            joined: &mut self.level.joined,
            reply: index,
            failures: &mut *self.failures,
        };
        write(self.run, self.call, wire, span, output, &mut filler)
    }

    /// The backend's reply is at fault.
    fn refused(&mut self, index: usize, malformed: &Malformed, output: &mut Output) {
        let error = misfit(&self.call.endpoint, malformed);
        if let Some(Ok(answered)) = self.level.replies.get_mut(index) {
            answered.reject(&error);
        }
        self.failed(Arc::new(error), output);
    }

    fn failed(&mut self, error: Arc<CallError>, output: &mut Output) {
        self.failures.push(Failure { path: output.path.clone(), cause: Cause::Call(error) });
        null(output);
    }

    fn nothing(&self, output: &mut Output) {
        nothing(self.call, output);
    }
}

/// Writes as if nothing filled the holes.
pub fn try_write(
    run: &Run<'_>,
    call: &CallNode,
    wire: &[u8],
    span: Span,
    output: &mut Output,
) -> Result<(), Stop> {
    struct Unfilled;
    impl Holes for Unfilled {
        fn fill(&mut self, _: usize, _: Span, output: &mut Output) -> Result<(), Stop> {
            // No value that is not null, so that the object around it is written to its end.
            output.json.extend_from_slice(b"0");
            Ok(())
        }
    }
    write(run, call, wire, span, output, &mut Unfilled)
}

/// Writes what is shown of a message: a reply, or an item of a batch's.
fn write(
    run: &Run<'_>,
    call: &CallNode,
    wire: &[u8],
    span: Span,
    output: &mut Output,
    holes: &mut dyn Holes,
) -> Result<(), Stop> {
    let view = &run.schema.view;
    match &call.shown {
        Shown::True => output.json.extend_from_slice(b"true"),
        Shown::Leaf(shape) => {
            let message = wire.get(span.start..span.end).unwrap_or_default();
            let options = json::EncodeOptions { max_depth: run.depth, ..Default::default() };
            json::encode(&run.schema.view, *shape, message, &options, &mut output.json).map_err(
                |_| Stop::Malformed(Malformed { offset: span.start, what: "not such a message" }),
            )?;
        }
        Shown::Object(selection) => {
            selection::write_object(view, selection, wire, span, run.depth, output, holes)?;
        }
        Shown::Field { path, selection } => {
            let found = run.descend(run.start(call), path, wire, span).map_err(Stop::Malformed)?;
            match found {
                Some(span) => {
                    selection::write_value(view, selection, wire, span, run.depth, output, holes)?;
                }
                None => nothing(call, output),
            }
        }
    }
    Ok(())
}

/// What is written where there is nothing.
fn nothing(call: &CallNode, output: &mut Output) {
    let text: &[u8] = if call.list { b"[]" } else { b"null" };
    output.json.extend_from_slice(text);
}

fn null(output: &mut Output) {
    output.json.extend_from_slice(b"null");
}
