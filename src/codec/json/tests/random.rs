//! Random contracts and random messages of them, made from random bytes so that a failing case
//! shrinks.

use prost_reflect::prost::Message;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FieldOptions, FileDescriptorProto, MessageOptions, OneofDescriptorProto,
};
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

use super::{CONTRACT, Contract};
use crate::contract::features::Features;

/// Random bytes that never end: after the given ones come zeros.
pub(in crate::codec) struct Dice<'a>(pub(in crate::codec) &'a [u8]);

impl Dice<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub(in crate::codec) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    pub(in crate::codec) fn coin(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn bits(&mut self) -> u64 {
        let wide = u64::from_le_bytes(std::array::from_fn(|_| self.byte()));
        // Small numbers are the usual ones.
        wide >> [0, 1, 32, 33, 40, 50, 57, 60][self.below(8)]
    }

    pub(in crate::codec) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

const SCALARS: [Type; 15] = [
    Type::Double,
    Type::Float,
    Type::Int64,
    Type::Uint64,
    Type::Int32,
    Type::Fixed64,
    Type::Fixed32,
    Type::Bool,
    Type::String,
    Type::Bytes,
    Type::Uint32,
    Type::Sfixed32,
    Type::Sfixed64,
    Type::Sint32,
    Type::Sint64,
];
const KEYS: [Type; 12] = [
    Type::Int64,
    Type::Uint64,
    Type::Int32,
    Type::Fixed64,
    Type::Fixed32,
    Type::Bool,
    Type::String,
    Type::Uint32,
    Type::Sfixed32,
    Type::Sfixed64,
    Type::Sint32,
    Type::Sint64,
];
const WELL_KNOWN: [&str; 16] = [
    "Any",
    "Timestamp",
    "Duration",
    "FieldMask",
    "Struct",
    "Value",
    "ListValue",
    "DoubleValue",
    "FloatValue",
    "Int64Value",
    "UInt64Value",
    "Int32Value",
    "UInt32Value",
    "BoolValue",
    "StringValue",
    "BytesValue",
];
const MESSAGES: usize = 3;

/// A contract whose messages are `random.M0` to `random.M2`.
pub(in crate::codec) fn contract(dice: &mut Dice) -> Contract {
    let proto3 = dice.coin();
    let mut pool = CONTRACT.pool.clone();
    let file = FileDescriptorProto {
        name: Some("random.proto".into()),
        package: Some("random".into()),
        syntax: Some(if proto3 { "proto3" } else { "proto2" }.into()),
        dependency: ["any", "timestamp", "duration", "field_mask", "struct", "wrappers"]
            .map(|file| format!("google/protobuf/{file}.proto"))
            .into(),
        message_type: (0..MESSAGES).map(|index| message(index, proto3, dice)).collect(),
        enum_type: vec![enumeration()],
        ..Default::default()
    };
    pool.add_file_descriptor_proto(file).unwrap();
    Contract::new(pool, &Features::default())
}

fn enumeration() -> EnumDescriptorProto {
    EnumDescriptorProto {
        name: Some("E".into()),
        value: [("ZERO", 0), ("ONE", 1), ("MINUS", -1), ("FAR", i32::MAX), ("TWO", 2)]
            .map(|(name, number)| EnumValueDescriptorProto {
                name: Some(name.into()),
                number: Some(number),
                options: None,
            })
            .into(),
        ..Default::default()
    }
}

fn message(index: usize, proto3: bool, dice: &mut Dice) -> DescriptorProto {
    let mut message = DescriptorProto { name: Some(format!("M{index}")), ..Default::default() };
    let mut number = 0;
    for field in 0..dice.below(12) {
        number += 1 + dice.pick(&[0, 0, 0, 1, 14, 127, 2000]);
        let name =
            format!("{}_{field}", dice.pick(&["f", "long_field_name_of_some_kind", "aB", "a__b"]));
        let mut field = FieldDescriptorProto {
            name: Some(name.clone()),
            number: Some(number),
            label: Some(Label::Optional.into()),
            ..Default::default()
        };
        kind(&mut field, proto3, dice);
        match dice.below(6) {
            0 | 1 => {
                field.label = Some(Label::Repeated.into());
                let packable = !matches!(
                    field.r#type(),
                    Type::String | Type::Bytes | Type::Message | Type::Group
                );
                if packable && dice.coin() {
                    let packed = Some(dice.coin());
                    field.options = Some(FieldOptions { packed, ..Default::default() });
                }
            }
            2 if field.r#type() != Type::Group => {
                let entry = format!("Entry{number}");
                let key = FieldDescriptorProto {
                    name: Some("key".into()),
                    number: Some(1),
                    label: Some(Label::Optional.into()),
                    r#type: Some(dice.pick(&KEYS).into()),
                    ..Default::default()
                };
                let value = FieldDescriptorProto {
                    name: Some("value".into()),
                    number: Some(2),
                    ..field.clone()
                };
                message.nested_type.push(DescriptorProto {
                    name: Some(entry.clone()),
                    field: vec![key, value],
                    options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
                    ..Default::default()
                });
                field.r#type = Some(Type::Message.into());
                field.type_name = Some(format!(".random.M{index}.{entry}"));
                field.label = Some(Label::Repeated.into());
            }
            3 => {
                if message.oneof_decl.is_empty() || dice.coin() {
                    let name = Some(format!("choice_{}", message.oneof_decl.len()));
                    message.oneof_decl.push(OneofDescriptorProto { name, options: None });
                }
                field.oneof_index = Some(message.oneof_decl.len() as i32 - 1);
            }
            4 if proto3 => field.proto3_optional = Some(true),
            _ => {}
        }
        message.field.push(field);
    }
    for field in message.field.iter_mut().filter(|field| field.proto3_optional()) {
        field.oneof_index = Some(message.oneof_decl.len() as i32);
        let name = Some(format!("_{}", field.name()));
        message.oneof_decl.push(OneofDescriptorProto { name, options: None });
    }
    message
}

