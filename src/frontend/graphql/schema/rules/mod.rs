//! Rules of the specification that async-graphql does not hold: it never asks which variables fit
//! where they stand, compares fields of one response name only as far as one selection set goes,
//! and lets a subscription have several fields. They are asked of documents that it found valid.

mod known;
mod merging;
mod subscription;
mod variables;

use async_graphql::ServerError;
use async_graphql::parser::types::{ExecutableDocument, OperationType};

pub use self::known::Known;

/// Everything that is wrong with a document.
pub fn check(known: &Known, document: &ExecutableDocument) -> Vec<ServerError> {
    let mut errors = Vec::new();
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let root = known.root(operation.ty);
        variables::check(known, document, operation, root, &mut errors);
        merging::check(known, document, operation, root, &mut errors);
        if operation.ty == OperationType::Subscription {
            subscription::check(document, operation, &mut errors);
        }
    }
    errors
}
