//! Random selections of random messages of random contracts, beside a naive walk over another
//! implementation's tree.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, SerializeOptions};
use serde_json::{Value as Json, json};

use super::*;
use crate::codec::canonical::rewrite;
use crate::codec::json::tests::Contract;
use crate::codec::json::tests::random::{Dice, contract, value};
use crate::codec::wire::Reader;
use crate::contract::shape::{Cardinality, Field, Shapes};

const MESSAGE: &str = "random.M0";

/// Whether anything may be an error.
#[derive(Clone, Copy, PartialEq)]
enum Nulls {
    Anywhere,
    Never,
}

fn selection(
    shapes: &Shapes,
    id: ShapeId,
    depth: usize,
    dice: &mut Dice,
    nulls: Nulls,
) -> Selection {
    let fields = fields(shapes, id, depth, dice, nulls);
    Selection::new(shapes, id, fields)
}

fn fields(
    shapes: &Shapes,
    id: ShapeId,
    depth: usize,
    dice: &mut Dice,
    nulls: Nulls,
) -> Vec<Selected> {
    let shape = shapes.get(id);
    let mut selected = Vec::new();
    for at in 0..dice.below(10) {
        let source = match dice.below(12) {
            0 => Source::Hole(dice.below(10)),
            1 => Source::Constant("\"constant\"".into()),
            2 if !shape.oneofs.is_empty() => {
                let oneof = dice.below(shape.oneofs.len());
                let members = shape.fields.iter().enumerate();
                let members = members.filter(|(_, field)| field.oneof() == Some(oneof));
                let mut picked = Vec::new();
                for (index, field) in members {
                    let mut fields = Vec::new();
                    if let Some(source) = field_source(shapes, index, field, depth, dice, nulls) {
                        fields.push(Selected::new("member".into(), dice.coin(), source));
                    }
                    if dice.below(8) != 0 {
                        picked.push(Member { index, fields });
                    }
                }
                Source::Oneof(picked)
            }
            _ if shape.fields.is_empty() => continue,
            _ => {
                let index = dice.below(shape.fields.len());
                let field = &shape.fields[index];
                match field_source(shapes, index, field, depth, dice, nulls) {
                    Some(source) => source,
                    None => continue,
                }
            }
        };
        let non_null = nulls == Nulls::Anywhere && dice.below(4) == 0;
        selected.push(Selected::new(format!("n{at}").into(), non_null, source));
    }
    selected
}

fn field_source(
    shapes: &Shapes,
    index: usize,
    field: &Field,
    depth: usize,
    dice: &mut Dice,
    nulls: Nulls,
) -> Option<Source> {
    let value = match field.kind {
        crate::contract::shape::Kind::Message(id) | crate::contract::shape::Kind::Group(id) => {
            if shapes.get(id).well_known.is_some() {
                if dice.below(6) == 0 { Value::True } else { Value::Leaf }
            } else if depth == 0 {
                return None;
            } else {
                Value::Object(selection(shapes, id, depth - 1, dice, nulls))
            }
        }
        crate::contract::shape::Kind::Enum(id) => {
            let values = shapes.get_enum(id).values.iter();
            let mut names: Vec<(i32, Box<str>)> =
                values.map(|(name, number)| (*number, name.clone())).collect();
            names.sort();
            names.retain(|_| dice.below(5) != 0);
            Value::Enum(names.into())
        }
        _ => Value::Leaf,
    };
    let items_non_null = nulls == Nulls::Anywhere && dice.below(3) == 0;
    Some(Source::Field { index, value, items_non_null })
}

/// Fills holes with their numbers, null or an error.
#[derive(Default)]
struct Filler(Vec<(usize, usize)>);

impl Holes for Filler {
    fn fill(&mut self, hole: usize, parent: Span, output: &mut Output) -> Result<(), Stop> {
        self.0.push((hole, parent.start));
        match hole {
            8 => output.json.extend_from_slice(b"null"),
            9 => {
                let path = output.path.clone();
                output.errors.push(super::super::FieldError { path, message: String::new() });
                return Err(Stop::Null);
            }
            _ => output.json.extend_from_slice(hole.to_string().as_bytes()),
        }
        Ok(())
    }
}

/// What a value is null for.
struct Null;

/// The naive way.
#[derive(Default)]
struct Oracle {
    emit_defaults: bool,
    path: Vec<String>,
    errors: Vec<String>,
    notes: Vec<String>,
}

impl Oracle {
    fn error(&mut self) -> Result<Json, Null> {
        self.errors.push(self.path.join("."));
        Err(Null)
    }

