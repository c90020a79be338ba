use std::sync::Arc;

use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MessageOptions,
};

use super::{Cardinality, Kind, Shapes, Tag};
use crate::contract::features::{Features, FieldFeatures};
use crate::contract::view::{JsonNames, Names, View};

fn field(name: &str, number: i32, kind: Type, type_name: Option<&str>) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        type_name: type_name.map(Into::into),
        ..Default::default()
    }
}

fn compile(
    syntax: &str,
    messages: Vec<DescriptorProto>,
    enums: Vec<EnumDescriptorProto>,
    features: &Features,
) -> Shapes {
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_proto(FileDescriptorProto {
        name: Some("a.proto".into()),
        package: Some("a".into()),
        syntax: Some(syntax.into()),
        message_type: messages,
        enum_type: enums,
        ..Default::default()
    })
    .unwrap();
    Shapes::compile(&pool, features)
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), field, ..Default::default() }
}

#[test]
fn fields_are_found_by_number_wherever_it_lies() {
    let numbers = [536_870_911, 1, 255, 256, 7, 19_000 - 1, 257];
    let fields = numbers.map(|n| field(&format!("f{n}"), n, Type::Int32, None));
    let shapes = compile("proto3", vec![message("M", fields.into())], vec![], &Features::default());
    let shape = shapes.get(shapes.id("a.M").unwrap());
    for number in numbers {
        let number = number as u32;
        assert_eq!(shape.field(number).unwrap().number, number);
    }
    for number in [0, 2, 6, 254, 258, 18_998, 536_870_910, u32::MAX] {
        assert!(shape.field(number).is_none(), "{number}");
    }
    assert!(shape.fields.is_sorted_by_key(|field| field.number));
    assert_eq!(shape.field(536_870_911).unwrap().tag.bytes(), [0xf8, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(Tag::new(16, 2).bytes(), [0x82, 0x01]);
}

#[test]
fn a_file_says_what_features_do_not() {
    let enums = ["Open", "Closed"].map(|name| EnumDescriptorProto {
        name: Some(name.into()),
        value: vec![EnumValueDescriptorProto {
            name: Some(format!("{name}_ONE")),
            number: Some(1),
            options: None,
        }],
        ..Default::default()
    });
    let fields = vec![
        field("implicit", 1, Type::String, None),
        field("explicit", 2, Type::String, None),
        field("open", 3, Type::Enum, Some(".a.Open")),
        field("closed", 4, Type::Enum, Some(".a.Closed")),
    ];
    let implicit = FieldFeatures { implicit_presence: true, verify_utf8: true };
    let features = Features {
        fields: [("a.M.implicit".to_owned(), implicit)].into(),
        open_enums: ["a.Open".to_owned()].into(),
    };
    let shapes = compile("proto2", vec![message("M", fields)], enums.into(), &features);
    let shape = shapes.get(shapes.id("a.M").unwrap());
    let presence: Vec<_> = shape.fields.iter().map(|f| (f.presence, f.verify_utf8)).collect();
    assert_eq!(presence, [(false, true), (true, false), (true, false), (true, false)]);
    let closed = |number| match shape.field(number).unwrap().kind {
        Kind::Enum(id) => shapes.get_enum(id).closed,
        _ => panic!("no enum"),
    };
    assert_eq!((closed(3), closed(4)), (false, true));
}

#[test]
fn odd_types_are_no_maps_and_no_well_known_ones() {
    // A map entry without a value, and a Timestamp of someone else's.
    let entry = DescriptorProto {
        options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
        ..message(
            "Entry",
            vec![field("key", 1, Type::Double, None), field("value", 2, Type::Int32, None)],
        )
    };
    let list = FieldDescriptorProto {
        label: Some(Label::Repeated.into()),
        ..field("list", 1, Type::Message, Some(".a.M.Entry"))
    };
    let outer = DescriptorProto { nested_type: vec![entry], ..message("M", vec![list]) };
    let shapes = compile("proto3", vec![outer], vec![], &Features::default());
    let shape = shapes.get(shapes.id("a.M").unwrap());
    assert_eq!(shape.field(1).unwrap().cardinality, Cardinality::Repeated);

    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_proto(FileDescriptorProto {
        name: Some("t.proto".into()),
        package: Some("google.protobuf".into()),
        message_type: vec![message("Timestamp", vec![field("text", 1, Type::String, None)])],
        ..Default::default()
    })
    .unwrap();
    let shapes = Shapes::compile(&pool, &Features::default());
    assert_eq!(shapes.get(shapes.id("google.protobuf.Timestamp").unwrap()).well_known, None);
}

#[test]
fn ids_of_another_arena_do_not_panic() {
    let shapes = Shapes::default();
    assert!(shapes.get(super::ShapeId(7)).fields.is_empty());
    assert_eq!(shapes.get_enum(super::EnumId(7)).number("A"), None);
}

#[test]
fn views_rename_and_hide() {
    let fields = vec![field("a_b", 1, Type::Int32, None), field("c_d", 2, Type::Int32, None)];
    let shapes = compile("proto3", vec![message("M", fields)], vec![], &Features::default());
    let (shapes, id) = (Arc::new(shapes), super::ShapeId(0));
    let json = View::json(Arc::clone(&shapes), JsonNames::default());
    let original = View::json(Arc::clone(&shapes), JsonNames { original_names: true });
    assert_eq!(
        (json.table(id).written(0), original.table(id).written(0)),
        (Some("aB"), Some("a_b"))
    );
    for view in [&json, &original] {
        assert_eq!((view.table(id).index(b"aB"), view.table(id).index(b"a_b")), (Some(0), Some(0)));
    }
    let other = View::new(shapes, |_, field| {
        (field.number == 2).then_some(Names { written: "renamed", also: None })
    });
    let table = other.table(id);
    assert_eq!((table.written(0), table.written(1)), (None, Some("renamed")));
    assert_eq!(
        (table.index(b"aB"), table.index(b"cD"), table.index(b"renamed")),
        (None, None, Some(1))
    );

    let mut out = Vec::new();
    crate::codec::json::encode(&other, id, &[8, 1, 16, 2, 8, 3], &Default::default(), &mut out)
        .unwrap();
    assert_eq!(out, br#"{"renamed":2}"#);
}
