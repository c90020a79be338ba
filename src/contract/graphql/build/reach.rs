//! Which types of the contract a schema has, and what GraphQL makes of each.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::contract::Contract;
use crate::contract::described::{Described, FieldNotes, Way};
use crate::contract::graphql::Scalar;
use crate::contract::shape::{EnumId, Field, Kind, Shape, ShapeId, Shapes, WellKnown};

/// What GraphQL makes of the contract's types, whoever uses them.
pub struct Forms<'c> {
    pub shapes: &'c Shapes,
    pub described: Described<'c>,
    fields: RefCell<HashMap<(ShapeId, Way), FieldsOf>>,
}

/// The fields of a message that are there one way, by index, with what is said of each.
pub type FieldsOf = Rc<Vec<(usize, FieldNotes)>>;

/// What a kind is in GraphQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A scalar.
    Scalar(Scalar),
    /// An enum.
    Enum(EnumId),
    /// An object or an input object.
    Message(ShapeId),
}

impl<'c> Forms<'c> {
    /// Of that contract.
    pub fn new(contract: &'c Contract) -> Self {
        let described = Described::new(contract);
        Self { shapes: contract.shapes(), described, fields: RefCell::default() }
    }

    /// The shape of a message.
    pub fn shape(&self, id: ShapeId) -> &'c Shape {
        self.shapes.get(id)
    }

    /// The fields of a message that are there one way: an input has no `OUTPUT_ONLY` fields, an
    /// output no `INPUT_ONLY` ones.
    pub fn fields(&self, id: ShapeId, way: Way) -> FieldsOf {
        if let Some(known) = self.fields.borrow().get(&(id, way)) {
            return known.clone();
        }
        let shape = self.shape(id);
        let described = shape.fields.iter().map(|field| self.described.field(shape, field));
        let there = described.enumerate().filter(|(_, notes)| match way {
            Way::In => !notes.output_only,
            Way::Out => !notes.input_only,
        });
        let there = Rc::new(there.collect::<Vec<_>>());
        self.fields.borrow_mut().insert((id, way), there.clone());
        there
    }

    /// What a kind is one way.
    pub fn form(&self, kind: Kind, way: Way) -> Form {
        match kind {
            Kind::Enum(id) if self.shapes.get_enum(id).null_value => Form::Scalar(Scalar::Json),
            Kind::Enum(id) => Form::Enum(id),
            Kind::Message(id) | Kind::Group(id) => self.message(id, way),
            kind => Form::Scalar(scalar(kind)),
        }
    }

    /// What a message is one way. One without fields says only that it is there.
    pub fn message(&self, id: ShapeId, way: Way) -> Form {
        match self.shape(id).well_known {
            Some(known) => Form::Scalar(well_known(known)),
            None if self.is_flag(id, way) => Form::Scalar(Scalar::Boolean),
            None => Form::Message(id),
        }
    }

    /// Whether a message says only that it is there.
    pub fn is_flag(&self, id: ShapeId, way: Way) -> bool {
        match self.shape(id).well_known {
            Some(known) => known == WellKnown::Empty,
            None => self.fields(id, way).is_empty(),
        }
    }

    /// The oneofs of a message that have members one way, each with the indexes of those.
    pub fn oneofs(&self, id: ShapeId, way: Way) -> Vec<(usize, Vec<usize>)> {
        let shape = self.shape(id);
        let mut oneofs: Vec<_> = (0..shape.oneofs.len()).map(|at| (at, Vec::new())).collect();
        for (index, _) in self.fields(id, way).iter() {
            let oneof = shape.fields.get(*index).and_then(|field| field.oneof());
            if let Some((_, members)) = oneof.and_then(|oneof| oneofs.get_mut(oneof)) {
                members.push(*index);
            }
        }
        oneofs.retain(|(_, members)| !members.is_empty());
        oneofs
    }

    /// Whether a value that is there may be null all the same: an enum has numbers without names,
    /// and `google.protobuf.Value` may hold null.
    pub fn may_be_null(&self, kind: Kind) -> bool {
        match kind {
            Kind::Enum(_) => true,
            Kind::Message(id) => self.shape(id).well_known == Some(WellKnown::Value),
            _ => false,
        }
    }
}

