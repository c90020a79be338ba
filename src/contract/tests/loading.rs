use super::*;

#[test]
fn empty_contract_has_the_standard_schemas() {
    let contract = Contract::default();
    for name in [
        "google.protobuf.Timestamp",
        "google.protobuf.Any",
        "google.protobuf.Empty",
        "google.rpc.Status",
        "google.rpc.BadRequest.FieldViolation",
        "google.api.HttpBody",
        "google.api.HttpRule",
    ] {
        assert!(contract.pool().get_message_by_name(name).is_some(), "{name}");
        assert!(contract.shapes().id(name).is_some(), "{name}");
    }
    assert!(contract.pool().get_extension_by_name("google.api.http").is_some());
    assert!(contract.operations().is_empty());
}

#[test]
fn proto_files_find_their_imports_and_the_standard_schemas() {
    let files = Files::new(&[
        (
            "shop/v1/shop.proto",
            "syntax = \"proto3\"; package shop.v1;
             import \"shop/v1/types.proto\"; import \"google/api/annotations.proto\";
             import \"google/rpc/status.proto\"; import \"google/protobuf/empty.proto\";
             service Shop { rpc Get(Id) returns (google.rpc.Status) {
                 option (google.api.http).get = \"/v1/{id}\"; } }",
        ),
        (
            "shop/v1/types.proto",
            "syntax = \"proto3\"; package shop.v1; message Id { int64 id = 1; }",
        ),
    ]);
    let (loaded, problems) =
        load::proto(&[files.path("shop/v1/shop.proto")], &[files.dir.path().into()]);
    assert_eq!(text(&problems), [""; 0]);
    let contract = built(&[loaded]);
    let operation = contract.operation("shop.v1.Shop/Get").expect("there");
    assert_eq!(&*operation.output_name, "google.rpc.Status");
    assert_eq!(operation.http[0].template.text, "/v1/{id}");

    // The same without a word on where imports are.
    let (loaded, problems) = load::proto(&[files.path("shop/v1/shop.proto")], &[]);
    assert_eq!(text(&problems), [""; 0]);
    assert_eq!(built(&[loaded]).operations().len(), 1);
}

#[test]
fn problems_of_proto_files_say_where_and_spare_the_others() {
    let files = Files::new(&[
        ("good.proto", "syntax = \"proto3\"; message Good {}"),
        ("syntax.proto", "syntax = \"proto3\";\nmessage {}"),
        ("types.proto", "syntax = \"proto3\";\nmessage A {\n  Missing b = 1;\n}"),
        ("imports.proto", "syntax = \"proto3\";\nimport \"nowhere.proto\";"),
        ("edition.proto", "// New.\n/* Indeed. */ edition = \"2023\";\nmessage New {}"),
        ("importing.proto", "syntax = \"proto3\"; import \"edition.proto\";"),
        (
            "fine.proto",
            "syntax = \"proto3\"; import \"good.proto\"; message Fine { Good good = 1; }",
        ),
    ]);
    let (loaded, problems) = files.load();
    let edition = "edition.proto: edition sources cannot be compiled here: compile them with \
                   `protoc --include_imports --descriptor_set_out=...` and give the descriptor set";
    assert_eq!(
        files.text(&problems),
        [
            "syntax.proto:2:9: expected an identifier, but found '{'",
            "types.proto:3:3: name 'Missing' is not defined",
            "imports.proto:2:1: import 'nowhere.proto' not found",
            edition,
        ]
    );
    let contract = built(&[loaded]);
    for name in ["Good", "Fine"] {
        assert!(contract.pool().get_message_by_name(name).is_some(), "{name}");
    }
    assert!(contract.pool().get_message_by_name("A").is_none());
}

#[test]
fn files_that_cannot_be_opened_are_told() {
    let files = Files::new(&[("in/a.proto", ""), ("out/b.proto", "")]);
    let paths = [files.path("in/none.proto"), files.path("out/b.proto")];
    let (_, problems) = load::proto(&paths, &[files.path("in")]);
    let problems = files.text(&problems);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("in/none.proto: "), "{problems:?}");
    assert_eq!(
        problems[1].split(" (").next(),
        Some("out/b.proto: it is in none of the include directories")
    );

    let missing = load::descriptors(&files.path("none.binpb")).expect_err("not there");
    assert!(missing.to_string().contains("none.binpb: No such file"), "{missing}");
    for (bytes, message) in [
        (&b""[..], "shop.binpb: the file is empty"),
        (b"\x12\x00", "shop.binpb: there are no descriptors in it"),
        (b"{\"file\":[]}", "shop.binpb: not a binary FileDescriptorSet: "),
    ] {
        let source = Source::Descriptors("shop.binpb".into());
        let error = load::descriptor_set(source, Bytes::from_static(bytes)).expect_err(message);
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn descriptors_are_handed_out_as_they_came() {
    let loaded = reflected(
        "catalog",
        &[(
            "a.proto",
            "syntax = \"proto3\"; package a; import \"google/protobuf/descriptor.proto\";
             extend google.protobuf.FieldOptions { string mark = 50001; }
             message A { string a = 1 [(mark) = \"kept\"]; }",
        )],
    );
    let contract = built(std::slice::from_ref(&loaded));
    let file = contract.files().iter().find(|file| &*file.name == "a.proto").expect("there");
    assert!(loaded.files.iter().any(|loaded| loaded.bytes == file.descriptor));
    assert_eq!(file.source.to_string(), "reflection of backend catalog");

    let again =
        load::descriptor_set(Source::Descriptors("x".into()), contract.descriptors().into());
    let again = built(&[again.expect("a set")]);
    assert_eq!(again.descriptors(), contract.descriptors());
    let field =
        again.pool().get_message_by_name("a.A").and_then(|a| a.get_field(1)).expect("there");
    let mark = again.pool().get_extension_by_name("a.mark").expect("there");
    assert_eq!(field.options().get_extension(&mark).as_str(), Some("kept"));
}

#[test]
fn comments_are_found_where_they_stand() {
    let files = Files::new(&[(
        "a.proto",
        "syntax = \"proto3\"; package a;
         // A thing.
         //
         //   Indented.
         message A {
           // Its name.
           string name = 1;
           string silent = 2;
         }
         service S {
           // Gets a thing.
           rpc Get(A) returns (A);
           rpc Put(A) returns (A);
         }",
    )]);
    let (loaded, problems) = files.load();
    assert_eq!(text(&problems), [""; 0]);
    let contract = built(&[loaded]);
    let message = contract.pool().get_message_by_name("a.A").expect("there");
    assert_eq!(contract.comment("a.proto", message.path()), Some("A thing.\n\n  Indented."));
    let comment = |number| {
        let field = message.get_field(number).expect("there");
        contract.comment("a.proto", field.path())
    };
    assert_eq!((comment(1), comment(2)), (Some("Its name."), None));
    let comment = |name| contract.operation_comment(contract.operation(name).expect("there"));
    assert_eq!((comment("a.S/Get"), comment("a.S/Put")), (Some("Gets a thing."), None));
}