    fn object(
        &mut self,
        shapes: &Shapes,
        id: ShapeId,
        fields: &[Selected],
        message: &DynamicMessage,
    ) -> Result<Json, Null> {
        let mut object = serde_json::Map::new();
        for selected in fields {
            self.path.push(selected.name.to_string());
            let value = self.field(shapes, id, selected, message);
            let value = match value {
                Ok(value) => value,
                Err(Null) if selected.non_null => {
                    self.path.pop();
                    return Err(Null);
                }
                Err(Null) => Json::Null,
            };
            self.path.pop();
            object.insert(selected.name.to_string(), value);
        }
        Ok(Json::Object(object))
    }

    fn absent(&mut self, selected: &Selected) -> Result<Json, Null> {
        if selected.non_null { self.error() } else { Ok(Json::Null) }
    }

    fn field(
        &mut self,
        shapes: &Shapes,
        id: ShapeId,
        selected: &Selected,
        message: &DynamicMessage,
    ) -> Result<Json, Null> {
        let descriptor = message.descriptor();
        let of = |index: usize| descriptor.get_field(shapes.get(id).fields[index].number).unwrap();
        match &selected.source {
            Source::Constant(text) => Ok(serde_json::from_str(text).unwrap()),
            Source::Hole(8) => self.absent(selected),
            Source::Hole(9) => self.error(),
            Source::Hole(hole) => Ok(json!(hole)),
            Source::Oneof(members) => {
                match members.iter().find(|member| message.has_field(&of(member.index))) {
                    Some(member) => self.object(shapes, id, &member.fields, message),
                    None => self.absent(selected),
                }
            }
            Source::Field { index, value, items_non_null } => {
                let (shape_field, field) = (&shapes.get(id).fields[*index], of(*index));
                match shape_field.cardinality {
                    Cardinality::Singular => {
                        self.single(shapes, shape_field, selected, value, &field, message)
                    }
                    Cardinality::Repeated => {
                        let list = message.get_field(&field);
                        let items = list.as_list().unwrap().iter().cloned();
                        self.items(shapes, value, *items_non_null, &field, items)
                    }
                    Cardinality::Map => {
                        let map = message.get_field(&field);
                        let entry = field.kind().as_message().unwrap().clone();
                        let items = map.as_map().unwrap().iter().map(|(key, value)| {
                            let mut message = DynamicMessage::new(entry.clone());
                            message.set_field(&entry.map_entry_key_field(), key.clone().into());
                            message.set_field(&entry.map_entry_value_field(), value.clone());
                            prost_reflect::Value::Message(message)
                        });
                        self.items(shapes, value, *items_non_null, &field, items)
                    }
                }
            }
        }
    }

    fn items(
        &mut self,
        shapes: &Shapes,
        value: &Value,
        non_null: bool,
        field: &FieldDescriptor,
        items: impl Iterator<Item = prost_reflect::Value>,
    ) -> Result<Json, Null> {
        let mut list = Vec::new();
        for (index, item) in items.enumerate() {
            self.path.push(index.to_string());
            let item = self.value(shapes, value, field, &item, non_null);
            self.path.pop();
            match item {
                Err(Null) if non_null => return Err(Null),
                item => list.push(item.unwrap_or(Json::Null)),
            }
        }
        Ok(Json::Array(list))
    }

    fn single(
        &mut self,
        shapes: &Shapes,
        shape_field: &Field,
        selected: &Selected,
        value: &Value,
        field: &FieldDescriptor,
        message: &DynamicMessage,
    ) -> Result<Json, Null> {
        let in_entry = message.descriptor().is_map_entry();
        if !message.has_field(field) && !in_entry {
            if shape_field.presence {
                return self.absent(selected);
            }
            if !self.emit_defaults && !selected.non_null {
                return Ok(Json::Null);
            }
        }
        let held = message.get_field(field);
        self.value(shapes, value, field, &held, selected.non_null)
    }

