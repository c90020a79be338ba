//! Which types requests and replies use, and what their schemas are called.

use std::collections::{HashMap, HashSet};

use super::{Binding, Options, scalar};
use crate::contract::described::Described;
pub use crate::contract::described::Way;
use crate::contract::http_rule::Body;
use crate::contract::shape::{EnumId, Field, Kind, ShapeId};
use crate::contract::view::View;

/// Every type that the bindings lead to.
#[derive(Debug)]
pub struct Uses {
    messages: HashMap<(ShapeId, Way), String>,
    enums: HashMap<(EnumId, Way), String>,
}

impl Uses {
    /// The types of `bindings` and their names: the type's own, but `.Input` behind it where a
    /// reply has the type, too, and its schema is another one.
    pub fn of(
        view: &View,
        options: &Options,
        described: &Described<'_>,
        bindings: &[Binding],
    ) -> Self {
        let (mut input, mut output) = (Reached::new(view), Reached::new(view));
        for Binding { operation, rule, .. } in bindings {
            match &rule.body {
                Body::None => {}
                Body::Whole => input.message(operation.input),
                Body::Field(name) => input.field_named(operation.input, name),
            }
            match &rule.response_body {
                None => output.message(operation.output),
                Some(name) => output.field_named(operation.output, name),
            }
        }
        let shapes = view.shapes();
        let enum_differs = |id: EnumId| {
            let shape = shapes.get_enum(id);
            let alias = |(name, number): &(Box<str>, i32)| shape.name(*number) != Some(name);
            options.enum_as_number || shape.closed || shape.values.iter().any(alias)
        };
        let differing = differing(&input, &output, |id| {
            let shape = shapes.get(id);
            let differs = |field: &Field| {
                let leaf = match field.cardinality {
                    crate::contract::shape::Cardinality::Map => {
                        field.message().and_then(|entry| shapes.get(entry).field(2)).map(|v| v.kind)
                    }
                    _ => Some(field.kind),
                };
                let kind = match leaf {
                    Some(Kind::Message(id)) => match shapes.get(id).well_known {
                        Some(known) => scalar::known_differs(known),
                        None => false,
                    },
                    Some(Kind::Enum(id)) => enum_differs(id),
                    Some(kind) => scalar::differs(kind),
                    None => false,
                };
                kind || described.field(shape, field).required
            };
            options.refuse_unknown || options.emit_defaults || shape.fields.iter().any(differs)
        });

        let named = |name: &str, differs: bool| match differs {
            false => name.to_owned(),
            // A message may have one named `Input` within.
            true if shapes.id(&format!("{name}.Input")).is_some() => format!("{name}-input"),
            true => format!("{name}.Input"),
        };
        let mut uses = Self { messages: HashMap::new(), enums: HashMap::new() };
        for id in &output.messages {
            uses.messages.insert((*id, Way::Out), shapes.get(*id).full_name.to_string());
        }
        for id in &input.messages {
            let name = named(&shapes.get(*id).full_name, differing.contains(id));
            uses.messages.insert((*id, Way::In), name);
        }
        for id in &output.enums {
            uses.enums.insert((*id, Way::Out), shapes.get_enum(*id).full_name.to_string());
        }
        for id in &input.enums {
            let differs = output.enums.contains(id) && enum_differs(*id);
            let name = named(&shapes.get_enum(*id).full_name, differs);
            uses.enums.insert((*id, Way::In), name);
        }
        uses
    }

    /// The name of a message's schema.
    pub fn message(&self, id: ShapeId, way: Way) -> Option<&str> {
        self.messages.get(&(id, way)).map(String::as_str)
    }

    /// The name of an enum's schema.
    pub fn enumeration(&self, id: EnumId, way: Way) -> Option<&str> {
        self.enums.get(&(id, way)).map(String::as_str)
    }

    /// What every name stands for. Where requests and replies have one schema, it is the same
    /// whichever of them it is made for.
    pub fn by_name(&self) -> HashMap<&str, Type> {
        let messages = self.messages.iter();
        let messages = messages.map(|((id, way), name)| (&**name, Type::Message(*id, *way)));
        let enums = self.enums.iter();
        messages.chain(enums.map(|((id, way), name)| (&**name, Type::Enum(*id, *way)))).collect()
    }
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A message, and which way it goes.
    Message(ShapeId, Way),
    /// An enum.
    Enum(EnumId, Way),
}

/// The messages on both sides whose schemas differ: in themselves, or in what they lead to.
fn differing(
    input: &Reached<'_>,
    output: &Reached<'_>,
    differs: impl Fn(ShapeId) -> bool,
) -> HashSet<ShapeId> {
    let both = input.messages.intersection(&output.messages).copied();
    let mut differing: HashSet<ShapeId> = HashSet::new();
    let mut used_by: HashMap<ShapeId, Vec<ShapeId>> = HashMap::new();
    let mut open = Vec::new();
    for id in both {
        for used in messages_below(input.view, id) {
            used_by.entry(used).or_default().push(id);
        }
        if differs(id) {
            open.push(id);
        }
    }
    while let Some(id) = open.pop() {
        if differing.insert(id) {
            open.extend(used_by.get(&id).into_iter().flatten());
        }
    }
    differing
}

/// The types that are reached from some messages.
struct Reached<'v> {
    view: &'v View,
    messages: HashSet<ShapeId>,
    enums: HashSet<EnumId>,
}

impl<'v> Reached<'v> {
    fn new(view: &'v View) -> Self {
        Self { view, messages: HashSet::new(), enums: HashSet::new() }
    }

    fn message(&mut self, id: ShapeId) {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let shape = self.view.shapes().get(id);
            if shape.well_known.is_some() || !self.messages.insert(id) {
                continue;
            }
            for (index, field) in shape.fields.iter().enumerate() {
                if self.view.table(id).written(index).is_some() {
                    open.extend(self.kind(leaf(self.view, field)));
                }
            }
        }
    }

    fn field_named(&mut self, id: ShapeId, name: &str) {
        let field = self.view.shapes().get(id).field_named(name);
        let Some(kind) = field.map(|field| leaf(self.view, field)) else { return };
        if let Some(message) = self.kind(kind) {
            self.message(message);
        }
    }

    /// Notes an enum; hands a message back.
    fn kind(&mut self, kind: Kind) -> Option<ShapeId> {
        match kind {
            Kind::Enum(id) if !self.view.shapes().get_enum(id).null_value => {
                self.enums.insert(id);
                None
            }
            Kind::Message(id) | Kind::Group(id) => Some(id),
            _ => None,
        }
    }
}

fn messages_below(view: &View, id: ShapeId) -> impl Iterator<Item = ShapeId> {
    view.shapes().get(id).fields.iter().filter_map(|field| match leaf(view, field) {
        Kind::Message(id) | Kind::Group(id) => Some(id),
        _ => None,
    })
}

/// The kind of a field's values: of a map those behind its keys.
pub fn leaf(view: &View, field: &Field) -> Kind {
    let is_map = field.cardinality == crate::contract::shape::Cardinality::Map;
    let value = field.message().filter(|_| is_map);
    let value = value.and_then(|entry| view.shapes().get(entry).field(2));
    value.map_or(field.kind, |value| value.kind)
}
