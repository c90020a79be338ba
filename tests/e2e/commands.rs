//! The commands, as the shell sees them: what they print, and how they end.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use prost_reflect::DescriptorPool;
use serde_json::Value;
use tempfile::TempDir;

use crate::backend::Backend;
use crate::gateway::{Gateway, Nobody};
use crate::pool;
use crate::shop::by_reflection;

/// Runs the binary to its end.
async fn dragoman(arguments: &[&str]) -> Output {
    dragoman_in(&pool::root(), arguments).await
}

/// Runs it with that working directory.
async fn dragoman_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragoman"));
    command.args(arguments).current_dir(folder);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A config file in a folder of its own.
struct File {
    path: String,
    folder: TempDir,
}

impl File {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dragoman.yaml");
        std::fs::write(&path, config).unwrap();
        Self { path: path.to_str().unwrap().to_owned(), folder }
    }
}

/// The shop's contract from its files, behind nobody.
fn from_files() -> File {
    let proto = pool::root().join("proto");
    File::new(&format!(
        r#"
contracts:
  - proto: {{ files: ["{0}/shop/v1/*.proto"], include: ["{0}"] }}
backends: {{ catalog: {{ grpc: {{ endpoints: ["http://127.0.0.1:1"] }} }} }}
listeners: {{ public: {{ address: "127.0.0.1:0" }} }}
admin: {{ enabled: false }}
"#,
        proto.display()
    ))
}

#[tokio::test]
async fn check_says_what_a_good_config_comes_to() {
    let file = from_files();
    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("1 backend, 1 listener"), "{}", stdout(&output));
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
}

#[tokio::test]
async fn check_tells_every_problem_with_its_place() {
    let file = File::new(
        "contracts: [reflection: catalogue]\nbackends:\n  catalog:\n    grpc: { endpoints: ['tcp://x'] \
         }\n    deadlin: 2s\nlisteners:\n  public: { address: nowhere }\n",
    );
    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(3));
    let text = stderr(&output);
    for wanted in [
        "dragoman.yaml:1:",
        "dragoman.yaml:4:",
        "dragoman.yaml:5:",
        "dragoman.yaml:7:",
        "did you mean `catalog`",
        "did you mean `deadline`",
        "http://host:port",
        "^",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "colours in a pipe:\n{text}");
    assert!(stdout(&output).is_empty());
}

#[tokio::test]
async fn check_tells_bindings_in_each_others_way() {
    let file = from_files();
    let config = std::fs::read_to_string(&file.path).unwrap();
    let rules = r#"
services:
  shop.v1.UserService:
    backend: catalog
    operations:
      GetUser: { http: [{ get: "/v1/products/{user_id}" }] }
      UpdateUser:
        http: [{ patch: "/v1/u/{user.user_id}/{user.user_id}", body: user }, { patch: "/v1/u/{user.create_time}/{user.create_time.seconds}" }]
"#;
    let second = r#"listeners: { inner: { address: "127.0.0.1:0" }, "#;
    std::fs::write(&file.path, config.replace("listeners: { ", second) + rules).unwrap();
    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(3));
    let text = stderr(&output);
    for wanted in [
        "shop.v1.UserService/GetUser: GET /v1/products/{user_id} is bound to shop.v1.ProductService/GetProduct already",
        "variable user.user_id stands twice",
        "variables user.create_time and user.create_time.seconds set the same thing",
    ] {
        assert_eq!(text.matches(wanted).count(), 1, "{wanted:?} in\n{text}");
    }
}

const RELATIVE: &str = r#"
contracts: [proto: { files: ["proto/**/*.proto"], include: [proto] }]
backends: { catalog: { grpc: { endpoints: ["http://127.0.0.1:1"] } } }
listeners: { public: { address: "127.0.0.1:0" } }
admin: { enabled: false }
"#;

#[tokio::test]
async fn files_are_found_from_wherever_the_command_is_run() {
    let file = File::new(RELATIVE);
    let folder = file.folder.path();
    std::fs::create_dir_all(folder.join("proto/a")).unwrap();
    std::fs::create_dir_all(folder.join("elsewhere")).unwrap();
    let proto = "syntax = \"proto3\"; package a; message M {} service S { rpc R(M) returns (M); }";
    std::fs::write(folder.join("proto/a/s.proto"), proto).unwrap();
    let here = folder.to_owned();
    for (from, path) in [
        (&here, "dragoman.yaml"),
        (&here, "./dragoman.yaml"),
        (&here, "elsewhere/../dragoman.yaml"),
        (&here.join("elsewhere"), "../dragoman.yaml"),
        (&here.join("proto"), file.path.as_str()),
    ] {
        let output = dragoman_in(from, &["check", path]).await;
        assert_eq!(output.status.code(), Some(0), "{path}: {}", stderr(&output));
        assert!(stdout(&output).contains("1 operation,"), "{path}: {}", stdout(&output));
    }
}

