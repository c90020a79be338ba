//! From a descriptor pool to shapes.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind as Described,
    MessageDescriptor, Syntax,
};

use super::{
    Cardinality, DENSE, EnumId, EnumShape, Field, Kind, NO_FIELD, NO_ONEOF, Shape, ShapeId, Shapes,
    Tag, WellKnown,
};
use crate::contract::features::Features;

impl Shapes {
    /// Compiles every message and enum of `pool`, extensions included. What `features` says of
    /// a definition goes before what its file's syntax says.
    pub fn compile(pool: &DescriptorPool, features: &Features) -> Self {
        let ids = Ids {
            messages: (0..)
                .zip(pool.all_messages())
                .map(|(id, m)| (key(m.full_name()), id))
                .collect(),
            enums: (0..).zip(pool.all_enums()).map(|(id, e)| (key(e.full_name()), id)).collect(),
            features,
        };
        let mut shapes: Vec<Shape> =
            pool.all_messages().map(|message| ids.shape(&message)).collect();
        refuse_odd_maps(&mut shapes);
        let enums = pool.all_enums().map(|described| ids.enum_shape(&described)).collect();
        let by_name = (0..)
            .map(ShapeId)
            .zip(pool.all_messages())
            .map(|(id, message)| (key(message.full_name()), id))
            .collect();
        Self { shapes, enums, by_name }
    }
}

impl Shape {
    /// A shape of these fields; of two with one number the first counts.
    pub(super) fn new(full_name: &str, mut fields: Vec<Field>, oneofs: Vec<Box<str>>) -> Self {
        fields.sort_by_key(|field| field.number);
        fields.dedup_by_key(|field| field.number);
        let below = fields.partition_point(|field| field.number < DENSE);
        let mut dense = Vec::new();
        for (index, field) in fields.iter().enumerate().take(below) {
            dense.resize(field.number as usize, NO_FIELD);
            dense.push(u8::try_from(index).unwrap_or(NO_FIELD));
        }
        let tail: Box<[u32]> = fields.iter().skip(below).map(|field| field.number).collect();
        Self {
            well_known: WellKnown::of(full_name, &fields),
            full_name: full_name.into(),
            fields,
            oneofs,
            map_entry: false,
            message_set: false,
            dense: dense.into_boxed_slice(),
            tail,
        }
    }
}

struct Ids<'a> {
    messages: HashMap<Box<str>, u32>,
    enums: HashMap<Box<str>, u32>,
    features: &'a Features,
}

