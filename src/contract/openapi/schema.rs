//! The schemas of messages, enums and fields.

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use super::uses::{Type, Uses, Way};
use super::{Options, scalar, written};
use crate::contract::described::{Described, FieldNotes};
use crate::contract::shape::{
    Cardinality, EnumId, EnumShape, Field, Kind, Shape, ShapeId, WellKnown,
};
use crate::contract::view::View;

/// Up to so many members of a oneof are told as pairs that exclude each other, which tools that
/// make types of schemas pass over; beyond it the pairs would be too many.
const MOST_PAIRED: usize = 24;

/// Writes schemas, and collects those that others refer to.
pub struct Schemas<'d> {
    pub(super) view: &'d View,
    pub(super) options: &'d Options,
    pub(super) described: &'d Described<'d>,
    uses: &'d Uses,
    /// Schemas of the contract's types that something refers to, until they are written.
    open: RefCell<Vec<String>>,
    more: Map<String, Value>,
}

impl<'d> Schemas<'d> {
    /// Of the types in `uses`.
    pub fn new(
        view: &'d View,
        options: &'d Options,
        described: &'d Described<'d>,
        uses: &'d Uses,
    ) -> Self {
        Self { view, options, described, uses, open: RefCell::default(), more: Map::new() }
    }

    /// Adds a schema that is no type of the contract; its name has a `-` in it, which no type's
    /// has.
    pub fn add(&mut self, name: &str, schema: impl FnOnce() -> Value) -> Value {
        if !self.more.contains_key(name) {
            self.more.insert(name.to_owned(), schema());
        }
        reference(name)
    }

    /// The `schemas` of the components: all that are referred to, and what those refer to.
    pub fn finish(self) -> Map<String, Value> {
        let mut schemas = super::errors::schemas(self.options);
        schemas.extend(self.more.clone());
        let types = self.uses.by_name();
        loop {
            // Let go of before the next schema adds to it.
            let Some(name) = self.open.borrow_mut().pop() else { break };
            if schemas.contains_key(&name) {
                continue;
            }
            let schema = match types.get(name.as_str()) {
                Some(Type::Message(id, way)) => self.object(*id, *way),
                Some(Type::Enum(id, way)) => self.enumeration(*id, *way),
                None => continue,
            };
            schemas.insert(name, schema);
        }
        schemas
    }

    /// The schema of a message where it is used.
    pub fn message(&self, id: ShapeId, way: Way) -> Value {
        match self.view.shapes().get(id).well_known {
            Some(known) => scalar::well_known(known, way, self.is_closed(way)),
            None => self.refer(self.uses.message(id, way)),
        }
    }

    /// The schema of a field's value, without what is said of the field.
    pub fn value(&self, field: &Field, way: Way) -> Value {
        match field.cardinality {
            Cardinality::Singular => self.single(field.kind, way),
            Cardinality::Repeated => {
                json!({ "type": "array", "items": self.single(field.kind, way) })
            }
            Cardinality::Map => {
                let entry = field.message().map(|id| self.view.shapes().get(id));
                let of = |number| entry.and_then(|entry| entry.field(number));
                let mut schema = Map::new();
                schema.insert("type".into(), "object".into());
                if let Some(keys) = of(1).and_then(|key| scalar::keys(key.kind)) {
                    schema.insert("propertyNames".into(), keys);
                }
                let value = of(2).map(|value| self.single(value.kind, way));
                schema.insert("additionalProperties".into(), value.unwrap_or(json!(true)));
                schema.into()
            }
        }
    }

    /// The schema of a message written out.
    pub fn object(&self, id: ShapeId, way: Way) -> Value {
        let shape = self.view.shapes().get(id);
        let (comment, deprecated) = self.described.message(shape);
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (index, field) in shape.fields.iter().enumerate() {
            let Some(name) = written(self.view, id, index) else { continue };
            let notes = self.described.field(shape, field);
            if self.is_required(field, &notes, way) {
                required.push(Value::from(name.as_str()));
            }
            properties.insert(name, self.field(field, &notes, way));
        }
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        if let Some(comment) = comment {
            schema.insert("description".into(), comment.into());
        }
        if deprecated {
            schema.insert("deprecated".into(), true.into());
        }
        schema.insert("properties".into(), properties.into());
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        if self.is_closed(way) {
            schema.insert("additionalProperties".into(), false.into());
        }
        self.oneofs(id, shape, &mut schema);
        schema.into()
    }

    /// Whether a field is there in every message that goes this way.
    pub fn is_required(&self, field: &Field, notes: &FieldNotes, way: Way) -> bool {
        match way {
            Way::In => notes.required && !notes.output_only,
            // What the encoder writes whatever the message holds. That a service calls a field
            // required says nothing: at its default value it is left out all the same.
            Way::Out => {
                self.options.emit_defaults
                    && !field.extension
                    && (!field.presence || field.is_repeated())
            }
        }
    }

    fn refer(&self, name: Option<&str>) -> Value {
        let Some(name) = name else { return json!({}) };
        self.open.borrow_mut().push(name.to_owned());
        reference(name)
    }

    fn is_closed(&self, way: Way) -> bool {
        way == Way::In && self.options.refuse_unknown
    }

