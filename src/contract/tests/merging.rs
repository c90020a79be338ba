use super::*;
use crate::contract::Severity;

const TYPES: &str = "syntax = \"proto3\"; package shop; import \"google/protobuf/timestamp.proto\";
    message Item { string id = 1; int32 price = 2; google.protobuf.Timestamp at = 3; Size size = 4;
                   repeated int32 sizes = 5; oneof which { string a = 6; bytes b = 7; }
                   optional string note = 8; map<string, Item> parts = 9; }
    enum Size { SMALL = 0; LARGE = 1; }";
const SERVICE: &str = "syntax = \"proto3\"; package shop; import \"types.proto\";
    service Items { rpc Get(Item) returns (Item); }";

fn errors(sources: &[Loaded]) -> Vec<String> {
    let (_, problems) = Contract::build(sources);
    assert!(problems.iter().all(|problem| problem.severity == Severity::Error), "{problems:?}");
    text(&problems)
}

#[test]
fn same_files_merge() {
    let one = || reflected("one", &[("types.proto", TYPES), ("service.proto", SERVICE)]);
    let two = reflected("two", &[("types.proto", TYPES), ("service.proto", SERVICE)]);
    let contract = built(&[one(), one(), two]);
    let names: Vec<&str> = contract.files().iter().map(|file| &*file.name).collect();
    assert_eq!(names.iter().filter(|name| name.ends_with("types.proto")).count(), 1, "{names:?}");
    let backends: Vec<&str> = contract.backends_of("shop.Items").map(|name| &**name).collect();
    assert_eq!(backends, ["one", "two"]);
}

#[test]
fn same_definitions_merge_whatever_their_files() {
    let one = reflected("one", &[("types.proto", TYPES), ("service.proto", SERVICE)]);
    let other_path = SERVICE.replace("types.proto", "proto/shop/types.proto");
    let more = "syntax = \"proto3\"; package more; import \"proto/shop/service.proto\";
        import \"proto/shop/types.proto\";
        service More { rpc Get(shop.Item) returns (shop.Item); }";
    let two = reflected(
        "two",
        &[
            ("proto/shop/types.proto", TYPES),
            ("proto/shop/service.proto", &other_path),
            ("more.proto", more),
        ],
    );
    let in_one = TYPES.to_owned()
        + "service Items { rpc Get(Item) returns (Item); } message New { Item item = 1; }";
    let three = reflected(
        "three",
        &[
            ("all.proto", &in_one),
            (
                "use.proto",
                "syntax = \"proto3\"; import \"all.proto\"; message Use { shop.New new = 1; shop.Item item = 2; }",
            ),
        ],
    );
    for sources in [[one.clone(), two.clone(), three.clone()], [three, two, one]] {
        let contract = built(&sources);
        assert_eq!(contract.operations().len(), 2);
        for name in ["shop.Item", "shop.New", "Use"] {
            assert!(contract.pool().get_message_by_name(name).is_some(), "{name}");
        }
        // What is handed out fits together by itself.
        let set =
            load::descriptor_set(Source::Descriptors("x".into()), contract.descriptors().into());
        let again = built(&[set.expect("a set")]);
        assert_eq!(again.pool().all_messages().count(), contract.pool().all_messages().count());
        let pool = prost_reflect::DescriptorPool::decode(contract.descriptors().as_slice());
        assert!(pool.expect("fits").get_service_by_name("more.More").is_some());
    }
}

#[test]
fn files_of_one_name_and_other_definitions_stand_side_by_side() {
    let api =
        |name: &str| format!("syntax = \"proto3\"; package {name}; message M {{ string id = 1; }}");
    let user = |name: &str| {
        format!(
            "syntax = \"proto3\"; package {name}; import \"api.proto\"; service S {{ rpc Do(M) returns (M); }}"
        )
    };
    let source =
        |name: &str| reflected(name, &[("api.proto", &api(name)), ("service.proto", &user(name))]);
    let contract = built(&[source("a"), source("b"), source("c")]);
    assert_eq!(contract.operations().len(), 3);
    let pool = prost_reflect::DescriptorPool::decode(contract.descriptors().as_slice());
    assert_eq!(pool.expect("fits").services().count(), 3);
}

