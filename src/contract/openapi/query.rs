//! Query parameters: the fields that neither the path nor the body sets.

use serde_json::{Map, Value, json};

use super::{schema, written};
use crate::contract::described::Described;
use crate::contract::shape::{Cardinality, Kind, ShapeId};
use crate::contract::view::View;

/// Fields deeper than this are not listed, though they can be set.
const DEEPEST: usize = 5;
/// Nor are fields beyond so many.
const MOST: usize = 200;

/// The query parameters of an operation.
#[derive(Debug, Default)]
pub struct Query {
    /// Those that are listed.
    pub parameters: Vec<Value>,
    /// Whether there are others: messages within themselves, or more than can be listed.
    pub has_more: bool,
}

struct Walk<'w> {
    view: &'w View,
    described: &'w Described<'w>,
    /// Places in messages that something else sets, as paths of field indexes.
    taken: &'w [Vec<usize>],
    above: Vec<ShapeId>,
    place: Vec<usize>,
    query: Query,
}

/// Lists the fields of `message`. `taken` are the places of the fields that are set elsewhere.
pub fn of(view: &View, described: &Described<'_>, message: ShapeId, taken: &[Vec<usize>]) -> Query {
    let mut walk = Walk {
        view,
        described,
        taken,
        above: Vec::new(),
        place: Vec::new(),
        query: Query::default(),
    };
    walk.message(message, "");
    walk.query
}

impl Walk<'_> {
    fn message(&mut self, id: ShapeId, prefix: &str) {
        if self.above.contains(&id) || self.above.len() >= DEEPEST {
            self.query.has_more = true;
            return;
        }
        self.above.push(id);
        let (view, described) = (self.view, self.described);
        let shape = view.shapes().get(id);
        for (index, field) in shape.fields.iter().enumerate() {
            let Some(name) = written(view, id, index) else { continue };
            let notes = described.field(shape, field);
            self.place.push(index);
            let is_set = self.taken.contains(&self.place);
            // What cannot be a query parameter, or says nothing as one, is passed over in silence.
            if !is_set && !notes.output_only && field.cardinality != Cardinality::Map {
                let name = format!("{prefix}{name}");
                match (schema::text(view, field.kind), field.kind) {
                    (Some(schema), _) => {
                        let required = notes.required && prefix.is_empty();
                        let schema = match field.cardinality {
                            Cardinality::Repeated => json!({ "type": "array", "items": schema }),
                            _ => schema,
                        };
                        let parameter = Parameter {
                            name: &name,
                            place: "query",
                            required,
                            comment: notes.comment.as_deref(),
                            deprecated: field.deprecated,
                            schema,
                        };
                        self.add(parameter);
                    }
                    (None, Kind::Message(below) | Kind::Group(below))
                        if !field.is_repeated()
                            && schema::is_plain(view.shapes().get(below).well_known) =>
                    {
                        self.message(below, &format!("{name}."));
                    }
                    (None, _) => {}
                }
            }
            self.place.pop();
        }
        self.above.pop();
    }

    fn add(&mut self, parameter: Parameter<'_>) {
        if self.query.parameters.len() < MOST {
            self.query.parameters.push(parameter.into());
        } else {
            self.query.has_more = true;
        }
    }
}

/// A parameter of an operation.
pub struct Parameter<'p> {
    /// Its name.
    pub name: &'p str,
    /// `path`, `query` or `header`.
    pub place: &'static str,
    /// Whether a request without it is none.
    pub required: bool,
    /// What is said of it.
    pub comment: Option<&'p str>,
    /// Whether it is to be avoided.
    pub deprecated: bool,
    /// What it may be.
    pub schema: Value,
}

impl From<Parameter<'_>> for Value {
    fn from(parameter: Parameter<'_>) -> Self {
        let mut written = Map::new();
        written.insert("name".into(), parameter.name.into());
        written.insert("in".into(), parameter.place.into());
        if let Some(comment) = parameter.comment {
            written.insert("description".into(), comment.into());
        }
        for (is, key) in [(parameter.required, "required"), (parameter.deprecated, "deprecated")] {
            if is {
                written.insert(key.into(), true.into());
            }
        }
        written.insert("schema".into(), parameter.schema);
        written.into()
    }
}