#[tokio::test]
async fn events_of_fields_that_are_not_there_are_problems_with_their_place() {
    let file = File::new(&format!(
        "{}services:\n  s.S:\n    backend: catalog\n    operations:\n      W: {{ sse: {{ id: sequense }} }}\n\
         \x20     X: {{ sse: {{ event: many }} }}\n      R: {{ sse: {{ id: name }} }}\n",
        RELATIVE.replace("proto/**", "**")
    ));
    let folder = file.folder.path();
    std::fs::create_dir_all(folder.join("proto")).unwrap();
    let proto = "syntax = \"proto3\"; package s;\n\
                 message M { uint64 sequence = 1; repeated string many = 2; string name = 3; }\n\
                 service S { rpc W(M) returns (stream M); rpc X(M) returns (stream M); rpc R(M) returns (M); }";
    std::fs::write(folder.join("proto/s.proto"), proto).unwrap();
    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    let text = stderr(&output);
    for wanted in [
        "s.S/W: no field named \"sequense\" in s.M, did you mean \"sequence\"?",
        "dragoman.yaml:10:",
        "s.S/X: field \"many\" is repeated, an event has one",
        "dragoman.yaml:11:",
        "s.S/R: it does not answer with a stream, so it has no events",
        "dragoman.yaml:12:",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
}

#[tokio::test]
async fn contract_that_does_not_compile_is_a_problem_whether_checked_or_served() {
    let file = File::new(RELATIVE);
    std::fs::create_dir_all(file.folder.path().join("proto")).unwrap();
    let proto = "syntax = \"proto3\";\nmessage M { Missing m = 1; }";
    std::fs::write(file.folder.path().join("proto/m.proto"), proto).unwrap();
    for command in ["check", "serve"] {
        let output = dragoman(&[command, &file.path]).await;
        assert_eq!(output.status.code(), Some(3), "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains("m.proto:2:"), "{}", stderr(&output));
        assert!(stderr(&output).contains("Missing"), "{}", stderr(&output));
    }
}

#[tokio::test]
async fn check_asks_backends_where_it_is_told_to() {
    let nobody = Nobody::bind();
    let file = File::new(&by_reflection(nobody.address));
    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("--connect"), "{}", stdout(&output));
    let output = dragoman(&["check", &file.path, "--connect"]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(stderr(&output).contains("catalog"), "{}", stderr(&output));

    let backend = Backend::start().await;
    let file = File::new(&by_reflection(backend.address));
    let output = dragoman(&["check", &file.path, "--connect"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stdout(&output).contains(" 0 operations"), "{}", stdout(&output));
}

#[tokio::test]
async fn check_connects_to_backends_whose_contract_is_a_file() {
    let config = |address| {
        let proto = crate::pool::root().join("proto");
        let proto = proto.to_str().unwrap();
        let config = by_reflection(address);
        let files =
            format!("proto: {{ files: ['{proto}/shop/v1/*.proto'], include: ['{proto}'] }}");
        assert!(config.contains("reflection: catalog"));
        File::new(&config.replace("reflection: catalog", &files))
    };
    let nobody = Nobody::bind();
    let down = config(nobody.address);
    assert_eq!(dragoman(&["check", &down.path]).await.status.code(), Some(0));
    let output = dragoman(&["check", &down.path, "--connect"]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(stderr(&output).contains(&nobody.address.to_string()), "{}", stderr(&output));

    let backend = Backend::start().await;
    let up = config(backend.address);
    let output = dragoman(&["check", &up.path, "--connect"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[tokio::test]
async fn config_that_is_not_there_is_a_problem() {
    for command in [&["check"][..], &["serve"], &["operations"], &["export", "descriptors"]] {
        let mut arguments = command.to_vec();
        arguments.push("/nowhere/dragoman.yaml");
        let output = dragoman(&arguments).await;
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(stderr(&output).contains("/nowhere/dragoman.yaml"), "{}", stderr(&output));
    }
}

#[tokio::test]
async fn operations_are_lines_of_seven_columns() {
    let file = from_files();
    let output = dragoman(&["operations", &file.path]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let mut rows = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    assert_eq!(
        rows.next().unwrap(),
        ["OPERATION", "KIND", "REST", "GRAPHQL", "GRPC", "SOAP", "BACKEND"]
    );
    let rows: Vec<_> = rows.collect();
    assert!(rows.iter().all(|row| row.len() == 7), "{text}");
    let row = |name: &str| rows.iter().find(|row| row[0] == name).unwrap();
    let get = row("shop.v1.ProductService/GetProduct");
    assert_eq!(get[2..], ["GET /v1/products/{product_id}", "-", "-", "-", "catalog"]);
    assert_ne!(get[1], row("shop.v1.SupportService/Chat")[1]);
    assert_eq!(row("shop.v1.SupportService/Chat")[2], "POST /shop.v1.SupportService/Chat");
}

/// A config with a GraphQL listener, from the shop's files.
fn with_graphql(services: &str, graphql: &str) -> File {
    let proto = pool::root().join("proto");
    File::new(&format!(
        r#"
contracts:
  - proto: {{ files: ["{0}/shop/v1/*.proto"], include: ["{0}"] }}
backends: {{ catalog: {{ grpc: {{ endpoints: ["http://127.0.0.1:1"] }} }} }}
services: {{ shop.v1.ProductService: {{ backend: catalog, operations: {{ {services} }} }}, "*": {{ backend: catalog }} }}
listeners: {{ public: {{ address: "127.0.0.1:0", expose: ["shop.v1.*"], graphql: {{ {graphql} }} }} }}
admin: {{ enabled: false }}
"#,
        proto.display()
    ))
}

#[tokio::test]
async fn graphql_fields_are_told_beside_their_operations() {
    let file = with_graphql(
        "GetProduct: { graphql: { field: product } }, QuotePrice: { graphql: { hidden: true } }, \
         CreateProduct: { graphql: { kind: query } }",
        "",
    );
    let output = dragoman(&["operations", &file.path]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let field = |method: &str| {
        let name = format!("shop.v1.{method}");
        let line = text.lines().find(|line| line.starts_with(&name)).unwrap();
        line.split('\t').nth(3).unwrap().to_owned()
    };
    assert_eq!(field("ProductService/GetProduct\t"), "Query.product");
    assert_eq!(field("ProductService/QuotePrice\t"), "- (hidden)");
    assert_eq!(field("ProductService/CreateProduct\t"), "Query.createProduct");
    assert_eq!(field("OrderService/TrackOrder\t"), "Subscription.trackOrder");
    assert_eq!(field("SupportService/Chat\t"), "- (its client sends a stream)");

    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let note = "note: shop.v1.SupportService/Chat has no GraphQL field: its client sends a stream";
    assert!(stdout(&output).contains(note), "{}", stdout(&output));
}

#[tokio::test]
async fn graphql_schema_is_exported_as_the_listener_has_it() {
    let file = with_graphql("GetProduct: { graphql: { field: product } }", "emit_defaults: false");
    let output = dragoman(&["export", "graphql", &file.path]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let sdl = stdout(&output);
    assert!(sdl.starts_with("type Query {\n"), "{sdl}");
    assert!(sdl.contains("  product(\n"), "{sdl}");
    assert!(sdl.contains("  productId: String\n"), "{sdl}");
    let output = dragoman(&["export", "graphql", &from_files().path]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no listener speaks GraphQL"), "{}", stderr(&output));
}

#[tokio::test]
async fn graphql_wishes_that_cannot_be_are_told_with_their_place() {
    let file = with_graphql(
        "SearchProducts: { graphql: { kind: mutation } }, GetProduct: { graphql: { field: __x, \
         read_mask: product_id } }",
        "",
    );
    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    for problem in [
        "shop.v1.ProductService/SearchProducts answers with a stream: it is a subscription",
        "\"__x\" is no name of a field",
        "shop.v1.GetProductRequest has no single google.protobuf.FieldMask named product_id",
        "mutation",
        "3 errors",
    ] {
        assert!(said.contains(problem), "no {problem} in {said}");
    }
}

#[tokio::test]
async fn exported_descriptors_are_the_whole_contract() {
    let backend = Backend::start().await;
    let file = File::new(&by_reflection(backend.address));
    let target = file.folder.path().join("shop.binpb");
    let target = target.to_str().unwrap();
    let output = dragoman(&["export", "descriptors", &file.path, "--output", target]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let written = std::fs::read(target).unwrap();
    let exported = DescriptorPool::decode(written.as_slice()).unwrap();
    for service in pool::pool().services() {
        let found = exported.get_service_by_name(service.full_name());
        let found = found.unwrap_or_else(|| panic!("no {}", service.full_name()));
        let names = |service: &prost_reflect::ServiceDescriptor| -> Vec<String> {
            service.methods().map(|method| method.full_name().to_owned()).collect()
        };
        assert_eq!(names(&found), names(&service));
    }
    let piped = dragoman(&["export", "descriptors", &file.path]).await;
    assert_eq!(piped.stdout, written);

    // What was exported is a contract in its turn.
    let file = File::new(&format!(
        "contracts: [descriptors: {target}]\nbackends: {{ a: {{ grpc: {{ endpoints: \
         ['http://127.0.0.1:1'] }} }} }}\nlisteners: {{ public: {{ address: '127.0.0.1:0' }} }}\n"
    ));
    let output = dragoman(&["check", &file.path]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[tokio::test]
async fn export_to_where_nothing_can_be_written_fails() {
    let file = from_files();
    let output =
        dragoman(&["export", "descriptors", &file.path, "--output", "/nowhere/shop.binpb"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nowhere/shop.binpb"), "{}", stderr(&output));
}

#[tokio::test]
async fn schema_is_json_that_names_the_configs_keys() {
    let output = dragoman(&["schema"]).await;
    assert_eq!(output.status.code(), Some(0));
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in ["contracts", "backends", "services", "listeners", "admin", "process"] {
        assert!(schema["properties"].get(key).is_some(), "no {key}");
    }
}

#[tokio::test]
async fn version_and_help_are_on_stdout() {
    let output = dragoman(&["--version"]).await;
    assert_eq!(stdout(&output), concat!("dragoman ", env!("CARGO_PKG_VERSION"), "\n"));
    let output = dragoman(&["--help"]).await;
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("Exit codes"));
}

#[tokio::test]
async fn wrong_usage_ends_with_two() {
    for arguments in [
        &["serve"][..],
        &["sevre"],
        &["serve", "a.yaml", "--grpc", "http://x:1"],
        &["--log", "x=y=z"],
    ] {
        let output = dragoman(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stdout(&output));
        assert!(!output.stderr.is_empty());
    }
    assert_eq!(dragoman(&[]).await.status.code(), Some(2));
}

#[tokio::test]
async fn printed_config_is_one_that_serves() {
    let backend = Backend::start().await;
    let url = format!("http://{}", backend.address);
    let arguments = ["serve", "--grpc", &url, "--address", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let mut printing = arguments.to_vec();
    printing.push("--print-config");
    let output = dragoman(&printing).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains(&url));

    let printed = Gateway::serve(&stdout(&output)).await;
    let direct = Gateway::run(&arguments, tempfile::tempdir().unwrap());
    direct.until_ready().await;
    for gateway in [printed, direct] {
        let listener = gateway.listeners().into_iter().find(|name| name != "admin").unwrap();
        backend.stage.open(
            &serde_saphyr::from_str::<Vec<_>>(
                "[{ method: shop.v1.ProductService/GetProduct, reply: { name: Tent } }]",
            )
            .unwrap(),
        );
        let answer =
            crate::client::get(gateway.address(&listener).await, "/v1/products/p-1").await.unwrap();
        assert_eq!(answer.status, 200, "{}", gateway.log());
        assert_eq!(backend.stage.close().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn url_that_is_none_is_a_problem() {
    let output = dragoman(&["serve", "--grpc", "localhost:50051"]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("http://host:port"), "{}", stderr(&output));
}

#[tokio::test]
async fn address_that_is_taken_fails() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let config = by_reflection("127.0.0.1:1");
    let file = File::new(&config.replacen("127.0.0.1:0", &address, 1));
    let output = dragoman(&["serve", &file.path]).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains(&address), "{}", stderr(&output));
}

#[tokio::test]
async fn certificate_that_is_none_is_a_problem_whether_checked_or_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.pem");
    let path = path.to_str().unwrap();
    let tls = format!("tls: {{ certificate: {path}, key: {path} }}");
    let file = File::new(&by_reflection("127.0.0.1:1").replacen("rest: {}", &tls, 1));
    for content in [None, Some("no certificate")] {
        if let Some(content) = content {
            std::fs::write(path, content).unwrap();
        }
        for command in ["check", "serve"] {
            let output = dragoman(&[command, &file.path]).await;
            assert_eq!(output.status.code(), Some(3), "{command}: {}", stderr(&output));
            assert!(stderr(&output).contains("server.pem"), "{}", stderr(&output));
        }
    }
}
