//! Parts of a schema that can be changed.

use super::change::Holder;
use super::definitions::Used;
use crate::config::{Place, Problem, suggest};
use crate::contract::graphql::{
    EnumTypeId, Field, InputId, Model, Named, Object, ObjectId, UnionId,
};

/// A type, or a part of it, by its place in the schema as the contract alone gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A type.
    Type(Named),
    /// A field of an object.
    Field(ObjectId, usize),
    /// An argument of such a field.
    Argument(ObjectId, usize, usize),
    /// A field of an input.
    Input(InputId, usize),
    /// A value of an enum.
    Value(EnumTypeId, usize),
}

impl Part {
    /// The part of `holder` that a directive names: all of it where it names none.
    pub fn of(model: &Model, holder: Holder, used: &Used) -> Result<Self, Problem> {
        let (field, argument) = (used.string("field"), used.string("argument"));
        let value = used.string("value");
        let refuse = |part: Option<(&str, Place)>, message: &str| match part {
            Some((_, place)) => Err(Problem::at(place, message)),
            None => Ok(()),
        };
        if field.is_none() && argument.is_some() {
            refuse(argument.clone(), "say of which field with `field`")?;
        }
        match holder {
            Holder::Other(Named::Input(id)) => {
                refuse(value, "an input type has no values")?;
                refuse(argument, "the field of an input type has no arguments")?;
                let Some((name, place)) = field else { return Ok(Self::Type(Named::Input(id))) };
                let input = model.inputs.get(id.0);
                let names = input.into_iter().flat_map(|input| &input.fields);
                let names = names.map(|(field, _)| field.name.as_str());
                let of = input.map_or("", |input| &input.name);
                Ok(Self::Input(id, position(names, name, place, of, "field")?))
            }
            Holder::Other(Named::Enum(id)) => {
                refuse(field, "an enum has no fields: name a `value`")?;
                refuse(argument, "an enum has no arguments")?;
                let Some((name, place)) = value else { return Ok(Self::Type(Named::Enum(id))) };
                let ty = model.enums.get(id.0);
                let names = ty.into_iter().flat_map(|ty| &ty.values);
                let names = names.map(|value| value.name.as_str());
                let of = ty.map_or("", |ty| &ty.name);
                Ok(Self::Value(id, position(names, name, place, of, "value")?))
            }
            Holder::Other(named) => {
                refuse(field.or(argument).or(value), "a union has nothing that can be named")?;
                Ok(Self::Type(named))
            }
            Holder::Root(_) | Holder::Object(_) => {
                refuse(value, "an object has no values")?;
                let id = holder.object(model);
                let Some((name, place)) = field else {
                    return match holder {
                        Holder::Root(root) => {
                            let message = format!("`{}` is what it is", root.type_name());
                            Err(Problem::at(used.place(), message)
                                .with_hint("name a `field` of it"))
                        }
                        _ => Ok(Self::Type(Named::Object(id.unwrap_or(ObjectId(usize::MAX))))),
                    };
                };
                let (id, index) = object_field(model, holder, name, place)?;
                let Some((name, place)) = argument else { return Ok(Self::Field(id, index)) };
                let field = model.objects.get(id.0).and_then(|object| object.fields.get(index));
                let names = field.into_iter().flat_map(|field| &field.arguments);
                let names = names.map(|argument| argument.name.as_str());
                let of = field.map_or("", |field| &field.name);
                Ok(Self::Argument(id, index, position(names, name, place, of, "argument")?))
            }
        }
    }

    /// What it is called, and what it is, for people.
    pub fn describe(self, model: &Model) -> String {
        let object = |id: ObjectId| model.objects.get(id.0);
        let field = |id, index| object(id).and_then(|object: &Object| object.fields.get(index));
        let name = match self {
            Self::Type(named) => Some(model.name(named).to_owned()),
            Self::Field(id, index) => {
                let of = object(id).map(|object| &object.name);
                of.zip(field(id, index)).map(|(of, field)| format!("{of}.{}", field.name))
            }
            Self::Argument(id, index, argument) => field(id, index).and_then(|field: &Field| {
                let argument = field.arguments.get(argument)?;
                Some(format!("{}({})", field.name, argument.name))
            }),
            Self::Input(id, index) => model.inputs.get(id.0).and_then(|input| {
                Some(format!("{}.{}", input.name, input.fields.get(index)?.0.name))
            }),
            Self::Value(id, index) => model
                .enums
                .get(id.0)
                .and_then(|ty| Some(format!("{}.{}", ty.name, ty.values.get(index)?.name))),
        };
        name.unwrap_or_default()
    }
}

/// The field of that name.
pub fn object_field(
    model: &Model,
    holder: Holder,
    name: &str,
    place: Place,
) -> Result<(ObjectId, usize), Problem> {
    let id = holder.object(model);
    let object = id.and_then(|id| model.objects.get(id.0));
    let names = object.into_iter().flat_map(|object| &object.fields);
    let names = names.map(|field| field.name.as_str());
    let of = match holder {
        Holder::Root(root) => root.type_name(),
        _ => object.map_or("", |object| &object.name),
    };
    let index = position(names, name, place.clone(), of, "field")?;
    let id = id.ok_or_else(|| Problem::at(place, format!("there is no type `{of}`")))?;
    Ok((id, index))
}

fn position<'a>(
    mut names: impl Iterator<Item = &'a str> + Clone,
    name: &str,
    place: Place,
    of: &str,
    what: &str,
) -> Result<usize, Problem> {
    let known = names.clone();
    names.position(|known| known == name).ok_or_else(|| {
        let problem = Problem::at(place, format!("`{of}` has no {what} `{name}`"));
        // Short names such as `id` stand for longer ones more often than for others as short.
        let capital: String = name.chars().take(1).map(|c| c.to_ascii_uppercase()).collect();
        let end = format!("{capital}{}", name.get(capital.len()..).unwrap_or_default());
        let ending = || known.clone().find(|known| !end.is_empty() && known.ends_with(&end));
        match suggest::nearest(name, known.clone()).or_else(ending) {
            Some(nearest) => problem.with_hint(format!("did you mean `{nearest}`?")),
            None => problem,
        }
    })
}

/// The union of that place.
pub fn union(id: usize) -> Named {
    Named::Union(UnionId(id))
}

/// The enum of that place.
pub fn enumeration(id: usize) -> Named {
    Named::Enum(EnumTypeId(id))
}

/// The input of that place.
pub fn input(id: usize) -> Named {
    Named::Input(InputId(id))
}
