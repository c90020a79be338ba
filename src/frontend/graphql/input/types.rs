//! Types by name, as documents have them.

use async_graphql::Value as ConstValue;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{BaseType, DocumentOperations, Selection, Type};

use super::error::{InputError, shortened};
use crate::contract::graphql::{ListOf, Model, Named, Scalar, TypeRef};

/// The type that a document means, if values can be given of it.
pub(super) fn resolve(model: &Model, ty: &Type) -> Result<TypeRef, InputError> {
    match &ty.base {
        BaseType::Named(name) => {
            let named = named(model, name)?;
            Ok(TypeRef { named, list: None, non_null: !ty.nullable })
        }
        BaseType::List(items) => {
            let BaseType::Named(name) = &items.base else {
                return Err(InputError::new("no field takes a list of lists"));
            };
            let list = Some(ListOf { non_null: !items.nullable });
            Ok(TypeRef { named: named(model, name)?, list, non_null: !ty.nullable })
        }
    }
}

fn named(model: &Model, name: &str) -> Result<Named, InputError> {
    let known = Scalar::named(name).map(Named::Scalar).or_else(|| model.names.get(name).copied());
    match known {
        Some(Named::Object(_) | Named::Union(_)) => {
            Err(InputError::new(format!("type {name} is not for input")))
        }
        Some(named) => Ok(named),
        None => Err(InputError::new(format!("no type named {:?}", shortened(name)))),
    }
}

/// The type of a list's items.
pub(super) fn item(ty: &TypeRef, items: ListOf) -> TypeRef {
    TypeRef { named: ty.named, list: None, non_null: items.non_null }
}

/// A constant as GraphQL writes it, a default for example.
pub fn literal(text: &str) -> Option<ConstValue> {
    let document = parse_query(format!("{{f(a:{text})}}")).ok()?;
    let DocumentOperations::Single(operation) = document.operations else { return None };
    let first = operation.node.selection_set.node.items.into_iter().next()?;
    let Selection::Field(field) = first.node else { return None };
    let (_, value) = field.node.arguments.into_iter().next()?;
    value.node.into_const()
}
