use super::*;
use crate::contract::raw;

/// A file with nearly everything a descriptor can have.
const RICH: &str = r#"
syntax = "proto2";
package rich.v1;
import "google/api/annotations.proto";
import "google/protobuf/timestamp.proto";
message A {
  required string id = 1; optional group Part = 2 { optional int32 x = 1 [default = -7]; }
  extensions 100 to 200; repeated int32 packed = 3 [packed = true];
  optional bytes b = 4 [default = "\377\x01"]; map<string, A> map = 5; map<int32, E> enums = 6;
  oneof o { string p = 7; A self = 8; } optional google.protobuf.Timestamp at = 9;
  optional E e = 10 [default = B]; reserved 50 to 60; reserved "gone";
  enum E { option allow_alias = true; ZERO = 0; B = 1; C = 1; }
  message N { optional double d = 1 [default = inf]; extend A { optional N n = 101; } }
}
extend A { repeated string more = 100; }
service S {
  rpc Get(A) returns (A.N) { option (google.api.http) = { get: "/v1/{id}" additional_bindings { put: "/v1" body: "*" } }; }
  rpc Both(stream A) returns (stream A);
}
"#;

/// Uses all that a contract has, so that what is broken shows.
fn use_all(contract: &Contract) -> usize {
    let pool = contract.pool();
    let mut seen = contract.operations().len();
    for message in pool.all_messages() {
        let value = prost_reflect::DynamicMessage::new(message.clone());
        seen += message.options().encode_to_vec().len() + value.encode_to_vec().len();
        if message.is_map_entry() {
            let (key, value) = (message.map_entry_key_field(), message.map_entry_value_field());
            seen += key.name().len() + value.name().len();
        }
        for field in message.fields() {
            let entry = field.kind().as_message().map_or(0, |kind| kind.fields().count());
            let default = matches!(field.default_value(), prost_reflect::Value::List(_));
            seen += entry + usize::from(default) + field.json_name().len();
            seen += field.containing_oneof().map_or(0, |oneof| oneof.fields().count());
        }
        for field in message.extensions() {
            seen += field.json_name().len() + field.options().encode_to_vec().len();
        }
    }
    for definition in pool.all_enums() {
        seen += definition.values().count() + definition.default_value().name().len();
    }
    for operation in contract.operations().values() {
        seen += contract.operation_comment(operation).map_or(0, str::len);
    }
    seen + contract.descriptors().len()
}

/// xorshift: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below the bound")
    }
}

