//! Paths to fields of requests, replies and parents, as a file names them.

use crate::codec::{FieldPath, PathError};
use crate::config::{Place, Problem, suggest};
use crate::contract::graphql::{Model, ObjectOf, Source};
use crate::contract::shape::{Cardinality, Field, Kind, ShapeId, Shapes};
use crate::contract::view::View;

/// How deep a path may lead.
const MOST_STEPS: usize = 64;

/// A field that a path leads to: the fields on the way, by index, and the last one.
#[derive(Debug)]
pub struct Found<'a> {
    /// At least one.
    pub path: Vec<usize>,
    /// The last field.
    pub field: &'a Field,
}

impl Found<'_> {
    /// The path without its last field, and that.
    pub fn split(self) -> (Vec<usize>, usize) {
        let mut path = self.path;
        // There always is a last one.
        let leaf = path.pop().unwrap_or_default();
        (path, leaf)
    }
}

/// The field that `text` names below the message `root`, by the names of `view`.
pub fn resolve<'a>(
    view: &'a View,
    root: ShapeId,
    text: &str,
    place: &Place,
) -> Result<Found<'a>, Problem> {
    let path = FieldPath::resolve(view, root, text).map_err(|error| explain(error, place))?;
    let nothing = || Problem::at(place.clone(), format!("`{text}` names no field"));
    let (_, field) = path.leaf(view.shapes()).ok_or_else(nothing)?;
    let path = path.steps().iter().map(|(_, index)| *index).collect();
    Ok(Found { path, field })
}

/// The problem that a path leads nowhere.
fn explain(error: PathError, place: &Place) -> Problem {
    match error {
        PathError::Unknown { name, message, nearest } => {
            let problem = Problem::at(place.clone(), format!("`{message}` has no field `{name}`"));
            let hint = nearest.map(|name| format!("did you mean `{name}`?"));
            Problem { hint, ..problem }
        }
        PathError::NotAMessage { name, kind } => {
            Problem::at(place.clone(), format!("`{name}` is `{kind}`: no field is below it"))
        }
        PathError::Repeated { name } => {
            Problem::at(place.clone(), format!("`{name}` is a list: no path leads through it"))
        }
        other => Problem::at(place.clone(), other.to_string()),
    }
}

/// The field that `text` names below a message that an object stands for: by the names of `view` or
/// those of GraphQL.
pub fn of_parent<'a>(
    model: &Model,
    view: &'a View,
    root: ShapeId,
    text: &str,
    place: &Place,
) -> Result<Found<'a>, Problem> {
    let shapes = view.shapes();
    let (mut shape, mut path) = (root, Vec::new());
    let mut parts = text.split('.').peekable();
    while let Some(part) = parts.next() {
        let index = view.table(shape).index(part.as_bytes()).or_else(|| named(model, shape, part));
        let found = index.and_then(|index| Some((index, shapes.get(shape).fields.get(index)?)));
        let Some((index, field)) = found else {
            return Err(unknown(model, view, shape, part, place));
        };
        path.push(index);
        if parts.peek().is_none() {
            return Ok(Found { path, field });
        }
        if path.len() >= MOST_STEPS {
            return Err(explain(PathError::TooLong, place));
        }
        let name = part.to_owned();
        if field.is_repeated() {
            return Err(explain(PathError::Repeated { name }, place));
        }
        let kind = field.kind.name();
        shape =
            field.message().ok_or_else(|| explain(PathError::NotAMessage { name, kind }, place))?;
    }
    Err(Problem::at(place.clone(), "`$parent` is followed by a dot and a field"))
}

/// The field that GraphQL knows by that name.
fn named(model: &Model, shape: ShapeId, name: &str) -> Option<usize> {
    let object = model.objects.iter().find(|object| object.of == ObjectOf::Message(shape))?;
    object.fields.iter().find_map(|field| match field.source {
        Source::Field(index) if field.name == name => Some(index),
        _ => None,
    })
}

fn unknown(model: &Model, view: &View, shape: ShapeId, name: &str, place: &Place) -> Problem {
    let message = view.shapes().get(shape);
    let object = model.objects.iter().find(|object| object.of == ObjectOf::Message(shape));
    let fields = object.into_iter().flat_map(|object| &object.fields);
    let known = message.fields.iter().flat_map(|field| [&*field.name, &*field.json_name]);
    let known = known.chain(fields.map(|field| field.name.as_str()));
    // Short names such as `id` stand for longer ones more often than for others as short.
    let ending = || {
        let mut names = message.fields.iter().map(|field| &*field.name);
        names.find(|known| known.strip_suffix(name).is_some_and(|rest| rest.ends_with('_')))
    };
    let nearest = suggest::nearest(name, known).or_else(ending);
    let problem =
        Problem::at(place.clone(), format!("`{}` has no field `{name}`", message.full_name));
    match nearest.or_else(|| view.table(shape).nearest(name)) {
        Some(nearest) => problem.with_hint(format!("did you mean `{nearest}`?")),
        None => problem,
    }
}

/// Whether the wire bytes of one field, under another tag, are the other's.
pub fn fits(from: &Field, to: &Field) -> bool {
    let same = match (from.kind, to.kind) {
        (Kind::Int32, Kind::Int64)
        | (Kind::Uint32, Kind::Uint64 | Kind::Int64)
        | (Kind::Sint32, Kind::Sint64) => true,
        (from, to) => from == to,
    };
    same && !from.is_repeated() && to.cardinality != Cardinality::Map
}

/// What a field holds, for people.
pub fn describe(shapes: &Shapes, field: &Field) -> String {
    let kind = match field.kind {
        Kind::Enum(id) => shapes.get_enum(id).full_name.to_string(),
        Kind::Message(id) | Kind::Group(id) => shapes.get(id).full_name.to_string(),
        kind => kind.name().to_owned(),
    };
    match field.cardinality {
        Cardinality::Singular => format!("`{kind}`"),
        Cardinality::Repeated => format!("a list of `{kind}`"),
        Cardinality::Map => "a map".to_owned(),
    }
}
