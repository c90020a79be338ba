//! From a document to its answer: parsed, checked and planned once; run as often as it is asked.

use std::sync::Arc;

use futures_util::stream::BoxStream;

use super::answer::Answer;
use super::query::{Context, Kind, Query};

/// Answers the queries of one listener.
#[derive(Debug)]
pub struct Engine {}

/// A query that is valid, with the values of its variables: ready to be run.
#[derive(Debug)]
pub struct Prepared {
    kind: Kind,
}

impl Prepared {
    /// What kind of operation it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl Engine {
    /// Reads, checks and plans a query, or finds the plan that was made before. The error is a
    /// request error.
    pub fn prepare(&self, query: Query) -> Result<Prepared, Answer> {
        let _ = query;
        unimplemented!()
    }

    /// Runs a query or a mutation.
    pub async fn execute(&self, prepared: Prepared, context: &Context) -> Answer {
        let _ = (prepared, context);
        unimplemented!()
    }

    /// Runs a subscription: one answer for each message of its stream. The error is a request
    /// error, or that of a stream that did not begin.
    pub async fn subscribe(
        self: &Arc<Self>,
        prepared: Prepared,
        context: Context,
    ) -> Result<BoxStream<'static, Answer>, Answer> {
        let _ = (prepared, context);
        unimplemented!()
    }
}