#[test]
fn different_definitions_are_told_with_both_sources() {
    for (from, to, difference) in [
        (
            "int32 price",
            "int64 price",
            "field shop.Item.price is int32 without presence in {1} and int64 without presence in {2}",
        ),
        (
            "int32 price",
            "optional int32 price",
            "field shop.Item.price is int32 without presence in {1} and int32 in {2}",
        ),
        (
            "int32 price",
            "repeated int32 price",
            "field shop.Item.price is int32 without presence in {1} and repeated int32 (packed) in {2}",
        ),
        ("int32 price = 2;", "", "field shop.Item.price is there in {1} and missing in {2}"),
        (
            "int32 price = 2;",
            "int32 prize = 2;",
            "field 2 of shop.Item is price in {1} and prize in {2}",
        ),
        (
            "price = 2;",
            "price = 2; int32 more = 99;",
            "field shop.Item.more is missing in {1} and there in {2}",
        ),
        (
            "price = 2;",
            "price = 2 [json_name = \"cost\"];",
            "field shop.Item.price is int32 without presence in {1} and int32 without presence with JSON name cost in {2}",
        ),
        (
            "sizes = 5",
            "sizes = 5 [packed = false]",
            "field shop.Item.sizes is repeated int32 (packed) in {1} and repeated int32 in {2}",
        ),
        (
            "oneof which",
            "oneof what",
            "field shop.Item.a is string in oneof which (UTF-8) in {1} and string in oneof what (UTF-8) in {2}",
        ),
        (
            "map<string, Item>",
            "map<int32, Item>",
            "field shop.Item.PartsEntry.key is string without presence (UTF-8) in {1} and int32 without presence in {2}",
        ),
    ] {
        let changed = TYPES.replace(from, to);
        assert_ne!(changed, TYPES);
        let one = reflected("one", &[("types.proto", TYPES)]);
        let two = reflected("two", &[("proto/types.proto", &changed)]);
        let difference = difference
            .replace("{1}", "reflection of backend one (types.proto)")
            .replace("{2}", "reflection of backend two (proto/types.proto)");
        assert_eq!(
            errors(&[one, two]),
            [format!(
                "reflection of backend two: proto/types.proto: shop.Item is defined twice and \
                 differently: {difference}"
            )]
        );
    }
    for (from, to, difference) in [
        (
            "LARGE = 1",
            "LARGE = 2",
            "shop.Size is defined twice and differently: value LARGE of enum shop.Size is 1 in",
        ),
        ("LARGE = 1", "LARGE = 1; HUGE = 2", "value HUGE of enum shop.Size is missing in"),
        ("enum Size { SMALL = 0; LARGE = 1; }", "message Size {}", "shop.Size is an enum in"),
    ] {
        let changed = TYPES.replace(from, to);
        let one = reflected("one", &[("types.proto", TYPES)]);
        let problems = errors(&[one, reflected("two", &[("types.proto", &changed)])]);
        assert!(problems.iter().any(|problem| problem.contains(difference)), "{problems:?}");
    }
}

#[test]
fn conflicts_name_files_on_disk_and_spare_what_does_not_need_them() {
    let files = Files::new(&[("shop/types.proto", TYPES)]);
    let (loaded, _) = files.load();
    let changed = TYPES.replace("int32 price", "string price");
    let other =
        "syntax = \"proto3\"; package other; message M {} service Fine { rpc Do(M) returns (M); }";
    let two = reflected(
        "two",
        &[("types.proto", &changed), ("service.proto", SERVICE), ("other.proto", other)],
    );
    let (contract, problems) = Contract::build(&[loaded, two]);
    assert_eq!(
        files.text(&problems),
        [
            "reflection of backend two: types.proto: shop.Item is defined twice and differently: \
             field shop.Item.price is int32 without presence in shop/types.proto and string \
             without presence (UTF-8) in reflection of backend two (types.proto)",
            "reflection of backend two: service.proto: it imports types.proto, which was left out",
        ]
    );
    let operations: Vec<&str> = contract.operations().keys().map(|name| &**name).collect();
    assert_eq!(operations, ["other.Fine/Do"]);
    assert!(!contract.services().contains_key("shop.Items"));
}

