//! From what is asked to what is run: every transport comes through here, and is counted here.

use std::sync::Arc;
use std::time::Instant;

use super::documents::Documents;
use super::parameters::Asked;
use super::refusal::refused;
use crate::call::Code;
use crate::frontend::graphql::engine::{Engine, Prepared};
use crate::frontend::graphql::operation::{Ask, Begin, Event, Operation, Watch};
use crate::frontend::graphql::{Answer, Context, Kind, Verdict};
use crate::telemetry::metrics::{GraphqlMetrics, GraphqlOutcome};

/// The engine, the documents it may be asked, and what is counted of that.
#[derive(Debug)]
pub struct Door {
    engine: Arc<Engine>,
    documents: Documents,
    metrics: Arc<GraphqlMetrics>,
}

impl Door {
    pub fn new(engine: Arc<Engine>, documents: Documents, metrics: Arc<GraphqlMetrics>) -> Self {
        Self { engine, documents, metrics }
    }

    /// Finds the document and prepares it; a good one is kept where its client wants that.
    pub fn prepare(&self, asked: Asked) -> Result<Prepared, Answer> {
        let found = self.documents.find(asked)?;
        let new = found.keep.map(|hash| (hash, found.query.document.clone()));
        let prepared = self.engine.prepare(found.query)?;
        if let Some((hash, document)) = new {
            self.documents.keep(hash, document);
        }
        Ok(prepared)
    }

    /// Runs what has one answer. The error of what was not prepared is its answer.
    pub async fn run(&self, prepared: Result<Prepared, Answer>, context: &Context) -> Answer {
        let (kind, answer) = match prepared {
            Err(answer) => (None, answer),
            Ok(prepared) if prepared.kind() == Kind::Subscription => {
                let message = "a subscription has many answers: ask for it over a WebSocket, or \
                               with Accept: text/event-stream or multipart/mixed";
                let code = Code::InvalidArgument;
                (Some(Kind::Subscription), refused(code, code.name(), message))
            }
            Ok(prepared) => (Some(prepared.kind()), self.engine.execute(prepared, context).await),
        };
        let outcome = outcome(answer.verdict);
        self.metrics.record(kind.map(Kind::name), outcome, context.source.arrived.elapsed());
        if answer.is_request_error() {
            tell(kind, answer.verdict, context);
        }
        answer
    }

    /// Runs what may have many answers, once it is polled.
    pub fn begin(&self, prepared: Result<Prepared, Answer>, context: Context) -> Operation {
        let kind = prepared.as_ref().ok().map(Prepared::kind);
        let counted = Counted {
            metrics: self.metrics.clone(),
            kind,
            outcome: GraphqlOutcome::Complete,
            begun: Instant::now(),
        };
        let operation = match prepared {
            Ok(prepared) => Operation::run(self.engine.clone(), prepared, context),
            Err(answer) => {
                tell(kind, answer.verdict, &context);
                Operation::refused(answer)
            }
        };
        operation.watched(Box::new(counted))
    }
}

/// Begins operations over a connection that carries many of them.
pub fn begin(door: Arc<Door>) -> Begin {
    Arc::new(move |ask: Ask, context: Context| {
        let prepared = match Asked::of(ask) {
            Ok(asked) => door.prepare(asked),
            Err(message) => {
                let code = Code::InvalidArgument;
                Err(refused(code, code.name(), &message))
            }
        };
        door.begin(prepared, context)
    })
}

fn outcome(verdict: Verdict) -> GraphqlOutcome {
    match verdict {
        Verdict::Complete => GraphqlOutcome::Complete,
        Verdict::Partial => GraphqlOutcome::Partial,
        Verdict::Invalid => GraphqlOutcome::Invalid,
        Verdict::Refused(_) => GraphqlOutcome::Refused,
    }
}

/// Calls have lines of their own in the log, so only what led to none is told, and only to who asks
/// for detail: clients can make any number of these.
fn tell(kind: Option<Kind>, verdict: Verdict, context: &Context) {
    tracing::debug!(
        kind = kind.map(Kind::name),
        ?verdict,
        request_id = &*context.source.request_id,
        peer = context.source.peer.map(tracing::field::display),
        "GraphQL request without calls"
    );
}

/// An operation that is counted when it ends, by the worst of its answers.
struct Counted {
    metrics: Arc<GraphqlMetrics>,
    kind: Option<Kind>,
    outcome: GraphqlOutcome,
    begun: Instant,
}

impl Watch for Counted {
    fn saw(&mut self, event: &Event) {
        match event {
            Event::Next(answer) if !answer.has_errors() => {}
            Event::Next(_) => self.outcome = GraphqlOutcome::Partial,
            Event::Refused(answer) => self.outcome = outcome(answer.verdict),
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.metrics.record(self.kind.map(Kind::name), self.outcome, self.begun.elapsed());
    }
}
