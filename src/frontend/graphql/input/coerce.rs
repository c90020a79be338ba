//! Values of variables by their types (GraphQL specification, section 6.1.2 and what section 3
//! says of input coercion).

use async_graphql::parser::types::Type;
use async_graphql::{Name, Value as ConstValue};

use super::error::{InputError, shortened};
use super::scalar::{self, Taken};
use super::types;
use super::{MAX_DEPTH, literal};
use crate::codec::text;
use crate::config::suggest;
use crate::contract::graphql::{Enum, Input, Model, Named, Scalar, TypeRef};

/// The value of a variable of that type: what was given or, where nothing was, its default. `None`:
/// the variable has no value, which is something else than null. Lists of one item are lists then,
/// names of enum values are such, input objects have their defaults, and bytes are bytes.
pub fn coerce(
    model: &Model,
    ty: &Type,
    value: Option<ConstValue>,
    default: Option<&ConstValue>,
) -> Result<Option<ConstValue>, InputError> {
    let ty = types::resolve(model, ty)?;
    match (value, default) {
        (Some(value), _) => Coercer { model, document: false }.value(&ty, value, MAX_DEPTH),
        (None, Some(default)) => {
            Coercer { model, document: true }.value(&ty, default.clone(), MAX_DEPTH)
        }
        (None, None) if ty.non_null => {
            return Err(InputError::new(format!("expected {}, got nothing", model.written(&ty))));
        }
        (None, None) => return Ok(None),
    }
    .map(Some)
}

struct Coercer<'a> {
    model: &'a Model,
    /// Whether the value stands in a document, where enum values are told from text.
    document: bool,
}

impl Coercer<'_> {
    fn value(&self, ty: &TypeRef, value: ConstValue, depth: u32) -> Result<ConstValue, InputError> {
        if value == ConstValue::Null {
            return match ty.non_null {
                true => Err(InputError::expected(self.model.written(ty), &value)),
                false => Ok(value),
            };
        }
        let Some(items) = ty.list else { return self.single(ty.named, value, depth) };
        let item = types::item(ty, items);
        match value {
            ConstValue::List(values) => {
                let values = values.into_iter().enumerate().map(|(index, value)| {
                    self.value(&item, value, depth).map_err(|error| error.at_index(index))
                });
                values.collect::<Result<_, _>>().map(ConstValue::List)
            }
            one => Ok(ConstValue::List(vec![self.value(&item, one, depth)?])),
        }
    }

    fn single(
        &self,
        named: Named,
        value: ConstValue,
        depth: u32,
    ) -> Result<ConstValue, InputError> {
        match named {
            Named::Scalar(of) => match scalar::take(of, &value)? {
                Taken::Text(text) if of == Scalar::Bytes => {
                    let mut bytes = Vec::new();
                    if !text::decode_base64(text, &mut bytes) {
                        return Err(scalar::expected(of, &value));
                    }
                    Ok(ConstValue::Binary(bytes.into()))
                }
                _ => Ok(value),
            },
            Named::Enum(id) => match self.model.enums.get(id.0) {
                Some(of) => self.enumeration(of, value),
                None => Err(not_for_input()),
            },
            Named::Input(id) => match self.model.inputs.get(id.0) {
                Some(of) => {
                    let depth = depth.checked_sub(1).ok_or_else(scalar::too_deep)?;
                    self.object(of, value, depth)
                }
                None => Err(not_for_input()),
            },
            Named::Object(_) | Named::Union(_) => Err(not_for_input()),
        }
    }

    fn enumeration(&self, of: &Enum, value: ConstValue) -> Result<ConstValue, InputError> {
        match value {
            ConstValue::Enum(name) => {
                enum_number(of, &name)?;
                Ok(ConstValue::Enum(name))
            }
            ConstValue::String(text) if !self.document => {
                enum_number(of, &text)?;
                Ok(ConstValue::Enum(Name::new(text)))
            }
            other => Err(InputError::expected(format!("a value of enum {}", of.name), &other)),
        }
    }

    fn object(&self, of: &Input, value: ConstValue, depth: u32) -> Result<ConstValue, InputError> {
        let ConstValue::Object(mut given) = value else {
            return Err(InputError::expected(format!("an object of type {}", of.name), &value));
        };
        if of.one_of {
            check_one_of(of, &given)?;
        }
        let mut fields = async_graphql::indexmap::IndexMap::with_capacity(given.len());
        for (argument, _) in &of.fields {
            let within = |error: InputError| error.within(&*argument.name);
            if let Some((name, value)) = given.swap_remove_entry(&*argument.name) {
                fields.insert(name, self.value(&argument.ty, value, depth).map_err(within)?);
            } else if let Some(default) = argument.default.as_deref().and_then(literal) {
                let document = Coercer { model: self.model, document: true };
                let value = document.value(&argument.ty, default, depth).map_err(within)?;
                fields.insert(Name::new(&argument.name), value);
            } else if argument.ty.non_null {
                return Err(within(missing(self.model, &argument.ty)));
            }
        }
        match given.keys().next() {
            Some(name) => Err(unknown_field(of, name)),
            None => Ok(ConstValue::Object(fields)),
        }
    }
}

/// The number of an enum value.
pub(super) fn enum_number(of: &Enum, name: &str) -> Result<i32, InputError> {
    if let Some(value) = of.values.iter().find(|value| value.name == name) {
        return Ok(value.number);
    }
    let known = of.values.iter().map(|value| &*value.name);
    let message = format!("no value named {:?} in enum {}", shortened(name), of.name);
    Err(InputError::new(message + &hint(name, known)))
}

/// Exactly one field is given, and it is not null (section 3.10.1).
pub(super) fn check_one_of(
    of: &Input,
    given: &async_graphql::indexmap::IndexMap<Name, ConstValue>,
) -> Result<(), InputError> {
    match (given.len(), given.first()) {
        (1, Some((name, ConstValue::Null))) => {
            let error = InputError::expected("the one field that is given", &ConstValue::Null);
            Err(error.within(shortened(name)))
        }
        (1, Some(_)) => Ok(()),
        (count, _) => {
            let name = &of.name;
            Err(InputError::new(format!("expected exactly one field of {name}, got {count}")))
        }
    }
}

#[cold]
pub(super) fn unknown_field(of: &Input, name: &str) -> InputError {
    let known = of.fields.iter().map(|(argument, _)| &*argument.name);
    let message = format!("no field named {:?} in {}", shortened(name), of.name);
    InputError::new(message + &hint(name, known))
}

#[cold]
pub(super) fn missing(model: &Model, ty: &TypeRef) -> InputError {
    InputError::new(format!("expected {}, got nothing", model.written(ty)))
}

/// The nearest of the names there are. Long texts are not compared.
fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = if name.len() <= 128 { suggest::nearest(name, known) } else { None };
    nearest.map(|nearest| format!(", did you mean {nearest:?}?")).unwrap_or_default()
}

#[cold]
pub(super) fn not_for_input() -> InputError {
    InputError::new("this type is not for input")
}
