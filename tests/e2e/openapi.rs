//! What a listener says of itself, as it is served and as it is exported.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::client;
use crate::gateway::Gateway;
use crate::pool::root;

/// The shop's contract from its files, behind nobody.
fn config(listeners: &str) -> String {
    let proto = root().join("proto");
    format!(
        r#"
contracts:
  - proto: {{ files: ["{0}/shop/v1/*.proto"], include: ["{0}"] }}
backends: {{ catalog: {{ grpc: {{ endpoints: ["http://127.0.0.1:1"] }} }} }}
listeners:
{listeners}
admin: {{ address: "127.0.0.1:0" }}
"#,
        proto.display()
    )
}

async fn dragoman(command: &'static [&'static str], config: String) -> Output {
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dragoman.yaml");
        std::fs::write(&file, config).unwrap();
        let (verb, options) = command.split_at(command.len().min(2));
        Command::new(env!("CARGO_BIN_EXE_dragoman"))
            .args(verb)
            .arg(&file)
            .args(options)
            .current_dir(folder.path())
            .output()
            .unwrap()
    })
    .await
    .unwrap()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

const TWO: &str = r#"
  public: { address: "127.0.0.1:0", expose: ["shop.v1.OrderService"], rest: { emit_defaults: true } }
  inner: { address: "127.0.0.1:0", rest: { openapi: { enabled: false } } }
"#;

#[tokio::test]
async fn document_is_the_same_served_and_exported() {
    let gateway = Gateway::serve(&config(TWO)).await;
    let public = gateway.address("public").await;
    let served = client::get(public, "/openapi.json").await.unwrap();
    assert_eq!(served.status, 200, "{}", gateway.log());
    let exported = dragoman(&["export", "openapi", "--listener", "public"], config(TWO)).await;
    assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
    let served = json(&served.body);
    assert_eq!(served, json(&exported.stdout));
    // It says what the listener exposes, and nothing else.
    let tags = served["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 1, "{tags:?}");
    assert_eq!(tags[0]["name"], "shop.v1.OrderService");
    assert!(served["paths"]["/v1/orders/{orderId}:cancel"]["post"].is_object(), "{served}");
    assert_eq!(served["paths"]["/v1/products"], Value::Null);
}

#[tokio::test]
async fn document_that_is_not_served_can_be_exported() {
    let exported = dragoman(&["export", "openapi", "--listener", "inner"], config(TWO)).await;
    assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
    let document = json(&exported.stdout);
    assert_eq!(document["info"]["title"], "inner");
    assert!(document["paths"]["/v1/products"]["get"].is_object());
}

#[tokio::test]
async fn listener_to_describe_is_named_where_there_are_several() {
    let told = dragoman(&["export", "openapi"], config(TWO)).await;
    assert_eq!(told.status.code(), Some(1));
    let said = String::from_utf8(told.stderr).unwrap();
    assert!(said.contains("public, inner"), "{said}");
    let told = dragoman(&["export", "openapi", "--listener", "outer"], config(TWO)).await;
    assert_eq!(told.status.code(), Some(1));
    let said = String::from_utf8(told.stderr).unwrap();
    assert!(said.contains("no listener named outer"), "{said}");
}

#[tokio::test]
async fn clash_with_an_operation_is_told() {
    let listeners = r#"
  public:
    address: "127.0.0.1:0"
    rest: { openapi: { path: /v1/products/openapi.json }, docs: { path: /v1/orders } }
  other: { address: "127.0.0.1:0", rest: { docs: { path: /v1/users } } }
"#;
    let checked = dragoman(&["check"], config(listeners)).await;
    assert_eq!(checked.status.code(), Some(0));
    let said = String::from_utf8_lossy(&checked.stdout) + String::from_utf8_lossy(&checked.stderr);
    for (path, operation) in [
        ("/v1/products/openapi.json", "shop.v1.ProductService/GetProduct"),
        ("/v1/users", "shop.v1.UserService/ListUsers"),
    ] {
        let clash = format!("its path {path} belongs to {operation}");
        assert!(said.contains(&clash), "no {clash:?} in\n{said}");
    }
}

#[tokio::test]
async fn page_names_what_it_needs() {
    let gateway = Gateway::demo().await;
    let public = gateway.address("public").await;
    let page = client::get(public, "/docs").await.unwrap();
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("<title>The sample shop</title>"), "{page}");
    let names = page.split(['"', '\'']).filter(|part| part.starts_with("docs/"));
    let names: Vec<_> = names.chain(["docs/LICENSE", "openapi.json"]).collect();
    assert!(names.len() > 4, "{page}");
    for name in names {
        let answer = client::get(public, &format!("/{name}")).await.unwrap();
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.body.len() > 100 || Path::new(name).extension().is_none(), "{name}");
    }
}
