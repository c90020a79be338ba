//! Whether a literal is a value of a type.

use async_graphql::Value as Literal;

use crate::codec::json::{DecodeOptions, decode};
use crate::contract::graphql::{Model, Named, Scalar, TypeRef};
use crate::contract::view::View;

/// Sees that `value`, as a client would write it, is one of the type `ty`.
pub fn check(model: &Model, view: &View, ty: TypeRef, value: &Literal) -> Result<(), String> {
    match (value, ty.list) {
        (Literal::Null, _) if ty.non_null => Err("null is no default of what is never null".into()),
        (Literal::Null, _) => Ok(()),
        (Literal::List(items), Some(item)) => {
            let item = TypeRef { named: ty.named, list: None, non_null: item.non_null };
            items.iter().try_for_each(|value| check(model, view, item, value))
        }
        // One value stands for a list of it.
        (value, _) => named(model, view, ty.named, value),
    }
}

fn named(model: &Model, view: &View, ty: Named, value: &Literal) -> Result<(), String> {
    let other = || format!("`{value}` is no `{}`", model.name(ty));
    match (ty, value) {
        (Named::Scalar(ty), value) => scalar(view, ty, value).ok_or_else(other),
        (Named::Enum(id), Literal::Enum(name)) => {
            let values = model.enums.get(id.0).into_iter().flat_map(|ty| &ty.values);
            values.into_iter().any(|value| *name == value.name).then_some(()).ok_or_else(other)
        }
        (Named::Input(id), Literal::Object(given)) => {
            let Some(input) = model.inputs.get(id.0) else { return Err(other()) };
            for (name, value) in given {
                let field = input.fields.iter().find(|(field, _)| *name == field.name);
                let (field, _) =
                    field.ok_or_else(|| format!("`{}` has no field `{name}`", input.name))?;
                check(model, view, field.ty, value)?;
            }
            let lacks = input.fields.iter().find(|(field, _)| {
                field.ty.non_null && field.default.is_none() && !given.contains_key(&*field.name)
            });
            if let Some((field, _)) = lacks {
                return Err(format!("`{}` of `{}` must be given", field.name, input.name));
            }
            let is_one = given.len() == 1 && given.values().all(|value| *value != Literal::Null);
            if input.one_of && !is_one {
                return Err(format!("of `{}` one field must be given", input.name));
            }
            Ok(())
        }
        _ => Err(other()),
    }
}

fn scalar(view: &View, ty: Scalar, value: &Literal) -> Option<()> {
    let is_text = matches!(value, Literal::String(_));
    let is_number = matches!(value, Literal::Number(_));
    let is_whole = matches!(value, Literal::Number(number) if !number.is_f64());
    // The same in the contract's terms knows what its text and its range are.
    let (may_be, message) = match ty {
        Scalar::Json => return Some(()),
        Scalar::Id => return (is_text || is_whole).then_some(()),
        Scalar::Int => (is_whole, "Int32Value"),
        Scalar::Float => (is_number, "DoubleValue"),
        Scalar::String => (is_text, "StringValue"),
        Scalar::Boolean => (matches!(value, Literal::Boolean(_)), "BoolValue"),
        Scalar::Int64 => (is_whole || is_text, "Int64Value"),
        Scalar::UInt64 => (is_whole || is_text, "UInt64Value"),
        Scalar::UInt32 => (is_whole, "UInt32Value"),
        Scalar::Bytes => (is_text, "BytesValue"),
        Scalar::DateTime => (is_text, "Timestamp"),
        Scalar::Duration => (is_text, "Duration"),
    };
    let shape = view.shapes().id(&format!("google.protobuf.{message}"))?;
    let json = value.clone().into_json().ok()?.to_string();
    let options = DecodeOptions::default();
    let read = decode(view, shape, json.as_bytes(), &options, &mut Vec::new());
    (may_be && read.is_ok()).then_some(())
}