    fn value(
        &mut self,
        shapes: &Shapes,
        value: &Value,
        field: &FieldDescriptor,
        held: &prost_reflect::Value,
        non_null: bool,
    ) -> Result<Json, Null> {
        use prost_reflect::Value as Held;
        match (value, held) {
            (Value::Object(selection), Held::Message(message)) => {
                self.object(shapes, selection.shape, &selection.fields, message)
            }
            (Value::True, _) => Ok(json!(true)),
            (Value::Enum(names), Held::EnumNumber(number)) => {
                match names.iter().find(|(known, _)| known == number) {
                    Some((_, name)) => Ok(json!(name)),
                    None if non_null => self.error(),
                    None => {
                        self.notes.push(self.path.join("."));
                        Ok(Json::Null)
                    }
                }
            }
            (_, Held::F64(held)) if !held.is_finite() => self.error(),
            (_, Held::F32(held)) if !held.is_finite() => self.error(),
            (_, Held::Message(message)) => {
                let mut out = Vec::new();
                let mut serializer = serde_json::Serializer::new(&mut out);
                if message
                    .serialize_with_options(&mut serializer, &SerializeOptions::new())
                    .is_err()
                {
                    return self.error();
                }
                let json: Json = serde_json::from_slice(&out).unwrap();
                let float = matches!(
                    message.descriptor().full_name(),
                    "google.protobuf.DoubleValue" | "google.protobuf.FloatValue"
                );
                if float && json.is_string() { self.error() } else { Ok(json) }
            }
            (_, Held::Bytes(bytes)) => {
                let mut text = Vec::new();
                crate::codec::scalar::encode_base64(bytes, &mut text);
                Ok(json!(String::from_utf8(text).unwrap()))
            }
            (_, Held::I64(number)) => Ok(json!(number.to_string())),
            (_, Held::U64(number)) => Ok(json!(number.to_string())),
            (_, Held::I32(number)) => Ok(json!(number)),
            (_, Held::U32(number)) => Ok(json!(number)),
            (_, Held::F64(number)) => Ok(json!(number)),
            // The shortest text that reads as the same float; where two of them are as near, std
            // takes the one above and this one the even one.
            (_, Held::F32(number)) => {
                Ok(json!(serde_json::to_string(number).unwrap().parse::<f64>().unwrap()))
            }
            (_, Held::Bool(held)) => Ok(json!(held)),
            (_, Held::String(text)) => Ok(json!(text)),
            (value, held) => panic!("{value:?} of {held:?} in {:?}", Kind::name_of(field)),
        }
    }
}

trait NameOf {
    fn name_of(field: &FieldDescriptor) -> String;
}

impl NameOf for Kind {
    fn name_of(field: &FieldDescriptor) -> String {
        format!("{} {:?}", field.full_name(), field.kind())
    }
}

/// The other implementation writes a double of 3 as 3.0.
fn as_doubles(value: &mut Json) {
    match value {
        Json::Number(number) => *value = number.as_f64().into(),
        Json::Array(values) => values.iter_mut().for_each(as_doubles),
        Json::Object(fields) => fields.values_mut().for_each(as_doubles),
        _ => {}
    }
}

/// Lists in any order: what a map has none of.
fn unordered(value: &mut Json) {
    match value {
        Json::Array(values) => {
            values.iter_mut().for_each(unordered);
            values.sort_by_key(Json::to_string);
        }
        Json::Object(fields) => fields.values_mut().for_each(unordered),
        _ => {}
    }
}

fn ours(
    contract: &Contract,
    selection: &Selection,
    wire: &[u8],
    emit_defaults: bool,
) -> (Result<Json, Stop>, Output, Vec<(usize, usize)>) {
    let mut output = Output { emit_defaults, ..Output::default() };
    let mut filler = Filler::default();
    let span = Span { start: 0, end: wire.len() };
    let written =
        write_object(&contract.view, selection, wire, span, 100, &mut output, &mut filler);
    assert_eq!(output.path, []);
    let json = written.map(|()| {
        let mut json = serde_json::from_slice(&output.json)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.json)));
        as_doubles(&mut json);
        json
    });
    (json, output, filler.0)
}

