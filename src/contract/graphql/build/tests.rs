use super::build;
use crate::contract::graphql::testing::{contract, exposed, shop};
use crate::contract::graphql::{Exposed, Model, Note, Options, Root, Wish, Wishes, print};
use crate::contract::{Contract, Source, load};

/// The model of one proto3 file in package `t.v1`, and what was told of it.
fn of(text: &str) -> (Model, Vec<Note>) {
    let text = format!("syntax = \"proto3\"; package t.v1;\n{text}");
    let contract = contract(&[("t.proto", &text)]);
    build(&contract, &exposed(&contract), &Options::default())
}

/// The same as SDL, without blank lines.
fn sdl(text: &str) -> String {
    squeezed(&of(text).0)
}

fn squeezed(model: &Model) -> String {
    let printed = print(model, false);
    printed.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Asserts that the SDL has all these lines, one behind the other, wherever they stand.
fn has(sdl: &str, block: &str) {
    let trimmed = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let (sdl, block) = (trimmed(sdl), trimmed(block.trim()));
    assert!(sdl.contains(&block), "no\n{block}\nin\n{sdl}");
}

#[test]
fn shop_is_as_reviewed() {
    let contract = shop();
    let (model, notes) = build(&contract, &exposed(&contract), &Options::default());
    insta::assert_snapshot!(print(&model, false));
    insta::assert_debug_snapshot!("shop_notes", notes);
}

#[test]
fn scalars_keep_what_they_can_hold() {
    let sdl =
        sdl("import \"google/protobuf/any.proto\"; import \"google/protobuf/duration.proto\";
        import \"google/protobuf/empty.proto\"; import \"google/protobuf/field_mask.proto\";
        import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\";
        import \"google/protobuf/wrappers.proto\";
        message M {
          double double = 1; float float = 2; int32 int32 = 3; int64 int64 = 4; uint32 uint32 = 5;
          uint64 uint64 = 6; sint32 sint32 = 7; sint64 sint64 = 8; fixed32 fixed32 = 9;
          fixed64 fixed64 = 10; sfixed32 sfixed32 = 11; sfixed64 sfixed64 = 12; bool bool = 13;
          string string = 14; bytes bytes = 15; optional int64 maybe = 16; repeated bool list = 17;
          google.protobuf.Any any = 20; google.protobuf.Duration duration = 21;
          google.protobuf.Empty empty = 22; google.protobuf.FieldMask mask = 23;
          google.protobuf.Struct struct = 24; google.protobuf.Value value = 25;
          google.protobuf.ListValue list_value = 26; google.protobuf.Timestamp time = 27;
          google.protobuf.UInt64Value wrapped = 28; google.protobuf.NullValue null = 29;
          repeated google.protobuf.Value values = 30; repeated google.protobuf.Empty empties = 31;
          repeated google.protobuf.StringValue strings = 32;
        }
        service S { rpc Do(M) returns (M); }");
    has(
        &sdl,
        "type M {
        double: Float!
        float: Float!
        int32: Int!
        int64: Int64!
        uint32: UInt32!
        uint64: UInt64!
        sint32: Int!
        sint64: Int64!
        fixed32: UInt32!
        fixed64: UInt64!
        sfixed32: Int!
        sfixed64: Int64!
        bool: Boolean!
        string: String!
        bytes: Bytes!
        maybe: Int64
        list: [Boolean!]!
        any: JSON
        duration: Duration
        empty: Boolean
        mask: String
        struct: JSON
        value: JSON
        listValue: JSON
        time: DateTime
        wrapped: UInt64
        null: JSON
        values: [JSON]!
        empties: [Boolean!]!
        strings: [String!]!
        }",
    );
    has(&sdl, "do(double: Float, float: Float, int32: Int, int64: Int64, uint32: UInt32, ");
    has(&sdl, "list: [Boolean!], any: JSON, duration: Duration, empty: Boolean, mask: String, ");
    has(&sdl, "values: [JSON], empties: [Boolean!], strings: [String!]): M");
}

#[test]
fn without_defaults_what_is_unset_is_null() {
    let text = "syntax = \"proto3\"; package t.v1;
        message M { string a = 1; repeated string b = 2; map<string, int32> c = 3; oneof o { bool d = 4; } }
        service S { rpc Do(M) returns (M); }";
    let contract = contract(&[("t.proto", text)]);
    let options = Options { emit_defaults: false };
    let sdl = squeezed(&build(&contract, &exposed(&contract), &options).0);
    has(&sdl, "type M {\na: String\nb: [String!]!\nc: [MCEntry!]!\no: MO\n}");
    has(&sdl, "type MCEntry {\nkey: String!\nvalue: Int!\n}");
    has(&sdl, "type MOD {\nd: Boolean!\n}");
}

#[test]
fn what_only_reads_is_a_query_and_what_streams_a_subscription() {
    let (model, notes) = of("import \"google/api/annotations.proto\"; message M { int32 a = 1; }
        service S {
          rpc Safe(M) returns (M) { option idempotency_level = NO_SIDE_EFFECTS; }
          rpc Got(M) returns (M) { option (google.api.http) = { get: \"/m\" }; }
          rpc Same(M) returns (M) { option idempotency_level = IDEMPOTENT; option deprecated = true; }
          rpc Many(M) returns (stream M);
          rpc Send(stream M) returns (M);
          rpc Talk(stream M) returns (stream M);
        }");
    let sdl = squeezed(&model);
    has(&sdl, "type Query {\ngot(a: Int): M\nsafe(a: Int): M\n}");
    has(&sdl, "type Mutation {\nsame(a: Int): M @deprecated\n}");
    has(&sdl, "type Subscription {\nmany(a: Int): M!\n}");
    let because = "has no GraphQL field: its client sends a stream";
    assert_eq!(
        notes,
        [(4, "Send"), (5, "Talk")].map(|(exposed, method)| Note::NoField {
            exposed,
            message: format!("t.v1.S/{method} {because}"),
        })
    );
}

#[test]
fn oneofs_are_unions_that_are_read_and_choices_that_are_made() {
    let sdl = sdl("
        message M { string before = 1; oneof the_thing { A a = 2; int32 b_c = 3; E e = 4; } }
        message A { M m = 1; }
        enum E { NONE = 0; }
        service S { rpc Do(R) returns (M); }
        message R { oneof by { string name = 1; M like = 2; } string last = 3; }");
    has(&sdl, "do(by: RByInput, last: String): M");
    has(&sdl, "input RByInput @oneOf {\nname: String\nlike: MInput\n}");
    has(&sdl, "input MInput {\nbefore: String\ntheThing: MTheThingInput\n}");
    has(&sdl, "input MTheThingInput @oneOf {\na: AInput\nbC: Int\ne: E\n}");
    has(&sdl, "type M {\nbefore: String!\ntheThing: MTheThing\n}");
    has(&sdl, "union MTheThing = MTheThingA | MTheThingBC | MTheThingE");
    has(&sdl, "type MTheThingA {\na: A!\n}");
    has(&sdl, "type MTheThingBC {\nbC: Int!\n}");
    has(&sdl, "type MTheThingE {\ne: E\n}");
}

#[test]
fn maps_are_lists_of_entries() {
    let sdl = sdl("import \"google/protobuf/struct.proto\";
        message M { map<string, M> by_name = 1; map<int64, E> e = 2; map<bool, google.protobuf.Value> v = 3; }
        enum E { NONE = 0; }
        service S { rpc Do(M) returns (M); }");
    has(&sdl, "type M {\nbyName: [MByNameEntry!]!\ne: [MEEntry!]!\nv: [MVEntry!]!\n}");
    has(&sdl, "type MByNameEntry {\nkey: String!\nvalue: M!\n}");
    has(&sdl, "type MEEntry {\nkey: Int64!\nvalue: E\n}");
    has(&sdl, "type MVEntry {\nkey: Boolean!\nvalue: JSON\n}");
    has(&sdl, "input MByNameEntryInput {\nkey: String!\nvalue: MInput!\n}");
    has(&sdl, "input MEEntryInput {\nkey: Int64!\nvalue: E!\n}");
    has(&sdl, "input MVEntryInput {\nkey: Boolean!\nvalue: JSON\n}");
}

#[test]
fn enums_have_every_name_in_a_form_that_can_be_written() {
    let (model, _) = of("
        enum E {
          option allow_alias = true;
          true = 0;
          // Once so.
          OLD = 1 [deprecated = true];
          NEW = 1;
          __hidden = 2;
          _hidden = 3;
          minus = -1;
        }
        message M { E e = 1; }
        service S { rpc Do(M) returns (M); }");
    has(
        &squeezed(&model),
        "enum E {\ntrue_\n\"Once so.\"\nOLD @deprecated\nNEW\n_hidden\n_hidden_\nminus\n}",
    );
    let numbers: Vec<i32> = model.enums[0].values.iter().map(|value| value.number).collect();
    assert_eq!(numbers, [0, 1, 1, 2, 3, -1]);
}

#[test]
fn messages_without_fields_say_only_that_they_are_there() {
    let sdl = sdl("import \"google/protobuf/empty.proto\"; import \"google/api/field_behavior.proto\";
        message None {}
        message Secret { string a = 1 [(google.api.field_behavior) = INPUT_ONLY]; }
        message M { None none = 1; repeated None nones = 2; Secret secret = 3; oneof o { None x = 4; } }
        service S {
          rpc Get(google.protobuf.Empty) returns (google.protobuf.Empty);
          rpc Do(M) returns (M);
          rpc Void(None) returns (None);
          rpc Hide(Secret) returns (Secret);
        }");
    has(&sdl, "do(none: Boolean, nones: [Boolean!], secret: SecretInput, o: MOInput): M");
    has(&sdl, "get: Boolean");
    has(&sdl, "hide(a: String): Boolean");
    has(&sdl, "void: Boolean");
    has(&sdl, "type M {\nnone: Boolean\nnones: [Boolean!]!\nsecret: Boolean\no: MO\n}");
    has(&sdl, "type MOX {\nx: Boolean!\n}");
}

#[test]
fn what_is_required_is_required_unless_it_leads_back_to_itself() {
    let (model, notes) = of("import \"google/api/field_behavior.proto\";
        message R {
          string id = 1 [(google.api.field_behavior) = REQUIRED, deprecated = true];
          repeated Loop loops = 2 [(google.api.field_behavior) = REQUIRED];
          Loop loop = 3 [(google.api.field_behavior) = REQUIRED];
          string made = 4 [(google.api.field_behavior) = OUTPUT_ONLY];
          oneof o { string a = 5 [(google.api.field_behavior) = REQUIRED]; }
        }
        message Loop { Again again = 1 [(google.api.field_behavior) = REQUIRED]; }
        message Again {
          Loop loop = 1 [(google.api.field_behavior) = REQUIRED];
          repeated Again more = 2 [(google.api.field_behavior) = REQUIRED];
        }
        service S { rpc Do(R) returns (R); }");
    let sdl = squeezed(&model);
    has(&sdl, "do(id: String!, loops: [LoopInput!]!, loop: LoopInput!, o: ROInput): R");
    has(&sdl, "input LoopInput {\nagain: AgainInput\n}");
    has(&sdl, "input AgainInput {\nloop: LoopInput!\nmore: [AgainInput!]!\n}");
    has(
        &sdl,
        "type R {\nid: String! @deprecated\nloops: [Loop!]!\nloop: Loop\nmade: String!\no: RO\n}",
    );
    assert!(matches!(&notes[..], [Note::Loosened(said)] if said.starts_with("LoopInput.again")));
}

#[test]
fn names_get_longer_only_where_two_are_one() {
    let a = "syntax = \"proto3\"; package a.v1;
        message Thing { Part part = 1; message Part { int32 n = 1; } oneof part_of { int32 x = 2; } message PartOf {} }
        message Query { Thing.PartOf p = 1; PartInput q = 2; } message PartInput { int32 n = 1; }
        service Things { rpc Get(Query) returns (Thing); rpc Only(Thing) returns (Query); }";
    let b = "syntax = \"proto3\"; package b.v1;
        message Thing { int32 n = 1; } message ThingPart { int32 n = 1; }
        service Things { rpc Get(Thing) returns (Thing); }
        service Parts { rpc Get(ThingPart) returns (ThingPart); }";
    let contract = contract(&[("a.proto", a), ("b.proto", b)]);
    let (model, notes) = build(&contract, &exposed(&contract), &Options::default());
    insta::assert_snapshot!(format!("{}\n\n{notes:#?}", squeezed(&model)));
}

#[test]
fn types_that_no_operation_leads_to_are_not_made() {
    let (model, _) = of("message M { int32 a = 1; } message N { M m = 1; } enum E { X = 0; }
        service S { rpc Do(M) returns (M); }");
    let mut names: Vec<_> = model.names.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["M", "Mutation", "Query"]);
}

#[test]
fn the_field_that_says_what_to_answer_with_is_no_argument() {
    let file = "syntax = \"proto3\"; package t.v1; import \"google/protobuf/field_mask.proto\";
        message R {
          string id = 1; google.protobuf.FieldMask read_mask = 2; google.protobuf.FieldMask fields = 3;
        }
        message Other { string read_mask = 1; }
        service S { rpc Do(R) returns (R); rpc Other(Other) returns (Other); }";
    let contract = contract(&[("t.proto", file)]);
    let mut operations = exposed(&contract);
    let (model, notes) = build(&contract, &operations, &Options::default());
    assert_eq!(notes, []);
    let sdl = squeezed(&model);
    has(&sdl, "do(id: String, fields: String): R\nother(readMask: String): Other");
    let fields = &model.objects[model.mutation.unwrap().0].fields;
    let crate::contract::graphql::Source::Call(call) = &fields[0].source else { panic!() };
    assert_eq!((call.mask, call.bindings.len()), (Some(1), 2));

    operations[0].wishes.read_mask = Some("fields".to_owned());
    operations[1].wishes.read_mask = Some("read_mask".to_owned());
    let (model, notes) = build(&contract, &operations, &Options::default());
    has(&squeezed(&model), "do(id: String, readMask: String): R");
    let message = "t.v1.Other has no single google.protobuf.FieldMask named read_mask".to_owned();
    assert_eq!(notes, [Note::Unheard { exposed: 1, wish: Wish::ReadMask, message }]);
}

#[test]
fn config_moves_names_and_hides_fields_as_far_as_it_can() {
    let file = "syntax = \"proto3\"; package t.v1; message M { int32 a = 1; }
        service S { rpc A(M) returns (M); rpc B(M) returns (M); rpc C(M) returns (stream M); rpc D(stream M) returns (M); }";
    let contract = contract(&[("t.proto", file)]);
    let with = |wishes: [Wishes; 4]| {
        let mut operations: Vec<Exposed> = exposed(&contract);
        for (operation, wishes) in operations.iter_mut().zip(wishes) {
            operation.wishes = wishes;
        }
        build(&contract, &operations, &Options::default())
    };
    let root = |root| Wishes { root: Some(root), ..Wishes::default() };
    let named = |name: &str| Wishes { field: Some(name.to_owned()), ..Wishes::default() };
    let hidden = Wishes { hidden: true, ..Wishes::default() };

    let (model, notes) = with([root(Root::Query), named("a"), hidden.clone(), hidden.clone()]);
    let sdl = squeezed(&model);
    has(&sdl, "type Query {\nsA(a: Int): M\n}\ntype Mutation {\na(a: Int): M\n}");
    assert!(!sdl.contains("Subscription"), "{sdl}");
    assert!(
        matches!(&notes[..], [Note::Renamed(said)] if said.contains("t.v1.S/A is the GraphQL field sA"))
    );

    let wishes = [root(Root::Subscription), named("__b"), root(Root::Query), root(Root::Mutation)];
    let (_, notes) = with(wishes);
    let told: Vec<_> = notes
        .iter()
        .map(|note| match note {
            Note::Unheard { exposed, wish, .. } => (*exposed, *wish),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(0, Wish::Root), (2, Wish::Root), (3, Wish::Root), (1, Wish::Field)]);

    let (_, notes) = with([named("same"), named("same"), named("same"), hidden]);
    let message = "t.v1.S/A is the field same of Mutation already".to_owned();
    assert_eq!(notes, [Note::Unheard { exposed: 1, wish: Wish::Field, message }]);
}

#[test]
fn proto2_requires_and_extends_and_groups() {
    let file = "syntax = \"proto2\"; package t.v1;
        message M {
          required string id = 1; optional int32 count = 2 [default = 5];
          optional group Inner = 3 { required int32 n = 1; } extensions 100 to 200;
        }
        extend M { optional string nick_name = 100; repeated M more = 101; }
        service S { rpc Do(M) returns (M); }";
    let contract = contract(&[("t.proto", file)]);
    let (model, _) = build(&contract, &exposed(&contract), &Options::default());
    let sdl = squeezed(&model);
    has(
        &sdl,
        "do(id: String!, count: Int, inner: MInnerInput, nickName: String, more: [MInput!]): M",
    );
    has(&sdl, "type M {\nid: String\ncount: Int\ninner: MInner\nnickName: String\nmore: [M!]!\n}");
    has(&sdl, "type MInner {\nn: Int\n}");
    has(&sdl, "input MInnerInput {\nn: Int!\n}");
}

#[test]
fn editions_say_what_has_presence() {
    let bytes = include_bytes!("../../tests/data/edition.binpb");
    let source = Source::Descriptors("edition.binpb".into());
    let loaded = load::descriptor_set(source, bytes.as_slice().into()).unwrap();
    let (contract, problems) = Contract::build(&[loaded]);
    assert!(problems.is_empty(), "{problems:?}");
    let (model, notes) = build(&contract, &exposed(&contract), &Options::default());
    assert_eq!(notes, []);
    insta::assert_snapshot!(squeezed(&model));
}

#[test]
fn names_that_json_takes_and_graphql_does_not_are_made_anew() {
    let sdl = sdl("
        message M {
          string at_type = 1 [json_name = \"@type\"]; string __x = 2; string fine = 3 [json_name = \"other\"];
          string foo_bar = 4 [json_name = \"foo bar\"]; oneof foo__bar { string fooBaz = 5; }
        }
        service S { rpc Do(M) returns (M); }");
    has(
        &sdl,
        "type M {\natType: String!\nX: String!\nother: String!\nfooBar: String!\nfooBarOneof: MFooBar\n}",
    );
}

#[test]
fn descriptions_are_written_so_that_they_read_the_same() {
    let (model, _) = of("
        // A \"quoted\\\" line.
        message M {
          // Two
          //
          //   lines with \"\"\" in them.
          string a = 1;
        }
        service S { rpc Do(M) returns (M); }");
    has(&print(&model, false), "\"A \\\"quoted\\\\\\\" line.\"\ntype M {");
    has(&print(&model, false), "\"\"\"\nTwo\n\nlines with \\\"\"\" in them.\n\"\"\"\na: String!");
}
