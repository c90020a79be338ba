//! GraphQL types as a file writes them, and those that a contract's field has.

use async_graphql::parser::types::{BaseType, Type};

use crate::config::{Place, Problem, suggest};
use crate::contract::graphql as model;
use crate::contract::graphql::{
    EnumTypeId, InputId, ListOf, Model, Named, ObjectId, ObjectOf, Scalar, TypeRef,
};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId, Shapes, WellKnown};

/// Which way values of a type go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the client.
    Out,
    /// From the client.
    In,
}

/// Every name of a type.
pub fn names(model: &Model) -> impl Iterator<Item = &str> + Clone {
    Scalar::ALL.iter().map(|scalar| scalar.name()).chain(model.names.keys().map(String::as_str))
}

/// The type of that name.
pub fn find(model: &Model, name: &str) -> Option<Named> {
    Scalar::named(name).map(Named::Scalar).or_else(|| model.names.get(name).copied())
}

/// Why there is no such type.
#[derive(Debug)]
pub struct NoType {
    message: String,
    hint: Option<String>,
}

impl NoType {
    /// The same as a problem.
    pub fn at(self, place: Place) -> Problem {
        Problem { hint: self.hint, ..Problem::at(place, self.message) }
    }
}

/// A type as a file writes it.
pub fn read(model: &Model, ty: &Type, way: Way) -> Result<TypeRef, NoType> {
    let because = |message: String| NoType { message, hint: None };
    let (base, list) = match &ty.base {
        BaseType::Named(name) => (name, None),
        BaseType::List(item) => match &item.base {
            BaseType::Named(name) => (name, Some(ListOf { non_null: !item.nullable })),
            BaseType::List(_) => {
                return Err(because("a contract has no lists of lists".into()));
            }
        },
    };
    let Some(named) = find(model, base) else {
        let known: Vec<_> = names(model).filter(|name| is_for(model, name, way)).collect();
        let hint = suggest::nearest(base, known.iter().copied());
        let hint = hint.map(|name| format!("did you mean `{name}`?"));
        return Err(NoType { hint, ..because(format!("there is no type `{base}`")) });
    };
    let goes = match named {
        Named::Scalar(_) | Named::Enum(_) => true,
        Named::Object(_) | Named::Union(_) => way == Way::Out,
        Named::Input(_) => way == Way::In,
    };
    match goes {
        true => Ok(TypeRef { named, list, non_null: !ty.nullable }),
        false if way == Way::Out => {
            Err(because(format!("`{base}` is an input type: no field can have it")))
        }
        false => Err(because(format!("`{base}` is no input type: no argument can have it"))),
    }
}

fn is_for(model: &Model, name: &str, way: Way) -> bool {
    match find(model, name) {
        Some(Named::Object(_) | Named::Union(_)) => way == Way::Out,
        Some(Named::Input(_)) => way == Way::In,
        _ => true,
    }
}

/// The type of a whole message; `None` where the schema has no type for it.
pub fn of_message(model: &Model, shapes: &Shapes, id: ShapeId, way: Way) -> Option<Named> {
    match (shapes.get(id).well_known, way) {
        (Some(known), _) => Some(Named::Scalar(of_well_known(known))),
        // It says no more than that it is there.
        (None, _) if shapes.get(id).fields.is_empty() => Some(Named::Scalar(Scalar::Boolean)),
        (None, Way::Out) => {
            let found = model.objects.iter().position(|ty| ty.of == ObjectOf::Message(id))?;
            Some(Named::Object(ObjectId(found)))
        }
        (None, Way::In) => {
            let found = model.inputs.iter().position(|ty| ty.shape == id && !ty.one_of)?;
            Some(Named::Input(InputId(found)))
        }
    }
}

fn of_well_known(known: WellKnown) -> Scalar {
    match known {
        WellKnown::Timestamp => Scalar::DateTime,
        WellKnown::Duration => Scalar::Duration,
        WellKnown::FieldMask => Scalar::String,
        WellKnown::Any | WellKnown::Struct | WellKnown::Value | WellKnown::ListValue => {
            Scalar::Json
        }
        WellKnown::Empty => Scalar::Boolean,
        WellKnown::Wrapper(kind) => of_scalar(kind).unwrap_or(Scalar::Json),
    }
}

fn of_scalar(kind: Kind) -> Option<Scalar> {
    Some(match kind {
        Kind::Double | Kind::Float => Scalar::Float,
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Scalar::Int,
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Scalar::Int64,
        Kind::Uint32 | Kind::Fixed32 => Scalar::UInt32,
        Kind::Uint64 | Kind::Fixed64 => Scalar::UInt64,
        Kind::Bool => Scalar::Boolean,
        Kind::String => Scalar::String,
        Kind::Bytes => Scalar::Bytes,
        Kind::Enum(_) | Kind::Message(_) | Kind::Group(_) => return None,
    })
}

/// The type of one value of a field; `None` where the schema has no type for it.
pub fn of_value(model: &Model, shapes: &Shapes, kind: Kind, way: Way) -> Option<Named> {
    match kind {
        Kind::Enum(id) if shapes.get_enum(id).null_value => Some(Named::Scalar(Scalar::Json)),
        Kind::Enum(id) => {
            let found = model.enums.iter().position(|ty| ty.of == id)?;
            Some(Named::Enum(EnumTypeId(found)))
        }
        Kind::Message(id) | Kind::Group(id) => of_message(model, shapes, id, way),
        kind => of_scalar(kind).map(Named::Scalar),
    }
}

/// The type of the input that sets a oneof of a message.
pub fn of_oneof(model: &Model, shape: &Shape, id: ShapeId, oneof: usize) -> Option<Named> {
    let sets = |place: &model::Place| match place {
        model::Place::Field(index) => {
            shape.fields.get(*index).and_then(Field::oneof) == Some(oneof)
        }
        model::Place::Oneof(_) => false,
    };
    let found = model.inputs.iter().position(|ty| {
        ty.one_of && ty.shape == id && ty.fields.first().is_some_and(|(_, place)| sets(place))
    })?;
    Some(Named::Input(InputId(found)))
}

/// Whether a value of the type `written` stands for a value of a field of the type `real`.
pub fn is_as(written: Named, real: Named, way: Way) -> bool {
    written == real
        || match (written, real) {
            // An id is a text that nobody reads.
            (Named::Scalar(Scalar::Id), Named::Scalar(Scalar::String)) => true,
            // Smaller numbers, which clients write more easily.
            (Named::Scalar(Scalar::Int), Named::Scalar(Scalar::Int64)) => way == Way::In,
            (Named::Scalar(Scalar::UInt32), Named::Scalar(Scalar::UInt64)) => way == Way::In,
            _ => false,
        }
}

/// Whether a field holds a list for GraphQL.
pub fn is_list(field: &Field) -> bool {
    field.cardinality != Cardinality::Singular
}