fn kind(field: &mut FieldDescriptorProto, proto3: bool, dice: &mut Dice) {
    let (kind, name) = match dice.below(8) {
        0 => (Type::Enum, "random.E".to_owned()),
        1 => (Type::Message, format!("random.M{}", dice.below(MESSAGES))),
        2 => (Type::Message, format!("google.protobuf.{}", dice.pick(&WELL_KNOWN))),
        3 if !proto3 => (Type::Group, format!("random.M{}", dice.below(MESSAGES))),
        _ => {
            field.r#type = Some(dice.pick(&SCALARS).into());
            return;
        }
    };
    field.r#type = Some(kind.into());
    field.type_name = Some(format!(".{name}"));
}

/// A message in which all sorts of fields are set.
pub(in crate::codec) fn value(
    descriptor: &MessageDescriptor,
    depth: usize,
    dice: &mut Dice,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    if well_known(&mut message, depth, dice) {
        return message;
    }
    for field in descriptor.fields() {
        let deep = field.kind().as_message().is_some() && depth == 0;
        if !deep && dice.below(4) != 0 {
            message.set_field(&field, field_value(&field, depth, dice));
        }
    }
    message
}

fn field_value(field: &FieldDescriptor, depth: usize, dice: &mut Dice) -> Value {
    let kind = field.kind();
    if field.is_map() {
        let entry = kind.as_message().unwrap().clone();
        let (key, value) =
            (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        return Value::Map(
            (0..dice.pick(&[1, 2, 3, 20]))
                .map(|_| (map_key(&key, dice), single(&value, depth, dice)))
                .collect(),
        );
    }
    if field.is_list() {
        return Value::List(
            (0..dice.pick(&[1, 2, 5])).map(|_| single(&kind, depth, dice)).collect(),
        );
    }
    single(&kind, depth, dice)
}

fn map_key(kind: &Kind, dice: &mut Dice) -> MapKey {
    match single(kind, 0, dice) {
        Value::Bool(value) => MapKey::Bool(value),
        Value::I32(value) => MapKey::I32(value),
        Value::I64(value) => MapKey::I64(value),
        Value::U32(value) => MapKey::U32(value),
        Value::U64(value) => MapKey::U64(value),
        Value::String(value) => MapKey::String(value),
        other => panic!("{other:?} is no key"),
    }
}

fn single(kind: &Kind, depth: usize, dice: &mut Dice) -> Value {
    match kind {
        Kind::Double => Value::F64(double(dice)),
        Kind::Float => Value::F32(match dice.below(3) {
            0 => f32::from_bits(dice.bits() as u32),
            // The last one lies half way between two texts of eight digits.
            _ => dice.pick(&[0.0, -0.0, 0.1, 1e10, f32::MAX, f32::INFINITY, 3_808_097.3]),
        }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(dice.bits() as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(dice.bits() as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(dice.bits() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(dice.bits()),
        Kind::Bool => Value::Bool(dice.coin()),
        Kind::String => Value::String(text(dice)),
        Kind::Bytes => {
            let len = dice.pick(&[0, 1, 2, 3, 40, 200]);
            Value::Bytes((0..len).map(|_| dice.byte()).collect::<Vec<u8>>().into())
        }
        Kind::Enum(_) => Value::EnumNumber(dice.pick(&[0, 1, 2, -1, i32::MAX])),
        Kind::Message(descriptor) => {
            Value::Message(value(descriptor, depth.saturating_sub(1), dice))
        }
    }
}

fn double(dice: &mut Dice) -> f64 {
    match dice.below(3) {
        0 => f64::from_bits(dice.bits()),
        1 => dice.bits() as i64 as f64 / 1000.0,
        _ => dice.pick(&[0.0, -0.0, 0.1, 1e300, 5e-324, f64::NAN, f64::NEG_INFINITY, 123.0]),
    }
}

fn text(dice: &mut Dice) -> String {
    let parts = ["", "a", "some words of text", "\"", "\\", "\n", "\u{1}", "é", "日本", "😀", "/"];
    (0..dice.below(4)).map(|_| dice.pick(&parts)).collect()
}

/// Fills well-known types with values they can have.
fn well_known(message: &mut DynamicMessage, depth: usize, dice: &mut Dice) -> bool {
    let descriptor = message.descriptor();
    let Some(name) = descriptor.full_name().strip_prefix("google.protobuf.") else { return false };
    let mut set = |name: &str, value: Value| message.set_field_by_name(name, value);
    match name {
        "Any" if depth > 0 => {
            let inner = dice.pick(&["random.M0", "random.M1", "google.protobuf.Duration"]);
            let pool = descriptor.parent_pool();
            let inner_value = value(&pool.get_message_by_name(inner).unwrap(), depth - 1, dice);
            set("type_url", Value::String(format!("type.googleapis.com/{inner}")));
            set("value", Value::Bytes(inner_value.encode_to_vec().into()));
        }
        "Any" => {
            set("type_url", Value::String("x/random.M0".into()));
        }
        "Timestamp" => {
            let span = 253_402_300_799u64 + 62_135_596_801;
            let seconds = (dice.bits() % span) as i64 - 62_135_596_800;
            set("seconds", Value::I64(seconds));
            set("nanos", Value::I32(dice.pick(&[0, 1, 999_999_999, 120_000_000, 5_000])));
        }
        "Duration" => {
            let sign = dice.pick(&[-1, 1]);
            set("seconds", Value::I64((dice.bits() % 315_576_000_000) as i64 * sign));
            let nanos: i32 = dice.pick(&[0, 1, 999_999_999, 120_000_000, 5_000]);
            set("nanos", Value::I32(nanos * sign as i32));
        }
        "FieldMask" => {
            let paths = (0..dice.below(4))
                .map(|_| Value::String(dice.pick(&["a", "foo_bar.baz", "x1.y_z"]).to_owned()))
                .collect();
            set("paths", Value::List(paths));
        }
        "Value" => match dice.below(if depth == 0 { 4 } else { 6 }) {
            0 => set("null_value", Value::EnumNumber(0)),
            1 => set("number_value", Value::F64(dice.bits() as i32 as f64 / 8.0)),
            2 => set("string_value", Value::String(text(dice))),
            3 => set("bool_value", Value::Bool(dice.coin())),
            picked => {
                let name = if picked == 4 { "struct_value" } else { "list_value" };
                let field = descriptor.get_field_by_name(name).unwrap();
                set(name, single(&field.kind(), depth - 1, dice));
            }
        },
        "DoubleValue" => set("value", Value::F64(dice.bits() as f64 / 8.0)),
        "FloatValue" => set("value", Value::F32(dice.byte().into())),
        _ => return false,
    }
    true
}
