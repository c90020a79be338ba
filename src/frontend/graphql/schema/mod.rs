//! The schema's model as async-graphql has it: for validation, introspection and SDL. Queries are
//! not run by it, except where somebody hands it resolvers.

mod bounds;
mod register;
mod resolve;
mod scalar;
mod steps;

use async_graphql::dynamic;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError, Variables};
use futures_util::FutureExt;

use self::steps::CheckOnly;
use crate::contract::graphql::{EMPTY, Model};

pub use self::resolve::{Resolver, Resolvers, StreamResolver, Unresolved};

/// Fields of `Query` that are answered from the schema alone, by [`Registered::introspect`]. A
/// federation's `_entities` is not one of them.
pub const OWN_FIELDS: [&str; 4] = ["__schema", "__type", "_service", EMPTY];

/// How a model is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether it is a subgraph of an Apollo Federation 2: `_service`, and `_entities` for objects
    /// that have keys.
    pub federation: bool,
    /// Whether `__schema` and `__type` are there.
    pub introspection: bool,
    /// How many selection sets deep a document may be, its fragments unfolded.
    pub depth: usize,
    /// How many selections a document may have, its fragments unfolded. What is beyond it is
    /// refused before anything takes time that grows with it.
    pub selections: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { federation: false, introspection: true, depth: 32, selections: 20_000 }
    }
}

/// Why a model is no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Problem(pub String);

/// A schema that documents are checked against.
#[derive(Debug, Clone)]
pub struct Registered {
    schema: dynamic::Schema,
    options: Options,
}

/// Registers a model whose fields are answered elsewhere.
pub fn register(model: &Model, options: Options) -> Result<Registered, Problem> {
    register_with(model, options, &Unresolved)
}

/// Registers a model with `resolvers`, which async-graphql's own execution then runs.
pub fn register_with(
    model: &Model,
    options: Options,
    resolvers: &dyn Resolvers,
) -> Result<Registered, Problem> {
    let schema = register::register(model, options, resolvers)?;
    Ok(Registered { schema, options })
}

impl Registered {
    /// Checks a document by every validation rule of the specification (section 5), whatever the
    /// values of its variables, in a time that is bounded by the options. Nothing is run.
    pub fn validate(&self, document: &ExecutableDocument) -> Result<(), Vec<ServerError>> {
        bounds::check(document, self.options).map_err(|error| vec![error])?;
        let mut request = Request::new("").data(CheckOnly);
        request.set_parsed_query(document.clone());
        let response = self.run(request);
        if response.errors.is_empty() { Ok(()) } else { Err(response.errors) }
    }

    /// Runs an operation of a valid document that asks for none but [`OWN_FIELDS`].
    pub fn introspect(
        &self,
        document: &ExecutableDocument,
        operation: Option<&str>,
        variables: Variables,
    ) -> Response {
        if let Err(error) = bounds::check(document, self.options) {
            return Response::from_errors(vec![error]);
        }
        let mut request = Request::new("").variables(variables);
        request.operation_name = operation.map(str::to_owned);
        request.set_parsed_query(document.clone());
        self.run(request)
    }

    /// What async-graphql has made of it.
    pub fn schema(&self) -> &dynamic::Schema {
        &self.schema
    }

    /// Runs what never waits.
    fn run(&self, request: Request) -> Response {
        self.schema.execute(request).now_or_never().unwrap_or_else(|| {
            let error = ServerError::new("the schema was not answered at once", None);
            Response::from_errors(vec![error])
        })
    }
}

#[cfg(test)]
mod tests;
