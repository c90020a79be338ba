//! What clients write: arguments and input objects.

use std::collections::HashSet;

use super::{Builder, DEPRECATED};
use crate::contract::described::{FieldNotes, Way};
use crate::contract::graphql::{
    Argument, Input, InputId, ListOf, Model, Named, Note, Place, TypeRef,
};
use crate::contract::shape::{self, ShapeId};

impl Builder<'_> {
    /// What can be given for a message: its fields, but for the one at `without`. A oneof is one
    /// thing, which stands where the first of its members does.
    pub(super) fn places(&self, id: ShapeId, without: Option<usize>) -> Vec<(Argument, Place)> {
        let shape = self.forms.shape(id);
        let names = self.field_names(id);
        let mut oneofs = HashSet::new();
        let mut places = Vec::with_capacity(shape.fields.len());
        for (index, notes) in self.forms.fields(id, Way::In).iter() {
            let Some(field) = shape.fields.get(*index).filter(|_| Some(*index) != without) else {
                continue;
            };
            let Some(oneof) = field.oneof() else {
                let name = names.fields.get(*index).cloned().unwrap_or_default();
                let is_required = notes.required || shape.map_entry;
                let ty = self.taken(field, is_required);
                places.push((argument(name, field, notes, ty), Place::Field(*index)));
                continue;
            };
            if oneofs.insert(oneof) {
                let choice = self.ids.choices.get(&(id, oneof)).copied().unwrap_or(InputId(0));
                let argument = Argument {
                    name: names.oneofs.get(oneof).cloned().unwrap_or_default(),
                    description: self.forms.described.oneof(shape, oneof).map(str::to_owned),
                    deprecated: None,
                    ty: TypeRef { named: Named::Input(choice), list: None, non_null: false },
                    default: None,
                };
                places.push((argument, Place::Oneof(oneof)));
            }
        }
        places
    }

    /// A message.
    pub(super) fn input(&self, id: ShapeId) -> Input {
        let (comment, _) = self.forms.described.message(self.forms.shape(id));
        Input {
            name: self.names.input(id),
            description: comment.map(str::to_owned),
            shape: id,
            one_of: false,
            fields: self.places(id, None),
        }
    }

    /// A oneof, with the members at `fields`. Of a `@oneOf` input each field may be left out, as
    /// GraphQL has it.
    pub(super) fn choice(&self, id: ShapeId, oneof: usize, fields: &[usize]) -> Input {
        let shape = self.forms.shape(id);
        let names = self.field_names(id);
        let there = self.forms.fields(id, Way::In);
        let there = there.iter().filter(|(index, _)| fields.contains(index));
        let fields = there.filter_map(|(index, notes)| {
            let field = shape.fields.get(*index)?;
            let name = names.fields.get(*index).cloned()?;
            let ty = self.taken(field, false);
            Some((argument(name, field, notes, ty), Place::Field(*index)))
        });
        Input {
            name: self.names.choice(id, oneof),
            description: self.forms.described.oneof(shape, oneof).map(str::to_owned),
            shape: id,
            one_of: true,
            fields: fields.collect(),
        }
    }

    /// The type of a field where it is given.
    fn taken(&self, field: &shape::Field, is_required: bool) -> TypeRef {
        let named = self.named(self.forms.form(field.kind, Way::In), Way::In);
        // Only `google.protobuf.Value` and its kind can be said by null.
        let is_null_something =
            named == Named::Scalar(super::Scalar::Json) && self.forms.may_be_null(field.kind);
        if field.is_repeated() {
            let items = ListOf { non_null: !is_null_something };
            return TypeRef { named, list: Some(items), non_null: is_required };
        }
        TypeRef { named, list: None, non_null: is_required && !is_null_something }
    }
}

fn argument(name: String, field: &shape::Field, notes: &FieldNotes, ty: TypeRef) -> Argument {
    // What must be given cannot be deprecated (section 3.13.3).
    let is_deprecated = field.deprecated && !ty.non_null;
    Argument {
        name,
        description: notes.comment.clone(),
        deprecated: is_deprecated.then(|| DEPRECATED.to_owned()),
        ty,
        default: None,
    }
}

/// Input objects that need themselves could never be given: what is required of them on the way
/// is no longer.
pub fn loosen(model: &mut Model, notes: &mut Vec<Note>) {
    loop {
        let finite = finite(model);
        let needs_more = |ty: &TypeRef| needed(ty).is_some_and(|id| !finite.contains(&id));
        let stuck = (0..model.inputs.len()).map(InputId).find(|id| !finite.contains(id));
        let Some(input) = stuck.and_then(|InputId(at)| model.inputs.get_mut(at)) else { return };
        for (argument, _) in &mut input.fields {
            if needs_more(&argument.ty) {
                argument.ty.non_null = false;
                notes.push(Note::Loosened(format!(
                    "{}.{} is required and may be left out in GraphQL all the same, as it leads \
                     back to itself",
                    input.name, argument.name
                )));
            }
        }
    }
}

/// The inputs that can be written down.
fn finite(model: &Model) -> HashSet<InputId> {
    let mut finite = HashSet::new();
    loop {
        let before = finite.len();
        for (at, input) in model.inputs.iter().enumerate() {
            let mut needs = input.fields.iter().filter_map(|(argument, _)| needed(&argument.ty));
            if needs.all(|id| finite.contains(&id)) {
                finite.insert(InputId(at));
            }
        }
        if finite.len() == before {
            return finite;
        }
    }
}

/// The input without which a value of that type cannot be given.
fn needed(ty: &TypeRef) -> Option<InputId> {
    match ty.named {
        Named::Input(id) if ty.non_null && ty.list.is_none() => Some(id),
        _ => None,
    }
}