fn mutated(bytes: &[u8], random: &mut Random) -> Bytes {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len().max(1));
        let Some(byte) = bytes.get_mut(at) else { break };
        match random.below(6) {
            0 => *byte ^= 1 << random.below(8),
            1 => *byte = u8::try_from(random.below(256)).expect("a byte"),
            2 => *byte = byte.wrapping_add(1),
            3 => bytes.truncate(at),
            4 => {
                bytes.remove(at);
            }
            _ => {
                let end = (at + 1 + random.below(24)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
    bytes.into()
}

fn rich() -> Bytes {
    let loaded = reflected("rich", &[("rich.proto", RICH)]);
    let named = |file: &&LoadedFile| {
        raw::File::decode(file.bytes.clone()).is_ok_and(|file| file.name() == "rich.proto")
    };
    loaded.files.iter().find(named).expect("there").bytes.clone()
}

#[test]
fn no_mutated_descriptor_panics() {
    let good = rich();
    let sound = built(&[load::reflection(&Arc::from("a"), vec![good.clone()])]);
    assert!(use_all(&sound) > 0);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut kept) = (0, 0);
    for _ in 0..4000 {
        let bytes = mutated(&good, &mut random);
        let (contract, problems) =
            Contract::build(&[load::reflection(&Arc::from("a"), vec![bytes])]);
        use_all(&contract);
        if problems.is_empty() { kept += 1 } else { refused += 1 }
    }
    assert!(refused > 1000 && kept > 100, "{refused} refused, {kept} kept");
}

#[test]
fn no_descriptor_with_one_wrong_part_panics() {
    let good = raw::File::decode(rich()).expect("decodes");
    type Change = fn(&mut raw::File);
    let changes: &[(&str, Change)] = &[
        ("is no name for a file", |f| f.name = None),
        ("\"a..b\" is no name for a package", |f| f.package = Some("a..b".into())),
        ("there is no import number 9", |f| f.public_dependency.push(9)),
        ("there is no import number -1", |f| f.weak_dependency.push(-1)),
        ("\"\" in rich.v1 is no name for a message", |f| f.message_type[0].name = None),
        ("is no name for a field", |f| f.message_type[0].field[0].name = Some("a.b".into())),
        ("has no type", |f| f.message_type[0].field[0].kind = None),
        ("has type number 19", |f| f.message_type[0].field[0].kind = Some(19)),
        ("has label 7", |f| f.message_type[0].field[0].label = Some(7)),
        ("does not name its type", |f| f.message_type[0].field[0].kind = Some(11)),
        ("is a scalar, yet of type", |f| f.message_type[0].field[0].type_name = Some(".A".into())),
        ("which is no name of a type", |f| f.service[0].method[0].input_type = None),
        ("claims to be an extension", |f| f.message_type[0].field[0].extendee = Some(".A".into())),
        ("is in a oneof that is not there", |f| f.message_type[0].field[0].oneof_index = Some(5)),
        ("is in a oneof that is not there", |f| f.message_type[0].field[0].oneof_index = Some(-5)),
        ("oneof rich.v1.A.o has no fields", |f| {
            f.message_type[0].field.retain(|field| field.oneof_index.is_none());
        }),
        ("marked as a map entry but is none", |f| {
            f.message_type[0].options = Some(Bytes::from_static(&[0x38, 1]));
        }),
        ("extends nothing", |f| f.extension[0].extendee = None),
        ("enum rich.v1.A.E has no values", |f| f.message_type[0].enum_type[0].value.clear()),
        ("which is no bytes", |f| {
            let field = f.message_type[0].field.iter_mut().find(|field| field.name() == "b");
            field.expect("there").default_value = Some("\\777".into());
        }),
        ("invalid field number '0'", |f| f.message_type[0].field[0].number = None),
        ("'rich.v1.A' is not", |f| f.service[0].method[0].input_type = Some(".rich.v1.S".into())),
        ("is defined multiple times", |f| {
            let again = f.message_type[0].clone();
            f.message_type.push(again);
        }),
    ];
    for (message, change) in changes {
        let mut file = good.clone();
        change(&mut file);
        let fine = raw::File { name: Some("fine.proto".into()), ..raw::File::default() };
        let files = vec![file.encode_to_vec().into(), fine.encode_to_vec().into()];
        let (contract, problems) = Contract::build(&[load::reflection(&Arc::from("a"), files)]);
        use_all(&contract);
        assert!(contract.pool().get_file_by_name("fine.proto").is_some(), "{message}");
        let problems = text(&problems);
        assert!(!problems.is_empty(), "{message}");
        if !message.starts_with('\'') && !message.starts_with("is defined") {
            assert!(problems.iter().any(|problem| problem.contains(message)), "{problems:?}");
        }
    }
}

#[test]
fn what_is_too_much_is_told() {
    let file = |index: usize| {
        let file = raw::File { name: Some(format!("{index}.proto")), ..raw::File::default() };
        Bytes::from(file.encode_to_vec())
    };
    let files = (0..10_001).map(file).collect();
    let (_, problems) = Contract::build(&[load::reflection(&Arc::from("a"), files)]);
    assert!(problems[0].message.starts_with("10001 files of "), "{problems:?}");

    // Each publicly imports all before it.
    let deep = |index: i32| {
        let dependency: Vec<String> =
            (0..index).rev().take(900).map(|i| format!("{i}.proto")).collect();
        let public_dependency = (0..index.min(900)).collect();
        let name = Some(format!("{index}.proto"));
        let file = raw::File { name, dependency, public_dependency, ..raw::File::default() };
        Bytes::from(file.encode_to_vec())
    };
    let files = (0..750).map(deep).collect();
    let (_, problems) = Contract::build(&[load::reflection(&Arc::from("a"), files)]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("import each other too often"), "{problems:?}");
}