#[test]
fn services_that_differ_are_told() {
    let all = |method: &str| {
        format!("syntax = \"proto3\"; package s; message M {{}} service S {{ rpc {method}; }}")
    };
    for (other, difference) in [
        ("Do(stream M) returns (M)", "method s.S/Do is (s.M) returning (s.M) in"),
        ("Be(M) returns (M)", "method s.S/Be is missing in"),
    ] {
        let one = reflected("one", &[("s.proto", &all("Do(M) returns (M)"))]);
        let problems = errors(&[one, reflected("two", &[("s.proto", &all(other))])]);
        assert!(problems[0].contains(difference), "{problems:?}");
    }
}

#[test]
fn own_copies_of_standard_schemas_merge() {
    // An older one, a newer one, and one elsewhere.
    let older = "syntax = \"proto3\"; package google.rpc; option java_package = \"x\";
        message BadRequest { repeated FieldViolation field_violations = 1;
          message FieldViolation { string field = 1; string description = 2; } }";
    let newer = std::fs::read_to_string("proto/google/rpc/error_details.proto")
        .expect("there")
        .replace("string serving_data = 2;", "string serving_data = 2; string brand_new = 3;");
    let user = "syntax = \"proto3\"; import \"google/rpc/error_details.proto\";
        message Own { google.rpc.BadRequest bad = 1; }";
    let one = reflected("one", &[("google/rpc/error_details.proto", older), ("own.proto", user)]);
    let two = reflected("two", &[("google/rpc/error_details.proto", &newer)]);
    let three = reflected("three", &[("third_party/bad_request.proto", older)]);
    let contract = built(&[one, two, three]);
    let message = |name| contract.pool().get_message_by_name(name).expect(name);
    assert!(message("google.rpc.RequestInfo").get_field_by_name("brand_new").is_some());
    assert!(message("google.rpc.BadRequest.FieldViolation").get_field_by_name("reason").is_some());
    assert!(message("Own").get_field(1).is_some());

    let wrong = older.replace("string field = 1", "int32 field = 1");
    let problems = errors(&[reflected("bad", &[("google/rpc/error_details.proto", &wrong)])]);
    assert!(
        problems[0].contains("field google.rpc.BadRequest.FieldViolation.field is string"),
        "{problems:?}"
    );
}

fn named(name: &str, imports: &[&str]) -> prost_types::FileDescriptorProto {
    prost_types::FileDescriptorProto {
        name: Some(name.to_owned()),
        dependency: imports.iter().map(|import| (*import).to_owned()).collect(),
        ..Default::default()
    }
}

#[test]
fn circles_and_missing_imports_are_told() {
    let files = [
        named("a.proto", &["b.proto"]),
        named("b.proto", &["c.proto"]),
        named("c.proto", &["b.proto"]),
        named("self.proto", &["self.proto"]),
        named("fine.proto", &[]),
    ];
    let (contract, problems) = Contract::build(&[descriptors(&files)]);
    assert_eq!(
        text(&problems),
        [
            "set.binpb: b.proto: files import each other: b.proto imports c.proto imports b.proto",
            "set.binpb: self.proto: files import each other: self.proto imports self.proto",
            "set.binpb: a.proto: it imports b.proto, which was left out",
        ]
    );
    assert!(contract.pool().get_file_by_name("fine.proto").is_some());

    let mut needing = named("needing.proto", &["gone.proto"]);
    needing.message_type.push(prost_types::DescriptorProto {
        name: Some("M".to_owned()),
        field: vec![prost_types::FieldDescriptorProto {
            name: Some("f".to_owned()),
            number: Some(1),
            r#type: Some(11),
            type_name: Some(".gone.G".to_owned()),
            ..Default::default()
        }],
        ..Default::default()
    });
    let mut not_needing = named("not_needing.proto", &["gone.proto", "google/protobuf/any.proto"]);
    not_needing.package = Some("n".to_owned());
    let (contract, problems) = Contract::build(&[descriptors(&[needing, not_needing])]);
    let problems: Vec<_> = problems.iter().map(|p| (p.severity, p.to_string())).collect();
    assert_eq!(
        problems,
        [
            (
                Severity::Error,
                "set.binpb: needing.proto: it imports gone.proto, which nobody has, and needs \
                 gone.G"
                    .to_owned()
            ),
            (
                Severity::Warning,
                "set.binpb: not_needing.proto: it imports gone.proto, which nobody has; only \
                 options may need it"
                    .to_owned()
            ),
        ]
    );
    assert!(contract.pool().get_file_by_name("not_needing.proto").is_some());
}

