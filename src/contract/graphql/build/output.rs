//! What clients read: objects, unions and enums.

use std::collections::HashSet;

use super::{Builder, DEPRECATED};
use crate::contract::described::{FieldNotes, Way};
use crate::contract::graphql::names::Taken;
use crate::contract::graphql::{
    Enum, EnumValue, Field, ListOf, Named, Object, ObjectId, ObjectOf, Source, TypeRef, Union,
    UnionId,
};
use crate::contract::shape::{self, EnumId, ShapeId};

/// Names that are values of other types.
const LITERALS: [&str; 3] = ["true", "false", "null"];

impl Builder<'_> {
    /// A message. A oneof stands where the first of its members does.
    pub(super) fn object(&self, id: ShapeId) -> Object {
        let shape = self.forms.shape(id);
        let names = self.field_names(id);
        let mut oneofs = HashSet::new();
        let mut fields = Vec::with_capacity(shape.fields.len());
        for (index, notes) in self.forms.fields(id, Way::Out).iter() {
            let Some(field) = shape.fields.get(*index) else { continue };
            let Some(oneof) = field.oneof() else {
                let ty = self.read(field, shape.map_entry);
                let name = names.fields.get(*index).cloned().unwrap_or_default();
                fields.push(written(name, field, notes, ty, *index));
                continue;
            };
            if oneofs.insert(oneof) {
                let union = self.ids.unions.get(&(id, oneof)).copied().unwrap_or(UnionId(0));
                fields.push(Field {
                    name: names.oneofs.get(oneof).cloned().unwrap_or_default(),
                    description: self.forms.described.oneof(shape, oneof).map(str::to_owned),
                    deprecated: None,
                    ty: TypeRef { named: Named::Union(union), list: None, non_null: false },
                    arguments: Vec::new(),
                    source: Source::Oneof(oneof),
                });
            }
        }
        let (comment, _) = self.forms.described.message(shape);
        Object {
            name: self.names.object(id),
            description: comment.map(str::to_owned),
            of: ObjectOf::Message(id),
            fields,
            keys: Vec::new(),
        }
    }

    /// The object of one member of a oneof. Where it is read, the member is there.
    pub(super) fn member(&self, id: ShapeId, index: usize) -> Object {
        let shape = self.forms.shape(id);
        let fields = self.forms.fields(id, Way::Out);
        let notes = fields.iter().find(|(at, _)| *at == index).map(|(_, notes)| notes);
        let field = shape.fields.get(index).zip(notes).map(|(field, notes)| {
            let name = self.field_names(id).fields.get(index).cloned().unwrap_or_default();
            written(name, field, notes, self.read(field, true), index)
        });
        Object {
            name: self.names.member(id, index),
            description: None,
            of: ObjectOf::Member(id, index),
            fields: field.into_iter().collect(),
            keys: Vec::new(),
        }
    }

    /// A oneof, with the members at `fields`.
    pub(super) fn union(&self, id: ShapeId, oneof: usize, fields: &[usize]) -> Union {
        let object = |field: &usize| self.ids.members.get(&(id, *field)).copied();
        let shape = self.forms.shape(id);
        Union {
            name: self.names.union(id, oneof),
            description: self.forms.described.oneof(shape, oneof).map(str::to_owned),
            oneof: (id, oneof),
            members: fields
                .iter()
                .map(|field| (*field, object(field).unwrap_or(ObjectId(0))))
                .collect(),
        }
    }

    /// An enum with all its names, those that share a number too.
    pub(super) fn enumeration(&self, id: EnumId) -> Enum {
        let shape = self.forms.shapes.get_enum(id);
        let (comment, comments) = self.forms.described.enumeration(shape);
        let deprecated = self.forms.described.deprecated_values(shape);
        let mut taken = Taken::with(&LITERALS);
        let said = comments.into_iter().zip(deprecated);
        let values =
            shape.values.iter().zip(said).map(|((name, number), (comment, deprecated))| {
                let plain = name.trim_start_matches('_');
                let name =
                    if name.starts_with("__") { format!("_{plain}") } else { name.to_string() };
                EnumValue {
                    name: taken.claim([name]),
                    description: comment.map(str::to_owned),
                    deprecated: deprecated.then(|| DEPRECATED.to_owned()),
                    number: *number,
                }
            });
        Enum {
            name: self.names.enumeration(id),
            description: comment.map(str::to_owned),
            of: id,
            values: values.collect(),
        }
    }

    /// The type of a field where it is read. `is_there`: it is written whenever its message is.
    fn read(&self, field: &shape::Field, is_there: bool) -> TypeRef {
        let named = self.named(self.forms.form(field.kind, Way::Out), Way::Out);
        let may_be_null = self.forms.may_be_null(field.kind);
        if field.is_repeated() {
            let items = ListOf { non_null: !may_be_null };
            return TypeRef { named, list: Some(items), non_null: true };
        }
        let is_written = is_there || (self.options.emit_defaults && !field.presence);
        TypeRef { named, list: None, non_null: is_written && !may_be_null }
    }
}

fn written(
    name: String,
    field: &shape::Field,
    notes: &FieldNotes,
    ty: TypeRef,
    index: usize,
) -> Field {
    Field {
        name,
        description: notes.comment.clone(),
        deprecated: field.deprecated.then(|| DEPRECATED.to_owned()),
        ty,
        arguments: Vec::new(),
        source: Source::Field(index),
    }
}