fn paths<'a>(paths: impl Iterator<Item = &'a Vec<Segment>>) -> Vec<String> {
    paths.map(|steps| path(steps)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_naive_walk_over_another_implementations_tree_agrees(
        schema in vec(any::<u8>(), 0..300),
        content in vec(any::<u8>(), 0..1500),
        query in vec(any::<u8>(), 0..200),
    ) {
        let contract = contract(&mut Dice(&schema));
        let shapes = contract.view.shapes();
        let id = shapes.id(MESSAGE).unwrap();
        let message = value(&contract.pool.get_message_by_name(MESSAGE).unwrap(), 3, &mut Dice(&content));
        let mut dice = Dice(&query);
        let emit_defaults = dice.coin();
        let selection = selection(shapes, id, 4, &mut dice, Nulls::Anywhere);
        let wire = message.encode_to_vec();

        let mut oracle = Oracle { emit_defaults, ..Oracle::default() };
        let theirs = oracle.object(shapes, id, &selection.fields, &message);
        let (ours, output, filled) = ours(&contract, &selection, &wire, emit_defaults);
        match (ours, theirs) {
            (Ok(ours), Ok(mut theirs)) => {
                as_doubles(&mut theirs);
                assert_eq!(ours, theirs);
            }
            (Err(Stop::Null), Err(Null)) => {}
            (ours, theirs) => panic!("{ours:?} {:?}", theirs.ok()),
        }
        assert_eq!(paths(output.errors.iter().map(|error| &error.path)), oracle.errors);
        assert_eq!(paths(output.notes.iter().map(|note| &note.path)), oracle.notes);

        // What is filled was visited before, in that order.
        let mut visited = Vec::new();
        let span = Span { start: 0, end: wire.len() };
        let mut each = |hole: usize, parent: Span| visited.push((hole, parent.start));
        visit(shapes, &selection, &wire, span, 100, &mut each).unwrap();
        let mut rest = visited.iter();
        for hole in &filled {
            assert!(rest.any(|visited| visited == hole), "{filled:?} {visited:?}");
        }
        assert!(!output.errors.is_empty() || visited == filled);
    }

    #[test]
    fn split_and_shuffled_fields_are_read_as_elsewhere(
        schema in vec(any::<u8>(), 0..300),
        content in vec(any::<u8>(), 0..800),
        other in vec(any::<u8>(), 0..800),
        order in vec(any::<u8>(), 0..60),
        query in vec(any::<u8>(), 0..200),
    ) {
        let contract = contract(&mut Dice(&schema));
        let shapes = contract.view.shapes();
        let id = shapes.id(MESSAGE).unwrap();
        let descriptor = contract.pool.get_message_by_name(MESSAGE).unwrap();
        let mut wire = value(&descriptor, 3, &mut Dice(&content)).encode_to_vec();
        wire.extend(value(&descriptor, 3, &mut Dice(&other)).encode_to_vec());
        let wire = shuffled(&wire, &mut Dice(&order));
        let selection = selection(shapes, id, 4, &mut Dice(&query), Nulls::Never);

        let mut oracle = Oracle::default();
        let mut theirs = oracle.object(shapes, id, &selection.fields, &contract.dynamic(MESSAGE, &wire)).ok().unwrap();
        let (written, output, _) = match ours(&contract, &selection, &wire, false) {
            (Err(Stop::Split), output, _) => {
                assert!(output.errors.is_empty() && output.notes.is_empty());
                let mut whole = Vec::new();
                rewrite(shapes, id, &wire, 100, &mut whole).unwrap();
                ours(&contract, &selection, &whole, false)
            }
            written => written,
        };
        let mut ours = written.unwrap();
        as_doubles(&mut theirs);
        unordered(&mut ours);
        unordered(&mut theirs);
        // A duration of two merged halves may be none; the other one straightens it.
        if !output.errors.iter().any(|error| error.message.contains("differ in sign")) {
            assert_eq!(ours, theirs);
            assert_eq!(output.errors.len(), oracle.errors.len());
            assert_eq!(output.notes.len(), oracle.notes.len());
        }
    }

    #[test]
    fn changed_bytes_are_written_or_stopped(
        schema in vec(any::<u8>(), 0..200),
        content in vec(any::<u8>(), 0..600),
        query in vec(any::<u8>(), 0..200),
        change in vec((any::<usize>(), any::<u8>()), 1..4),
    ) {
        let contract = contract(&mut Dice(&schema));
        let shapes = contract.view.shapes();
        let id = shapes.id(MESSAGE).unwrap();
        let descriptor = contract.pool.get_message_by_name(MESSAGE).unwrap();
        let mut wire = value(&descriptor, 3, &mut Dice(&content)).encode_to_vec();
        for (at, byte) in change {
            let len = wire.len();
            if let Some(place) = wire.get_mut(at % len.max(1)) {
                *place = byte;
            }
        }
        let selection = selection(shapes, id, 4, &mut Dice(&query), Nulls::Anywhere);
        let (written, output, _) = ours(&contract, &selection, &wire, true);
        let span = Span { start: 0, end: wire.len() };
        let visited = visit(shapes, &selection, &wire, span, 100, &mut |_, _| {});
        match written {
            // What null takes with it is not read to its end.
            Ok(_) => assert!(visited.is_ok() || !output.errors.is_empty()),
            Err(Stop::Null) => assert!(!output.errors.is_empty()),
            Err(_) => assert!(output.errors.is_empty()),
        }
    }
}

/// The fields of a message in any order.
fn shuffled(wire: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut reader = Reader::new(wire, 0, wire.len());
    let mut fields = Vec::new();
    while !reader.is_empty() {
        let start = reader.position();
        let head = reader.head().unwrap();
        reader.skip(head, 100).unwrap();
        fields.push(&wire[start..reader.position()]);
    }
    let mut shuffled = Vec::new();
    while !fields.is_empty() {
        shuffled.extend_from_slice(fields.remove(dice.below(fields.len())));
    }
    shuffled
}
