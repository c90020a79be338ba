use super::*;
use crate::contract::features::FieldFeatures;
use crate::contract::raw;

/// Compiles `text` as proto2, hands it to `change`, and makes it an edition 2023 file.
fn edition(text: &str, change: impl Fn(&mut raw::File)) -> Loaded {
    let mut loaded = reflected("edition", &[("e.proto", text)]);
    for file in &mut loaded.files {
        let mut raw = raw::File::decode(file.bytes.clone()).expect("decodes");
        if raw.name() == "e.proto" {
            raw.syntax = Some("editions".to_owned());
            raw.edition = Some(1000);
            change(&mut raw);
            file.bytes = raw.encode_to_vec().into();
        }
    }
    loaded
}

/// `features` at `tag` of some options: pairs of a feature's number and value.
fn features(tag: u32, features: &[(u8, u8)]) -> Option<Bytes> {
    let set: Vec<u8> = features.iter().flat_map(|(number, value)| [number << 3, *value]).collect();
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(u64::from(tag) << 3 | 2, &mut bytes);
    prost::encoding::encode_varint(set.len() as u64, &mut bytes);
    bytes.extend(set);
    Some(bytes.into())
}

const FILE: u32 = 50;
const MESSAGE: u32 = 12;
const ONEOF: u32 = 1;
const FIELD: u32 = 21;
const ENUM: u32 = 7;
const IMPLICIT: (u8, u8) = (1, 2);
const EXPLICIT: (u8, u8) = (1, 1);
const REQUIRED: (u8, u8) = (1, 3);
const CLOSED: (u8, u8) = (2, 2);
const OPEN: (u8, u8) = (2, 1);
const EXPANDED: (u8, u8) = (3, 2);
const UNVERIFIED: (u8, u8) = (4, 3);
const DELIMITED: (u8, u8) = (5, 2);

const TEXT: &str = "package e;
    message M {
      optional string s = 1; optional int32 n = 2; repeated int32 r = 3; optional M m = 4;
      optional E e = 5; map<string, M> map = 6; oneof o { int32 p = 7; M q = 8; }
      message Inner { optional string s = 1; optional bytes b = 2; enum Nested { ZERO = 0; } }
      extensions 100 to 200; extend M { optional string ext = 100; repeated M exts = 101; } }
    enum E { A = 0; B = 1; }
    service S { rpc Do(M) returns (M); }";

fn field(contract: &Contract, name: &str) -> prost_reflect::FieldDescriptor {
    let (message, field) = name.rsplit_once('.').expect("a full name");
    let message = contract.pool().get_message_by_name(message).expect(message);
    message.get_field_by_name(field).expect(field)
}

const VERIFIED: Option<FieldFeatures> =
    Some(FieldFeatures { implicit_presence: false, verify_utf8: true });

#[test]
fn defaults_of_edition_2023_hold() {
    let loaded = edition(TEXT, |_| ());
    let original = loaded.files.iter().map(|file| file.bytes.clone()).collect::<Vec<_>>();
    let contract = built(&[loaded]);
    let features = |name: &str| contract.features().fields.get(name).copied();
    assert_eq!(features("e.M.s"), VERIFIED);
    assert_eq!(features("e.M.MapEntry.key"), VERIFIED);
    assert_eq!(features("e.M.ext"), VERIFIED);
    for name in ["e.M.n", "e.M.r", "e.M.m", "e.M.e", "e.M.p", "e.M.Inner.b"] {
        assert_eq!(features(name), None, "{name}");
    }
    assert!(field(&contract, "e.M.n").supports_presence());
    assert!(field(&contract, "e.M.r").is_packed());
    assert!(!field(&contract, "e.M.m").is_group());
    assert!(contract.features().open_enums.contains("e.E"));
    assert!(contract.features().open_enums.contains("e.M.Inner.Nested"));
    assert_eq!(contract.operations().len(), 1);
    // It is handed out as it came, in its edition.
    let file = contract.files().iter().find(|file| &*file.name == "e.proto").expect("there");
    assert!(original.contains(&file.descriptor));
}

#[test]
fn features_hold_for_all_inside_unless_restated() {
    let contract = built(&[edition(TEXT, |file| {
        file.options = features(FILE, &[IMPLICIT, CLOSED, EXPANDED, UNVERIFIED, DELIMITED]);
        let message = &mut file.message_type[0];
        message.nested_type.iter_mut().find(|m| m.name() == "Inner").expect("there").options =
            features(MESSAGE, &[EXPLICIT, OPEN, (4, 2)]);
        message.field[1].options = features(FIELD, &[REQUIRED]);
        message.field[2].options = features(FIELD, &[(3, 1)]);
    })]);
    let listed = |name: &str| contract.features().fields.get(name).copied();
    let implicit = Some(FieldFeatures { implicit_presence: true, verify_utf8: false });
    assert_eq!(listed("e.M.s"), implicit);
    assert_eq!(listed("e.M.e"), implicit);
    assert_eq!(listed("e.M.n"), None);
    assert_eq!(field(&contract, "e.M.n").cardinality(), prost_reflect::Cardinality::Required);
    assert!(field(&contract, "e.M.r").is_packed());
    for (name, group) in [("m", true), ("q", true), ("map", false)] {
        assert_eq!(field(&contract, &format!("e.M.{name}")).is_group(), group, "{name}");
    }
    assert!(!field(&contract, "e.M.MapEntry.value").is_group());
    let exts = contract.pool().get_extension_by_name("e.M.exts").expect("there");
    assert!(exts.is_group() && exts.is_list());
    assert_eq!(listed("e.M.ext"), None);
    assert_eq!(listed("e.M.p"), None);
    assert_eq!(listed("e.M.Inner.s"), VERIFIED);
    assert_eq!(listed("e.M.Inner.b"), None);
    let open = &contract.features().open_enums;
    assert!(!open.contains("e.E") && open.contains("e.M.Inner.Nested"), "{open:?}");
}

