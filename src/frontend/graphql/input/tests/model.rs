//! A model of every message there is, without what a schema does about names.

use std::sync::Arc;

use prost_reflect::DescriptorPool;

use super::Contract;
use crate::contract::features::Features;
use crate::contract::graphql::{
    Argument, Enum, EnumTypeId, EnumValue, Input, InputId, ListOf, Model, Named, Place, Scalar,
    TypeRef,
};
use crate::contract::shape::{Field, Kind, Shape, Shapes, WellKnown};
use crate::contract::view::{JsonNames, View};

struct Sources;

impl protox::file::FileResolver for Sources {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        let source = match name {
            "kinds.proto" => include_str!("../../../../codec/json/tests/kinds.proto"),
            "legacy.proto" => include_str!("../../../../codec/json/tests/legacy.proto"),
            _ => return Err(protox::Error::file_not_found(name)),
        };
        protox::file::File::from_source(name, source)
    }
}

impl Contract {
    pub(super) fn new() -> Self {
        let mut files = protox::file::ChainFileResolver::new();
        files.add(Sources);
        files.add(protox::file::GoogleFileResolver::new());
        let mut compiler = protox::Compiler::with_file_resolver(files);
        compiler.include_imports(true);
        compiler.open_files(["kinds.proto", "legacy.proto"]).unwrap();
        let set = compiler.encode_file_descriptor_set();
        let pool = DescriptorPool::decode(set.as_slice()).unwrap();
        let shapes = Arc::new(Shapes::compile(&pool, &Features::default()));
        let model = model(&shapes);
        Self { view: View::json(shapes, JsonNames::default()), model }
    }
}

fn model(shapes: &Shapes) -> Model {
    let mut model = Model::default();
    let mut choices: Vec<Input> = Vec::new();
    for (id, shape) in shapes.iter() {
        let name = short(&shape.full_name);
        let mut fields = Vec::new();
        let mut choices_here: Vec<Option<Input>> = shape.oneofs.iter().map(|_| None).collect();
        for (index, field) in shape.fields.iter().enumerate().filter(|(_, field)| !field.extension)
        {
            let ty = ty(shapes, &mut model, shape, field);
            let argument = (argument(&field.json_name, ty), Place::Field(index));
            match field.oneof() {
                None => fields.push(argument),
                Some(oneof) => choices_here[oneof]
                    .get_or_insert_with(|| Input {
                        name: format!("{name}{}Input", capital(&shape.oneofs[oneof])),
                        description: None,
                        shape: id,
                        one_of: true,
                        fields: Vec::new(),
                    })
                    .fields
                    .push(argument),
            }
        }
        for (oneof, choice) in choices_here.into_iter().enumerate() {
            let Some(choice) = choice else { continue };
            let named = Named::Input(InputId(shapes.len() + choices.len()));
            let ty = TypeRef { named, list: None, non_null: false };
            fields.push((argument(&shape.oneofs[oneof], ty), Place::Oneof(oneof)));
            choices.push(choice);
        }
        let name = format!("{name}Input");
        model.inputs.push(Input { name, description: None, shape: id, one_of: false, fields });
    }
    model.inputs.extend(choices);
    for (index, input) in model.inputs.iter_mut().enumerate() {
        if input.name == "Part1Input" || input.name == "PartInput" {
            // One of the fields has a default.
            input.fields[0].0.default = Some("7".to_owned());
        }
        model.names.insert(input.name.clone(), Named::Input(InputId(index)));
    }
    for (index, of) in model.enums.iter().enumerate() {
        model.names.insert(of.name.clone(), Named::Enum(EnumTypeId(index)));
    }
    model
}

fn argument(name: &str, ty: TypeRef) -> Argument {
    Argument { name: name.to_owned(), description: None, deprecated: None, ty, default: None }
}

fn short(full_name: &str) -> String {
    full_name.rsplit('.').next().unwrap().to_owned()
}

fn capital(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

fn ty(shapes: &Shapes, model: &mut Model, shape: &Shape, field: &Field) -> TypeRef {
    let named = match field.kind {
        Kind::Enum(id) if shapes.get_enum(id).null_value => Named::Scalar(Scalar::Json),
        Kind::Enum(id) => Named::Enum(enumeration(shapes, model, id)),
        Kind::Message(id) | Kind::Group(id) => match shapes.get(id).well_known {
            Some(WellKnown::Timestamp) => Named::Scalar(Scalar::DateTime),
            Some(WellKnown::Duration) => Named::Scalar(Scalar::Duration),
            Some(WellKnown::FieldMask) => Named::Scalar(Scalar::String),
            Some(WellKnown::Empty) => Named::Scalar(Scalar::Boolean),
            Some(WellKnown::Wrapper(kind)) => Named::Scalar(scalar(kind)),
            Some(_) => Named::Scalar(Scalar::Json),
            None => Named::Input(InputId(id.0 as usize)),
        },
        kind => Named::Scalar(scalar(kind)),
    };
    let is_json = named == Named::Scalar(Scalar::Json);
    let list = field.is_repeated().then_some(ListOf { non_null: !is_json });
    TypeRef { named, list, non_null: (shape.map_entry && !is_json) || field.required }
}

fn enumeration(
    shapes: &Shapes,
    model: &mut Model,
    id: crate::contract::shape::EnumId,
) -> EnumTypeId {
    if let Some(known) = model.enums.iter().position(|of| of.of == id) {
        return EnumTypeId(known);
    }
    let shape = shapes.get_enum(id);
    let values = shape.values.iter().map(|(name, number)| EnumValue {
        name: name.to_string(),
        description: None,
        deprecated: None,
        number: *number,
    });
    model.enums.push(Enum {
        name: short(&shape.full_name),
        description: None,
        of: id,
        values: values.collect(),
    });
    EnumTypeId(model.enums.len() - 1)
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