impl Ids<'_> {
    fn shape(&self, message: &MessageDescriptor) -> Shape {
        // A synthetic oneof only spells `optional`; what is left keeps its order.
        let oneofs: Vec<_> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
        let mut fields: Vec<Field> = message
            .fields()
            .map(|field| {
                let oneof = field.containing_oneof().and_then(|member| {
                    oneofs.iter().position(|oneof| oneof.name() == member.name())
                });
                self.field(&field, oneof)
            })
            .collect();
        fields.extend(message.extensions().map(|extension| self.extension(&extension)));
        let names = oneofs.iter().map(|oneof| oneof.name().into()).collect();
        let options = message.descriptor_proto().options.as_ref();
        Shape {
            map_entry: message.is_map_entry(),
            message_set: options.is_some_and(|options| options.message_set_wire_format()),
            ..Shape::new(message.full_name(), fields, names)
        }
    }

    fn field(&self, field: &FieldDescriptor, oneof: Option<usize>) -> Field {
        let kind = self.kind(&field.kind(), field.is_group());
        let cardinality = match (field.is_list(), field.is_map()) {
            (_, true) => Cardinality::Map,
            (true, _) => Cardinality::Repeated,
            (false, false) => Cardinality::Singular,
        };
        let proto3 = field.parent_file().syntax() == Syntax::Proto3;
        let features = self.features.fields.get(field.full_name());
        let implicit = features.is_some_and(|features| features.implicit_presence)
            && oneof.is_none()
            && !matches!(kind, Kind::Message(_) | Kind::Group(_));
        let options = field.field_descriptor_proto().options.as_ref();
        let number = field.number();
        let packed = field.is_packed() && kind.wire_type() != 2 && kind.wire_type() != 3;
        Field {
            kind,
            cardinality,
            presence: field.supports_presence() && !implicit,
            packed,
            verify_utf8: features.map_or(proto3, |features| features.verify_utf8),
            required: field.cardinality() == prost_reflect::Cardinality::Required,
            extension: false,
            deprecated: options.is_some_and(|options| options.deprecated()),
            number,
            oneof: oneof.and_then(|index| u32::try_from(index).ok()).unwrap_or(NO_ONEOF),
            tag: tag(number, kind, packed),
            element_tag: tag(number, kind, false),
            name: field.name().into(),
            json_name: field.json_name().into(),
        }
    }

    fn extension(&self, extension: &ExtensionDescriptor) -> Field {
        let kind = self.kind(&extension.kind(), extension.is_group());
        let repeated = extension.cardinality() == prost_reflect::Cardinality::Repeated;
        let proto3 = extension.parent_file().syntax() == Syntax::Proto3;
        let features = self.features.fields.get(extension.full_name());
        let options = extension.field_descriptor_proto().options.as_ref();
        let number = extension.number();
        let packed = extension.is_packed() && kind.wire_type() != 2 && kind.wire_type() != 3;
        Field {
            kind,
            cardinality: if repeated { Cardinality::Repeated } else { Cardinality::Singular },
            presence: !repeated,
            packed,
            verify_utf8: features.map_or(proto3, |features| features.verify_utf8),
            required: false,
            extension: true,
            deprecated: options.is_some_and(|options| options.deprecated()),
            number,
            oneof: NO_ONEOF,
            tag: tag(number, kind, packed),
            element_tag: tag(number, kind, false),
            name: extension.full_name().into(),
            json_name: format!("[{}]", extension.full_name()).into(),
        }
    }

    fn enum_shape(&self, described: &EnumDescriptor) -> EnumShape {
        let name = described.full_name();
        let proto2 = described.parent_file().syntax() == Syntax::Proto2;
        let closed = proto2 && !self.features.open_enums.contains(name);
        // `values()` comes in the order of numbers; which alias is first is the file's to say.
        let values = &described.enum_descriptor_proto().value;
        let values = values.iter().map(|value| (value.name().into(), value.number())).collect();
        EnumShape::new(name, closed, values)
    }

    fn kind(&self, kind: &Described, group: bool) -> Kind {
        match kind {
            Described::Double => Kind::Double,
            Described::Float => Kind::Float,
            Described::Int32 => Kind::Int32,
            Described::Int64 => Kind::Int64,
            Described::Uint32 => Kind::Uint32,
            Described::Uint64 => Kind::Uint64,
            Described::Sint32 => Kind::Sint32,
            Described::Sint64 => Kind::Sint64,
            Described::Fixed32 => Kind::Fixed32,
            Described::Fixed64 => Kind::Fixed64,
            Described::Sfixed32 => Kind::Sfixed32,
            Described::Sfixed64 => Kind::Sfixed64,
            Described::Bool => Kind::Bool,
            Described::String => Kind::String,
            Described::Bytes => Kind::Bytes,
            Described::Enum(described) => Kind::Enum(EnumId(
                self.enums.get(described.full_name()).copied().unwrap_or(u32::MAX),
            )),
            Described::Message(message) => {
                let id = self.messages.get(message.full_name()).copied().unwrap_or(u32::MAX);
                if group { Kind::Group(ShapeId(id)) } else { Kind::Message(ShapeId(id)) }
            }
        }
    }
}

/// An entry type written by hand need not have a key and a value; a field of such a type is a list.
fn refuse_odd_maps(shapes: &mut [Shape]) {
    let is_key = |field: &Field| {
        field.cardinality == Cardinality::Singular
            && !matches!(
                field.kind,
                Kind::Double
                    | Kind::Float
                    | Kind::Bytes
                    | Kind::Enum(_)
                    | Kind::Message(_)
                    | Kind::Group(_)
            )
    };
    let is_value = |field: &Field| {
        field.cardinality == Cardinality::Singular && !matches!(field.kind, Kind::Group(_))
    };
    let good: Vec<bool> = shapes
        .iter()
        .map(|entry| entry.field(1).is_some_and(is_key) && entry.field(2).is_some_and(is_value))
        .collect();
    for field in shapes.iter_mut().flat_map(|shape| &mut shape.fields) {
        let entry = field.message().and_then(|id| good.get(id.0 as usize));
        if field.cardinality == Cardinality::Map && entry != Some(&true) {
            field.cardinality = Cardinality::Repeated;
        }
    }
}

fn key(name: &str) -> Box<str> {
    name.into()
}

fn tag(number: u32, kind: Kind, packed: bool) -> Tag {
    Tag::new(number, if packed { 2 } else { kind.wire_type() })
}