#[test]
fn enums_oneofs_and_unknown_values_state_features_too() {
    let contract = built(&[edition(TEXT, |file| {
        file.enum_type[0].options = features(ENUM, &[CLOSED]);
        let message = &mut file.message_type[0];
        message.oneof_decl[0].options = features(ONEOF, &[DELIMITED]);
        message.field[2].options = features(FIELD, &[EXPANDED, (1, 9), (9, 1)]);
    })]);
    assert!(!contract.features().open_enums.contains("e.E"));
    assert!(field(&contract, "e.M.q").is_group());
    assert!(!field(&contract, "e.M.m").is_group());
    assert!(!field(&contract, "e.M.r").is_packed());
}

#[test]
fn an_edition_file_merges_with_the_same_in_a_syntax() {
    let proto3 =
        "syntax = \"proto3\"; package same; message M { string s = 1; optional int32 n = 2;
        repeated int32 r = 3; E e = 4; } enum E { ZERO = 0; }";
    let proto2 = "package same; message M { optional string s = 1; optional int32 n = 2;
        repeated int32 r = 3; optional E e = 4; } enum E { ZERO = 0; }";
    let same = || {
        edition(proto2, |file| {
            for index in [0, 3] {
                file.message_type[0].field[index].options = features(FIELD, &[IMPLICIT]);
            }
        })
    };
    let three = || reflected("three", &[("three.proto", proto3)]);
    built(&[same(), three()]);
    built(&[three(), same()]);
    let (_, problems) = Contract::build(&[edition(proto2, |_| ()), three()]);
    assert!(text(&problems)[0].contains("field same.M.s is string (UTF-8) in"), "{problems:?}");
}

#[test]
fn unknown_editions_and_syntaxes_are_told() {
    for (syntax, edition, message) in [
        (
            "editions",
            Some(1001),
            "it is written in edition 2024, and 2023 is the latest that is understood",
        ),
        (
            "editions",
            Some(99_999),
            "it is written in edition number 99999, and 2023 is the latest that is understood",
        ),
        ("editions", Some(998), "its edition is an old syntax in disguise"),
        ("editions", None, "it has edition syntax but names no edition"),
        ("proto4", None, "its syntax is \"proto4\", which is not known"),
    ] {
        let file = raw::File {
            name: Some("x.proto".to_owned()),
            syntax: Some(syntax.to_owned()),
            edition,
            ..raw::File::default()
        };
        let loaded = load::reflection(&Arc::from("b"), vec![file.encode_to_vec().into()]);
        let (contract, problems) = Contract::build(&[loaded]);
        assert_eq!(text(&problems), [format!("reflection of backend b: x.proto: {message}")]);
        assert!(contract.pool().get_file_by_name("x.proto").is_none());
    }
}

#[test]
fn a_set_that_protoc_wrote_loads() {
    let bytes = Bytes::from_static(include_bytes!("data/edition.binpb"));
    let loaded = load::descriptor_set(Source::Descriptors("edition.binpb".into()), bytes);
    let contract = built(&[loaded.expect("a set")]);
    let names = ["s", "n", "r", "rp", "m", "e", "c", "map", "p", "q", "req", "raw"];
    let facts: Vec<String> = names
        .iter()
        .map(|name| {
            let field = field(&contract, &format!("real.M.{name}"));
            let features = contract.features().fields.get(&format!("real.M.{name}"));
            let implicit = features.is_some_and(|features| features.implicit_presence);
            let verify = features.is_some_and(|features| features.verify_utf8);
            let words = [
                ("implicit", implicit),
                ("utf8", verify),
                ("packed", field.is_packed()),
                ("group", field.is_group()),
                ("required", field.cardinality() == prost_reflect::Cardinality::Required),
            ];
            let words = words.iter().filter(|(_, is)| *is).map(|(word, _)| *word);
            std::iter::once(*name).chain(words).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        facts,
        [
            "s implicit utf8",
            "n",
            "r",
            "rp packed",
            "m group",
            "e implicit",
            "c",
            "map",
            "p",
            "q",
            "req required",
            "raw implicit",
        ]
    );
    let open = &contract.features().open_enums;
    assert!(open.contains("real.E") && !open.contains("real.C"), "{open:?}");
    assert_eq!(contract.operations().len(), 1);
}
