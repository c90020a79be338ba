//! Tests of the writer: rule by rule, then random selections of random messages against a naive
//! walk over another implementation's tree.

mod allocations;
mod entries;
mod nulls;
mod oneofs;
mod random;
mod values;

use std::sync::Arc;

use super::{
    Holes, Member, Output, Segment, Selected, Selection, Source, Span, Stop, Value, visit,
    write_object, write_value,
};
use crate::codec::json::tests::CONTRACT;
use crate::contract::shape::ShapeId;

/// Fills holes with their numbers; the number 9 is null.
struct Numbers(Vec<(usize, Span)>);

impl Holes for Numbers {
    fn fill(&mut self, hole: usize, parent: Span, output: &mut Output) -> Result<(), Stop> {
        self.0.push((hole, parent));
        let text = if hole == 9 { "null".to_owned() } else { hole.to_string() };
        output.json.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

fn shape(message: &str) -> ShapeId {
    CONTRACT.view.shapes().id(message).unwrap()
}

/// Fields of a message by a short text: `f_int32 f_string! list:r_message!(f_bool)`. A name that
/// is answered under may stand before a colon, `!` is a field that is not null, `?` a list whose
/// items are not null. `=1` is hole 1. `<choice>(c_int32(c_int32) c_string(c_string))` is a oneof.
fn select(message: &str, text: &str) -> Selection {
    let mut rest = text;
    let selection = selection(shape(message), &mut rest);
    assert_eq!(rest, "", "of {text}");
    selection
}

fn word<'t>(rest: &mut &'t str) -> &'t str {
    let end = rest
        .find(|character: char| !character.is_alphanumeric() && !"_.<>=@".contains(character))
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    word
}

fn flag(rest: &mut &str, flag: char) -> bool {
    let after = rest.strip_prefix(flag);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

fn selection(id: ShapeId, rest: &mut &str) -> Selection {
    let fields = fields(id, rest);
    Selection::new(CONTRACT.view.shapes(), id, fields)
}

fn fields(id: ShapeId, rest: &mut &str) -> Vec<Selected> {
    let mut fields = Vec::new();
    while !rest.is_empty() && !rest.starts_with(')') {
        fields.push(selected(id, rest));
        flag(rest, ' ');
    }
    fields
}

fn selected(id: ShapeId, rest: &mut &str) -> Selected {
    let shapes = CONTRACT.view.shapes();
    let mut name = word(rest);
    let mut of = name;
    if flag(rest, ':') {
        of = word(rest);
    }
    let (non_null, items_non_null) = (flag(rest, '!'), flag(rest, '?'));
    let index_of = |name: &str| {
        let found = shapes.get(id).fields.iter().position(|field| &*field.name == name);
        found.unwrap_or_else(|| panic!("no field {name}"))
    };
    let source = if let Some(hole) = of.strip_prefix('=') {
        Source::Hole(hole.parse().unwrap())
    } else if let Some(text) = of.strip_prefix('@') {
        Source::Constant(format!("{text:?}").into())
    } else if let Some(oneof) = of.strip_prefix('<') {
        name = oneof.strip_suffix('>').unwrap();
        let mut members = Vec::new();
        assert!(flag(rest, '('));
        while !flag(rest, ')') {
            let index = index_of(word(rest));
            assert!(flag(rest, '('));
            members.push(Member { index, fields: self::fields(id, rest) });
            assert!(flag(rest, ')'));
            flag(rest, ' ');
        }
        Source::Oneof(members)
    } else {
        let index = index_of(of);
        let field = &shapes.get(id).fields[index];
        let value = match (field.message(), field.kind) {
            (Some(inner), _) if flag(rest, '(') => {
                let selection = selection(inner, rest);
                assert!(flag(rest, ')'));
                Value::Object(selection)
            }
            (Some(inner), _) if &*shapes.get(inner).full_name == "google.protobuf.Empty" => {
                Value::True
            }
            (None, crate::contract::shape::Kind::Enum(id)) => {
                let shape = shapes.get_enum(id);
                let mut values: Vec<(i32, Box<str>)> =
                    shape.values.iter().map(|(name, number)| (*number, name.clone())).collect();
                values.sort_by_key(|(number, _)| *number);
                values.dedup_by_key(|(number, _)| *number);
                if shape.null_value { Value::Leaf } else { Value::Enum(values.into()) }
            }
            _ => Value::Leaf,
        };
        Source::Field { index, value, items_non_null }
    };
    Selected::new(Arc::from(name), non_null, source)
}

fn path(path: &[Segment]) -> String {
    let step = |segment: &Segment| match segment {
        Segment::Name(name) => name.to_string(),
        Segment::Index(index) => index.to_string(),
    };
    path.iter().map(step).collect::<Vec<_>>().join(".")
}

/// What is written of a message; behind it errors and notes, each on a line of its own.
fn written(message: &str, text: &str, wire: &[u8]) -> String {
    written_with(message, text, wire, &mut Output::default())
}

fn written_with(message: &str, text: &str, wire: &[u8], output: &mut Output) -> String {
    let selection = select(message, text);
    let span = Span { start: 0, end: wire.len() };
    let mut holes = Numbers(Vec::new());
    let result = write_object(&CONTRACT.view, &selection, wire, span, 100, output, &mut holes);
    assert_eq!(output.path, [], "the path is left as it was");
    let mut lines = match result {
        Ok(()) => vec![String::from_utf8(output.json.clone()).unwrap()],
        Err(stop) => {
            assert_eq!(output.json, b"", "nothing is left of what was stopped");
            vec![match stop {
                Stop::Null => "null".to_owned(),
                Stop::Split => "split".to_owned(),
                Stop::Malformed(malformed) => malformed.to_string(),
            }]
        }
    };
    lines.extend(
        output
            .errors
            .iter()
            .map(|error| format!("error at {}: {}", path(&error.path), error.message)),
    );
    lines.extend(
        output.notes.iter().map(|note| format!("note at {}: {}", path(&note.path), note.message)),
    );
    lines.join("\n")
}

/// `text` of a message that JSON makes is written as `expected`.
#[track_caller]
fn writes(text: &str, json: &str, expected: &str) {
    let wire = CONTRACT
        .decode("kinds.All", json.as_bytes(), &crate::codec::json::tests::STRICT)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(written("kinds.All", text, &wire), expected, "{text} of {json}");
}

/// `text` of a message is written as `expected`.
#[track_caller]
fn writes_wire(message: &str, text: &str, wire: &[u8], expected: &str) {
    assert_eq!(written(message, text, wire), expected, "{text} of {wire:x?}");
}
