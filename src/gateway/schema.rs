//! The GraphQL schema of what a listener exposes, from the contract and what the config says of
//! each operation.

use super::build::{Parts, Resolved, exposes, resolve};
use crate::config::Problem;
use crate::config::checked::{self, FieldKind, OperationField, Placed};
use crate::config::source::Place;
use crate::contract::Operation;
use crate::contract::graphql::{
    self, Exposed, Model, Note, ObjectId, Options, Root, Source, Wish, Wishes,
};
use crate::frontend::graphql::sdl;

/// A listener's schema, and what is told of it.
#[derive(Debug)]
pub struct Schema {
    /// The schema.
    pub model: Model,
    /// What the config and its files wish and cannot have.
    pub problems: Vec<Problem>,
    /// What people might not expect.
    pub notes: Vec<String>,
}

/// The schema of a listener; `None` where GraphQL is not spoken.
pub fn of(parts: Parts<'_>, listener: &checked::Listener) -> Option<Schema> {
    let settings = listener.graphql.as_ref()?;
    let is_exposed = exposes(listener);
    let (operations, _) = resolve(parts);
    let here = operations.iter().filter(|resolved| is_exposed(&resolved.operation));
    Some(model(parts, settings, &here.collect::<Vec<_>>()))
}

/// The schema of some operations, changed by the files that the settings name. What does not fit is
/// left out and told.
pub fn model(
    parts: Parts<'_>,
    settings: &checked::Graphql,
    operations: &[&Resolved<'_>],
) -> Schema {
    let exposed: Vec<Exposed> = operations.iter().map(|resolved| expose(resolved)).collect();
    let options = Options { emit_defaults: settings.emit_defaults };
    let (mut model, told) = graphql::build(parts.contract, &exposed, &options);
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    for note in told {
        match note {
            Note::Unheard { exposed, wish, message } => {
                let resolved = operations.get(exposed);
                problems.push(match resolved.and_then(|resolved| place(&resolved.field, wish)) {
                    Some(place) => Problem::at(place.clone(), message),
                    None => Problem::new(message),
                });
            }
            Note::NoField { message, .. } | Note::Renamed(message) | Note::Loosened(message) => {
                notes.push(message);
            }
        }
    }
    let files = settings.schema.iter().map(|file| sdl::File {
        path: file.path.display().to_string(),
        text: file.text.to_string(),
    });
    let files: Vec<_> = files.collect();
    problems.extend(sdl::apply(&mut model, parts.contract, &exposed, &files));
    Schema { model, problems, notes }
}

impl Schema {
    /// The fields of roots that call an operation, such as `Query.getProduct`.
    pub fn fields_of(&self, operation: &Operation) -> Vec<String> {
        let model = &self.model;
        let roots = [model.query, model.mutation, model.subscription];
        let roots = roots.into_iter().flatten().filter_map(|id: ObjectId| model.object(id));
        let fields = roots.flat_map(|root| root.fields.iter().map(move |field| (root, field)));
        let calls = fields.filter(|(_, field)| match &field.source {
            Source::Call(call) => call.operation.name() == operation.name(),
            Source::Field(_) | Source::Oneof(_) => false,
        });
        calls.map(|(root, field)| format!("{}.{}", root.name, field.name)).collect()
    }
}

/// An operation with what the config says of its field.
fn expose(resolved: &Resolved<'_>) -> Exposed {
    let value =
        |placed: &Option<Placed<String>>| placed.as_ref().map(|placed| placed.value.clone());
    let field = &resolved.field;
    let root = field.kind.as_ref().map(|kind| match kind.value {
        FieldKind::Query => Root::Query,
        FieldKind::Mutation => Root::Mutation,
        FieldKind::Subscription => Root::Subscription,
    });
    Exposed {
        operation: resolved.operation.clone(),
        has_get: resolved.rules.iter().any(|rule| rule.method == "GET"),
        wishes: Wishes {
            root,
            field: value(&field.field),
            hidden: field.hidden,
            read_mask: value(&field.read_mask),
        },
    }
}

fn place(field: &OperationField, wish: Wish) -> Option<&Place> {
    match wish {
        Wish::Root => field.kind.as_ref().map(|placed| &placed.place),
        Wish::Field => field.field.as_ref().map(|placed| &placed.place),
        Wish::ReadMask => field.read_mask.as_ref().map(|placed| &placed.place),
    }
}
