//! Examples, made from the shapes: the same each time, and valid against their schemas.

use serde_json::{Map, Value, json};

use super::schema::Schemas;
use super::uses::Way;
use super::written;
use crate::contract::shape::{Cardinality, Field, Kind, ShapeId, WellKnown};

/// Messages deeper than this are left out.
const DEEPEST: usize = 4;

impl Schemas<'_> {
    /// A message with most of its fields set, as far as `keep` keeps them. `None` where it would
    /// have to hold itself.
    pub fn example(&self, id: ShapeId, way: Way, keep: &dyn Fn(usize) -> bool) -> Option<Value> {
        self.example_below(id, way, keep, &mut Vec::new())
    }

    /// One value of a field, a list or a map with one.
    pub fn example_of_field(&self, field: &Field, way: Way) -> Option<Value> {
        self.field_below(field, way, &mut Vec::new())
    }

    fn example_below(
        &self,
        id: ShapeId,
        way: Way,
        keep: &dyn Fn(usize) -> bool,
        above: &mut Vec<ShapeId>,
    ) -> Option<Value> {
        let shape = self.view.shapes().get(id);
        if let Some(known) = shape.well_known {
            return Some(known_value(known));
        }
        if above.contains(&id) || above.len() >= DEEPEST {
            return None;
        }
        above.push(id);
        let mut example = Map::new();
        let mut chosen = vec![false; shape.oneofs.len()];
        let mut whole = true;
        for (index, field) in shape.fields.iter().enumerate().filter(|(index, _)| keep(*index)) {
            let Some(name) = written(self.view, id, index) else { continue };
            let notes = self.described.field(shape, field);
            let required = self.is_required(field, &notes, way);
            let hidden = match way {
                Way::In => notes.output_only,
                Way::Out => notes.input_only,
            };
            // A mask says which fields count: one that was made up would be wrong everywhere.
            let is_mask = field.message().is_some_and(|id| {
                self.view.shapes().get(id).well_known == Some(WellKnown::FieldMask)
            });
            if !required && (hidden || field.deprecated || field.extension || is_mask) {
                continue;
            }
            if let Some(chosen) = field.oneof().and_then(|oneof| chosen.get_mut(oneof))
                && std::mem::replace(chosen, true)
            {
                continue;
            }
            let value = self.field_below(field, way, above).or_else(|| match field.cardinality {
                Cardinality::Repeated => required.then(|| json!([])),
                Cardinality::Map => required.then(|| json!({})),
                Cardinality::Singular => None,
            });
            whole &= value.is_some() || !required;
            if let Some(value) = value {
                example.insert(name, value);
            }
        }
        above.pop();
        whole.then(|| example.into())
    }

    fn field_below(&self, field: &Field, way: Way, above: &mut Vec<ShapeId>) -> Option<Value> {
        let shapes = self.view.shapes();
        match field.cardinality {
            Cardinality::Singular => self.single_below(field.kind, way, above),
            Cardinality::Repeated => {
                self.single_below(field.kind, way, above).map(|value| json!([value]))
            }
            Cardinality::Map => {
                let entry = shapes.get(field.message()?);
                let key = match entry.field(1)?.kind {
                    Kind::Bool => "true",
                    Kind::String => "key",
                    _ => "1",
                };
                let value = self.single_below(entry.field(2)?.kind, way, above)?;
                Some(json!({ key: value }))
            }
        }
    }

    fn single_below(&self, kind: Kind, way: Way, above: &mut Vec<ShapeId>) -> Option<Value> {
        match kind {
            Kind::Message(id) | Kind::Group(id) => self.example_below(id, way, &|_| true, above),
            Kind::Enum(id) => {
                let shape = self.view.shapes().get_enum(id);
                // The first value says that nothing was said, as a rule.
                let (name, number) = shape.values.get(1).or(shape.values.first())?;
                Some(match (shape.null_value, way) {
                    (true, _) => Value::Null,
                    (false, Way::Out) if self.options.enum_as_number => json!(number),
                    (false, Way::Out) => json!(shape.name(*number)?),
                    (false, Way::In) => json!(name),
                })
            }
            kind => Some(scalar(kind)),
        }
    }
}

fn scalar(kind: Kind) -> Value {
    match kind {
        Kind::Double | Kind::Float => json!(1.5),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => json!("1"),
        Kind::Bool => json!(true),
        Kind::String => json!("text"),
        Kind::Bytes => json!("AQID"),
        _ => json!(1),
    }
}

fn known_value(known: WellKnown) -> Value {
    match known {
        WellKnown::Any => {
            json!({ "@type": "type.googleapis.com/google.protobuf.Duration", "value": "90s" })
        }
        WellKnown::Timestamp => json!("2026-01-31T12:00:00Z"),
        WellKnown::Duration => json!("90s"),
        WellKnown::FieldMask => json!("name"),
        WellKnown::Struct => json!({ "key": "text" }),
        WellKnown::Value => json!("text"),
        WellKnown::ListValue => json!(["text"]),
        WellKnown::Empty => json!({}),
        WellKnown::Wrapper(kind) => scalar(kind),
    }
}