    fn field(&self, field: &Field, notes: &FieldNotes, way: Way) -> Value {
        let mut value = self.value(field, way);
        if let Value::Object(schema) = &mut value {
            if let Some(comment) = &notes.comment {
                schema.insert("description".into(), comment.as_str().into());
            }
            for (is, key) in [
                (field.deprecated, "deprecated"),
                (notes.output_only, "readOnly"),
                (notes.input_only, "writeOnly"),
            ] {
                if is {
                    schema.insert(key.into(), true.into());
                }
            }
        }
        value
    }

    fn single(&self, kind: Kind, way: Way) -> Value {
        match kind {
            Kind::Message(id) | Kind::Group(id) => self.message(id, way),
            Kind::Enum(id) if self.view.shapes().get_enum(id).null_value => {
                json!({ "type": "null" })
            }
            Kind::Enum(id) => self.refer(self.uses.enumeration(id, way)),
            kind => scalar::json(kind, way),
        }
    }

    fn enumeration(&self, id: EnumId, way: Way) -> Value {
        let shape = self.view.shapes().get_enum(id);
        let (comment, values) = self.described.enumeration(shape);
        let mut about = comment.unwrap_or_default().to_owned();
        let with_numbers = self.options.enum_as_number && way == Way::Out;
        if with_numbers || values.iter().any(Option::is_some) {
            about.push_str("\n\n");
            for ((name, number), comment) in shape.values.iter().zip(values) {
                let name = if with_numbers { format!("{number} {name}") } else { name.to_string() };
                // A list item ends with its line.
                let comment = comment.unwrap_or_default().replace('\n', " ");
                let colon = if comment.is_empty() { "" } else { ": " };
                about.push_str(&format!("- `{name}`{colon}{comment}\n"));
            }
        }
        let mut schema = enum_schema(shape, self.options.enum_as_number, way);
        if let (Value::Object(schema), false) = (&mut schema, about.trim().is_empty()) {
            schema.insert("description".into(), about.trim().into());
        }
        schema
    }

    /// That of each oneof one member at most is there: where one is, those behind it are not.
    fn oneofs(&self, id: ShapeId, shape: &Shape, schema: &mut Map<String, Value>) {
        let mut dependent = Map::new();
        let mut choices = Vec::new();
        for oneof in 0..shape.oneofs.len() {
            let fields = shape.fields.iter().enumerate();
            let members = fields.filter(|(_, f)| f.oneof() == Some(oneof));
            let members: Vec<_> =
                members.filter_map(|(index, _)| written(self.view, id, index)).collect();
            if members.len() > MOST_PAIRED {
                let any: Vec<_> = members.iter().map(|n| json!({ "required": [n] })).collect();
                let none = json!({ "not": { "anyOf": any.clone() } });
                let one = any.into_iter().chain([none]).collect::<Vec<_>>();
                choices.push(json!({ "oneOf": one }));
                continue;
            }
            let mut rest = members.as_slice();
            while let [name, others @ ..] = rest {
                rest = others;
                if !others.is_empty() {
                    let others = json!({ "propertyNames": { "not": { "enum": others } } });
                    dependent.insert(name.clone(), others);
                }
            }
        }
        if !dependent.is_empty() {
            schema.insert("dependentSchemas".into(), dependent.into());
        }
        if !choices.is_empty() {
            schema.insert("allOf".into(), choices.into());
        }
    }
}

/// A reference to a schema of the components.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An enum: as names, but for numbers that have none; as numbers, if the listener writes them so;
/// and read in either way.
fn enum_schema(shape: &EnumShape, as_number: bool, way: Way) -> Value {
    let is_first = |name: &str, number: i32| shape.name(number) == Some(name);
    let numbers = match shape.closed {
        false => json!({ "type": "integer", "format": "int32" }),
        true => {
            let firsts = shape.values.iter().filter(|(name, number)| is_first(name, *number));
            let firsts: Vec<i32> = firsts.map(|(_, number)| *number).collect();
            json!({ "type": "integer", "enum": firsts })
        }
    };
    let names = || {
        let named = shape.values.iter().filter(|(name, n)| way == Way::In || is_first(name, *n));
        let named: Vec<&str> = named.map(|(name, _)| &**name).collect();
        json!({ "type": "string", "enum": named })
    };
    match (way, as_number, shape.closed) {
        (Way::Out, true, _) => numbers,
        (Way::Out, false, true) => names(),
        (Way::Out, false, false) | (Way::In, ..) => json!({ "anyOf": [names(), numbers] }),
    }
}

/// The schema of a value in a path or a query; `None` where it has no text form.
pub fn text(view: &View, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Enum(id) => {
            let shape = view.shapes().get_enum(id);
            let names: Vec<&str> = shape.values.iter().map(|(name, _)| &**name).collect();
            Some(json!({ "type": "string", "enum": names }))
        }
        Kind::Message(id) => view.shapes().get(id).well_known.and_then(scalar::well_known_text),
        Kind::Group(_) => None,
        kind => Some(scalar::text(kind)),
    }
}

/// Whether a message has fields of its own to set one by one.
pub fn is_plain(known: Option<WellKnown>) -> bool {
    known.is_none()
}
