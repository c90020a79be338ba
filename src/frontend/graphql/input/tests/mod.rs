//! Tests of what clients may give: literals to wire bytes and back as JSON, and variables.

mod coercion;
mod kinds;
mod model;
mod objects;

use std::sync::LazyLock;

use async_graphql::Value as ConstValue;
use async_graphql::parser::types::Type;

use super::{InputError, coerce, encode, literal};
use crate::codec::json::{self, EncodeOptions};
use crate::contract::graphql::{Model, Named};
use crate::contract::shape::ShapeId;
use crate::contract::view::View;

/// The messages of the codec's tests, and a model of them.
pub(super) struct Contract {
    pub(super) view: View,
    pub(super) model: Model,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::new);

fn shape(message: &str) -> ShapeId {
    CONTRACT.view.shapes().id(message).unwrap()
}

/// What arguments named as a message's fields make of it.
fn encoded(message: &str, arguments: &ConstValue) -> Result<Vec<u8>, InputError> {
    let id = shape(message);
    let input = CONTRACT.model.inputs.iter().find(|input| input.shape == id && !input.one_of);
    let ConstValue::Object(given) = arguments else { panic!("{arguments} is no object") };
    let mut out = Vec::new();
    for (name, value) in given {
        let known = input.unwrap().fields.iter().find(|(argument, _)| argument.name == **name);
        let (argument, place) = known.unwrap_or_else(|| panic!("no argument {name}"));
        let before = out.clone();
        encode(&CONTRACT.model, &CONTRACT.view, &argument.ty, id, *place, value, &mut out)
            .map_err(|error| {
                assert_eq!(out, before, "nothing is left of what was refused");
                error.within(&**name)
            })?;
    }
    Ok(out)
}

fn as_json(message: &str, wire: &[u8]) -> String {
    let mut out = Vec::new();
    json::encode(&CONTRACT.view, shape(message), wire, &EncodeOptions::default(), &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// Arguments as GraphQL writes them make a message that JSON writes as `expected`.
#[track_caller]
fn makes(message: &str, arguments: &str, expected: &str) {
    let value = literal(arguments).unwrap_or_else(|| panic!("{arguments} is no value"));
    match encoded(message, &value) {
        Ok(wire) => assert_eq!(as_json(message, &wire), expected, "{arguments}"),
        Err(error) => panic!("{arguments}: {error}"),
    }
}

/// Arguments are refused with this error.
#[track_caller]
fn refused(message: &str, arguments: &str, error: &str) {
    let value = literal(arguments).unwrap_or_else(|| panic!("{arguments} is no value"));
    match encoded(message, &value) {
        Ok(wire) => panic!("{arguments} was taken as {}", as_json(message, &wire)),
        Err(refusal) => assert_eq!(refusal.to_string(), error, "{arguments}"),
    }
}
