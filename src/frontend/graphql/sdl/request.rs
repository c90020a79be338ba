//! How a call's request is made: what stands behind `with`.

use std::collections::HashSet;

use async_graphql::{Pos, Value as Literal};

use super::path;
use super::text::{Spot, Text, duplicate};
use super::types::{self, Way};
use crate::codec::FieldPath;
use crate::codec::json::{DecodeOptions, decode_field};
use crate::config::{Place, Problem, Problems, suggest};
use crate::contract::graphql::{self as model, Argument, Binding, Model, Target, Value};
use crate::contract::shape::{Field, Shape, ShapeId};
use crate::contract::view::View;

/// How deep requests may nest.
const MOST_DEPTH: usize = 64;

/// What a request can be made of.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The schema as the contract alone gives it.
    pub model: &'a Model,
    /// The names of the contract.
    pub view: &'a View,
    /// The file that it stands in.
    pub text: &'a Text,
    /// The arguments of the field.
    pub arguments: &'a [Argument],
    /// The message of the object that the field is on; `None` for a root, and where keys take its
    /// place.
    pub parent: Option<ShapeId>,
    /// Why there is none.
    pub no_parent: &'static str,
}

/// A request as it is made.
#[derive(Debug, Default)]
pub struct Made {
    /// What is set in it.
    pub bindings: Vec<Binding>,
    /// The arguments that set something.
    pub arguments: HashSet<usize>,
}

/// A place in the literal.
struct At<'s> {
    spots: &'s [Spot],
    keys: Vec<String>,
    whole: Place,
}

impl At<'_> {
    fn spot(&self) -> Option<&Spot> {
        self.spots.iter().find(|spot| spot.path == self.keys)
    }

    fn key(&self) -> Place {
        self.spot().map_or(&self.whole, |spot| &spot.key).clone()
    }

    fn value(&self) -> Place {
        self.spot().map_or(&self.whole, |spot| &spot.value).clone()
    }
}