fn scalar(kind: Kind) -> Scalar {
    match kind {
        Kind::Double | Kind::Float => Scalar::Float,
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Scalar::Int,
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Scalar::Int64,
        Kind::Uint32 | Kind::Fixed32 => Scalar::UInt32,
        Kind::Uint64 | Kind::Fixed64 => Scalar::UInt64,
        Kind::Bool => Scalar::Boolean,
        Kind::String => Scalar::String,
        Kind::Bytes => Scalar::Bytes,
        Kind::Enum(_) | Kind::Message(_) | Kind::Group(_) => Scalar::Json,
    }
}

fn well_known(known: WellKnown) -> Scalar {
    match known {
        WellKnown::Timestamp => Scalar::DateTime,
        WellKnown::Duration => Scalar::Duration,
        WellKnown::FieldMask => Scalar::String,
        WellKnown::Empty => Scalar::Boolean,
        WellKnown::Wrapper(kind) => scalar(kind),
        WellKnown::Any | WellKnown::Struct | WellKnown::Value | WellKnown::ListValue => {
            Scalar::Json
        }
    }
}

/// The types that are reached from some operations, in the order they are come by.
#[derive(Default)]
pub struct Reached {
    /// Messages that are objects.
    pub output: Vec<ShapeId>,
    /// Messages that are input objects.
    pub input: Vec<ShapeId>,
    /// Requests, whose fields are arguments.
    pub requests: Vec<ShapeId>,
    /// Enums.
    pub enums: Vec<EnumId>,
    seen: HashSet<(ShapeId, Way)>,
    seen_requests: HashSet<ShapeId>,
    seen_enums: HashSet<EnumId>,
}

impl Reached {
    /// Adds a request and what its fields lead to, but for the field at `without`.
    pub fn request(&mut self, forms: &Forms<'_>, id: ShapeId, without: Option<usize>) {
        if self.seen_requests.insert(id) {
            self.requests.push(id);
        }
        for (index, _) in forms.fields(id, Way::In).iter() {
            if Some(*index) != without {
                self.field(forms, forms.shape(id).fields.get(*index), Way::In);
            }
        }
    }

    /// Adds a reply and what it leads to.
    pub fn reply(&mut self, forms: &Forms<'_>, id: ShapeId) {
        let form = forms.message(id, Way::Out);
        self.follow(forms, form, Way::Out);
    }

    /// The messages whose oneofs are given: input objects, and requests.
    pub fn choosers(&self) -> impl Iterator<Item = ShapeId> {
        let requests = self.requests.iter().filter(|id| !self.seen.contains(&(**id, Way::In)));
        self.input.iter().chain(requests).copied()
    }

    fn field(&mut self, forms: &Forms<'_>, field: Option<&Field>, way: Way) {
        if let Some(field) = field {
            self.follow(forms, forms.form(field.kind, way), way);
        }
    }

    /// No call for each level: types may be nested as deep as they like.
    fn follow(&mut self, forms: &Forms<'_>, form: Form, way: Way) {
        let mut open = vec![form];
        while let Some(form) = open.pop() {
            match form {
                Form::Scalar(_) => {}
                Form::Enum(id) => {
                    if self.seen_enums.insert(id) {
                        self.enums.push(id);
                    }
                }
                Form::Message(id) => {
                    if !self.seen.insert((id, way)) {
                        continue;
                    }
                    match way {
                        Way::In => self.input.push(id),
                        Way::Out => self.output.push(id),
                    }
                    let shape = forms.shape(id);
                    let fields = forms.fields(id, way);
                    let fields = fields.iter().filter_map(|(index, _)| shape.fields.get(*index));
                    let below: Vec<_> = fields.map(|field| forms.form(field.kind, way)).collect();
                    // The first field's type comes first.
                    open.extend(below.into_iter().rev());
                }
            }
        }
    }
}