#[test]
fn real_life_definitions_load() {
    let two = "syntax = \"proto2\"; package deep.er;
        message Old { required string id = 1; optional group Part = 2 { optional int32 x = 1 [default = -7]; }
          extensions 100 to max; repeated int32 packed = 3 [packed = true]; optional bytes b = 4 [default = \"\\377\\x01\"];
          optional string foo_bar = 5; optional string fooBar = 6; oneof o { string p = 7; Old self = 8; } }
        extend Old { optional string more = 100; repeated Old others = 101; }
        message Scope { extend Old { optional Scope scope = 102; } }
        enum Alias { option allow_alias = true; A = 1; B = 1; C = -5; }";
    let odd = "syntax = \"proto3\"; package deep.er.message; import public \"two.proto\";
        message message { string string = 1; deep.er.message.message import = 2; deep.er.Old oneof_ = 3; int32 _ = 4; int32 a1_B2__c = 5; }
        service service { rpc rpc(message) returns (stream message); }";
    let close = "syntax = \"proto3\"; package close; message M { string ab = 1; optional int32 a_b = 2; repeated int32 r = 3; E e = 4; }
        enum E { ZERO = 0; }";
    let through = "syntax = \"proto3\"; import public \"odd.proto\";";
    let twice = "syntax = \"proto3\"; import \"through.proto\"; message Twice { deep.er.Old old = 1; deep.er.Alias alias = 2; }";
    let files = [
        named_text("two.proto", two),
        named_text("odd.proto", odd),
        named_text("through.proto", through),
        named_text("twice.proto", twice),
        named_text("close.proto", close),
    ];
    // The compiler's own pool refuses some of these, so that they are only parsed.
    let contract = built(&[Loaded {
        source: Source::Descriptors("set.binpb".into()),
        files: files.iter().map(|bytes| LoadedFile { bytes: bytes.clone(), path: None }).collect(),
    }]);
    let pool = contract.pool();
    let old = pool.get_message_by_name("deep.er.Old").expect("there");
    assert!(old.get_field_by_name("part").expect("there").is_group());
    assert_eq!(old.extensions().count(), 3);
    assert_eq!(old.get_field_by_name("foo_bar").expect("there").json_name(), "foo_bar");
    assert_eq!(old.get_field_by_name("fooBar").expect("there").json_name(), "fooBar");
    assert!(contract.operation("deep.er.message.service/rpc").is_some());
    assert!(pool.get_message_by_name("Twice").is_some());

    // Written as proto2, a proto3 file keeps what proto3 means.
    let close = pool.get_message_by_name("close.M").expect("there");
    let features = contract.features();
    assert!(features.open_enums.contains("close.E"));
    assert!(
        features.fields["close.M.ab"].implicit_presence
            && features.fields["close.M.ab"].verify_utf8
    );
    assert!(!features.fields.contains_key("close.M.a_b"));
    assert!(features.fields["close.M.e"].implicit_presence);
    assert!(close.get_field_by_name("r").expect("there").is_packed());
}

fn named_text(name: &str, text: &str) -> Bytes {
    let file =
        protox::file::File::from_source(name, text).map_err(|e| format!("{e:?}")).expect(name);
    Bytes::from(file.file_descriptor_proto().encode_to_vec())
}