impl Request<'_> {
    /// The bindings that `with` writes down for a message `input`.
    pub fn read(
        &self,
        input: ShapeId,
        with: Option<(&Literal, Pos)>,
        problems: &mut Problems,
    ) -> Made {
        let mut made = Made::default();
        let Some((Literal::Object(fields), at)) = with else { return made };
        let spots = self.text.spots(at);
        if let Some(twice) = duplicate(&spots) {
            let name = twice.path.last().map(String::as_str).unwrap_or_default();
            let message = format!("`{name}` is set twice");
            problems.push(Problem::at(twice.key.clone(), message));
        }
        let mut at = At { spots: &spots, keys: Vec::new(), whole: self.text.place(at) };
        self.message(input, &[], fields, &mut at, &mut made, problems);
        made
    }

    fn message(
        &self,
        shape: ShapeId,
        path: &[usize],
        fields: &async_graphql::indexmap::IndexMap<async_graphql::Name, Literal>,
        at: &mut At,
        made: &mut Made,
        problems: &mut Problems,
    ) {
        for (name, value) in fields {
            at.keys.push(name.to_string());
            if let Err(problem) = self.field(shape, path, name, value, at, made, problems) {
                problems.push(problem);
            }
            at.keys.pop();
        }
    }

    #[allow(clippy::too_many_arguments, reason = "a step of one recursion")]
    fn field(
        &self,
        id: ShapeId,
        path: &[usize],
        name: &str,
        value: &Literal,
        at: &mut At,
        made: &mut Made,
        problems: &mut Problems,
    ) -> Result<(), Problem> {
        let shape = self.view.shapes().get(id);
        let index = self.view.table(id).index(name.as_bytes());
        let found = index.and_then(|index| Some((index, shape.fields.get(index)?)));
        let target = |leaf| Target { path: path.to_vec(), leaf };
        let Some((index, field)) = found else {
            let oneof = shape.oneofs.iter().position(|known| **known == *name);
            let Some(oneof) = oneof else { return Err(self.unknown(id, name, at.key())) };
            let argument = self.oneof(id, shape, oneof, value, at)?;
            made.arguments.insert(argument);
            let target = target(model::Place::Oneof(oneof));
            made.bindings.push(Binding { target, value: Value::Argument(argument) });
            return Ok(());
        };
        self.check_oneof(shape, field, path, made, at)?;
        let whole = field
            .message()
            .filter(|_| !field.is_repeated())
            .filter(|message| self.view.shapes().get(*message).well_known.is_none());
        if let (Some(inner), Literal::Object(fields)) = (whole, value) {
            if path.len() >= MOST_DEPTH {
                return Err(Problem::at(at.key(), "this is nested too deep"));
            }
            let path = [path, &[index]].concat();
            self.message(inner, &path, fields, at, made, problems);
            return Ok(());
        }
        let value = match value {
            Literal::String(text) if text.starts_with("$$") => {
                self.constant(id, field, value, at)?
            }
            Literal::String(text) if text.starts_with('$') => {
                let value = self.variable(text, field, at)?;
                if let Value::Argument(argument) = value {
                    made.arguments.insert(argument);
                }
                value
            }
            value => self.constant(id, field, value, at)?,
        };
        let target = target(model::Place::Field(index));
        made.bindings.push(Binding { target, value });
        Ok(())
    }

    /// Sees that no other member of a field's oneof is set.
    fn check_oneof(
        &self,
        shape: &Shape,
        field: &Field,
        path: &[usize],
        made: &Made,
        at: &At,
    ) -> Result<(), Problem> {
        let Some(oneof) = field.oneof() else { return Ok(()) };
        let taken = made.bindings.iter().find_map(|binding| {
            let depth = binding.target.path.get(..path.len()).filter(|start| *start == path)?.len();
            let index = match (binding.target.path.get(depth), binding.target.leaf) {
                (Some(index), _) => *index,
                (None, model::Place::Field(index)) => index,
                (None, model::Place::Oneof(other)) if other == oneof => {
                    return Some(shape.oneofs.get(other)?.as_ref());
                }
                (None, model::Place::Oneof(_)) => return None,
            };
            let other = shape.fields.get(index)?;
            (other.oneof() == Some(oneof) && other.number != field.number).then_some(&*other.name)
        });
        match taken {
            Some(other) => {
                let message = format!("`{}` cannot be set beside `{other}`", field.name);
                let hint = "of a oneof one field is set";
                Err(Problem::at(at.key(), message).with_hint(hint))
            }
            None => Ok(()),
        }
    }

    fn unknown(&self, id: ShapeId, name: &str, place: Place) -> Problem {
        let shape = self.view.shapes().get(id);
        let known = shape.fields.iter().map(|field| &*field.name);
        let known = known.chain(shape.oneofs.iter().map(|name| &**name));
        let hint = suggest::hint(name, known.collect::<Vec<_>>());
        let message = format!("`{}` has no field `{name}`", shape.full_name);
        Problem { hint, ..Problem::at(place, message) }
    }

    fn variable(&self, text: &str, field: &Field, at: &At) -> Result<Value, Problem> {
        let place = at.value();
        let shapes = self.view.shapes();
        if let Some(name) = text.strip_prefix("$args.") {
            return self.argument(name, field, place).map(Value::Argument);
        }
        let Some(path) = text.strip_prefix("$parent.") else {
            let hint = "write `$parent.` or `$args.` and a name, or `$$` for a text that starts with a dollar";
            return Err(Problem::at(place, format!("`{text}` is no value")).with_hint(hint));
        };
        let Some(parent) = self.parent else { return Err(Problem::at(place, self.no_parent)) };
        let found = path::of_parent(self.model, self.view, parent, path, &place)?;
        if !path::fits(found.field, field) {
            let message = format!(
                "`{}` takes {}, and `{path}` is {}",
                field.name,
                path::describe(shapes, field),
                path::describe(shapes, found.field),
            );
            return Err(Problem::at(place, message));
        }
        Ok(Value::Parent(found.path))
    }

    fn find_argument(&self, name: &str, place: &Place) -> Result<(usize, &Argument), Problem> {
        let found = self.arguments.iter().enumerate().find(|(_, known)| known.name == name);
        found.ok_or_else(|| {
            let known: Vec<_> = self.arguments.iter().map(|known| known.name.as_str()).collect();
            let message = format!("the field has no argument `{name}`");
            let hint = suggest::hint(name, known);
            Problem { hint, ..Problem::at(place.clone(), message) }
        })
    }

    fn argument(&self, name: &str, field: &Field, place: Place) -> Result<usize, Problem> {
        let (index, argument) = self.find_argument(name, &place)?;
        let shapes = self.view.shapes();
        let real = types::of_value(self.model, shapes, field.kind, Way::In);
        let fits = real.is_some_and(|real| types::is_as(argument.ty.named, real, Way::In))
            && argument.ty.list.is_some() == types::is_list(field);
        if fits {
            return Ok(index);
        }
        let message = format!(
            "`{}` takes {}, and the argument `{name}` is `{}`",
            field.name,
            path::describe(shapes, field),
            self.model.written(&argument.ty),
        );
        let problem = Problem::at(place, message);
        Err(match real {
            Some(real) => {
                let name = self.model.name(real);
                let name = if types::is_list(field) { format!("[{name}!]") } else { name.into() };
                problem.with_hint(format!("declare it as `{name}`"))
            }
            None => problem.with_hint("the schema has no input type for that"),
        })
    }

    /// The argument that sets a oneof.
    fn oneof(
        &self,
        id: ShapeId,
        shape: &Shape,
        oneof: usize,
        value: &Literal,
        at: &At,
    ) -> Result<usize, Problem> {
        let name = match value {
            Literal::String(text) => text.strip_prefix("$args."),
            _ => None,
        };
        let Some(name) = name else {
            let message = "a oneof as a whole is set by an argument alone";
            return Err(
                Problem::at(at.value(), message).with_hint("name one of its fields instead")
            );
        };
        let (index, argument) = self.find_argument(name, &at.value())?;
        let real = types::of_oneof(self.model, shape, id, oneof);
        if Some(argument.ty.named) == real && argument.ty.list.is_none() {
            return Ok(index);
        }
        let message = format!(
            "the argument `{name}` is `{}`, which sets no oneof of `{}`",
            self.model.written(&argument.ty),
            shape.full_name,
        );
        let problem = Problem::at(at.value(), message);
        Err(match real {
            Some(real) => problem.with_hint(format!("declare it as `{}`", self.model.name(real))),
            None => problem,
        })
    }

    fn constant(
        &self,
        id: ShapeId,
        field: &Field,
        value: &Literal,
        at: &At,
    ) -> Result<Value, Problem> {
        let json = constant_json(value).map_err(|message| Problem::at(at.value(), message))?;
        let broken = |error: &dyn std::fmt::Display| Problem::at(at.value(), error.to_string());
        // The field alone, so that the bytes can stand in its message whatever else does.
        let path =
            FieldPath::resolve(self.view, id, &field.json_name).map_err(|error| broken(&error))?;
        let mut wire = Vec::new();
        let options = DecodeOptions::default();
        decode_field(self.view, &path, json.to_string().as_bytes(), &options, &mut wire)
            .map_err(|error| broken(&error))?;
        Ok(Value::Constant(wire))
    }
}

/// A constant as JSON. A dollar at the start of a text is doubled, for what one means elsewhere.
fn constant_json(value: &Literal) -> Result<serde_json::Value, String> {
    use serde_json::Value as Json;
    Ok(match value {
        Literal::Null | Literal::Binary(_) => Json::Null,
        Literal::Number(number) => Json::Number(number.clone()),
        Literal::Boolean(value) => Json::Bool(*value),
        Literal::Enum(name) => Json::String(name.to_string()),
        Literal::String(text) => match text.strip_prefix('$') {
            Some(rest) if rest.starts_with('$') => Json::String(rest.to_owned()),
            Some(_) => return Err(format!("`{text}` cannot stand inside of a constant")),
            None => Json::String(text.clone()),
        },
        Literal::List(items) => {
            Json::Array(items.iter().map(constant_json).collect::<Result<_, _>>()?)
        }
        Literal::Object(fields) => {
            let entry = |(name, value): (&async_graphql::Name, _)| {
                Ok::<_, String>((name.to_string(), constant_json(value)?))
            };
            Json::Object(fields.iter().map(entry).collect::<Result<_, _>>()?)
        }
    })
}
