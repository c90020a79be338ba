//! From a document to its answer: parsed, checked and planned once; run as often as it is asked.

use std::sync::Arc;

use futures_util::stream::BoxStream;

use super::answer::Answer;
use super::query::{Context, Kind, Query};
use crate::config::{Problem, checked};
use crate::contract::Contract;
use crate::frontend::Endpoint;

/// What an engine is built from.
#[derive(Debug)]
pub struct Setup<'s> {
    /// The listener's name, for problems and logs.
    pub listener: &'s Arc<str>,
    /// What the config says of GraphQL there.
    pub settings: &'s checked::Graphql,
    /// How deep messages may nest.
    pub depth: u32,
    /// What can be called, as far as it is known.
    pub contract: &'s Arc<Contract>,
    /// The operations that the listener exposes, whatever their kind.
    pub endpoints: Vec<Endpoint>,
    /// What is answered where a field is not found, while part of the contract is missing.
    pub incomplete: Option<String>,
}

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
    /// Builds the schema of what a listener exposes. What does not fit is left out and told.
    pub fn build(setup: Setup<'_>) -> (Self, Vec<Problem>) {
        let _ = setup;
        unimplemented!()
    }

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
