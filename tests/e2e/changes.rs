//! Backends that come, go, and change what they offer while calls run.

use std::net::SocketAddr;

use prost::Message as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::backend::Backend;
use crate::case::Script;
use crate::client;
use crate::duplex::Duplex;
use crate::gateway::{Gateway, Nobody};
use crate::pool::{self, compile, find, root};
use crate::shop::by_reflection;

fn scripts(yaml: &str) -> Vec<Script> {
    serde_saphyr::from_str(yaml).unwrap()
}

/// The contract of the cases after a careless deployment.
fn changed_contract() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("cases/v1");
    std::fs::create_dir_all(&target).unwrap();
    let text = std::fs::read_to_string(root().join("tests/proto/cases/v1/cases.proto")).unwrap();
    let mut changed = text;
    for (old, new) in [
        ("  int32 number = 2;", "  string number = 2;"),
        ("  rpc Plain(Everything) returns (Everything);", ""),
        (
            "  // Streams both ways.",
            "  rpc Fresh(Everything) returns (Everything) {\n    option (google.api.http) = { get: \
             \"/v1/fresh\" };\n  }\n",
        ),
    ] {
        assert!(changed.contains(old), "no {old:?} in the contract");
        changed = changed.replace(old, new);
    }
    std::fs::write(target.join("cases.proto"), changed).unwrap();
    let mut files = vec![target.join("cases.proto")];
    find(&root().join("proto"), "proto", &mut files);
    compile(&[folder.path().to_owned(), root().join("proto")], &files)
}

/// The contract of the cases in a syntax that nobody knows.
fn broken_contract() -> Vec<u8> {
    let mut set = prost_types::FileDescriptorSet::decode(&**pool::DESCRIPTORS).unwrap();
    let cases = set.file.iter_mut().find(|file| file.package() == "cases.v1").unwrap();
    cases.syntax = Some("proto9".to_owned());
    set.encode_to_vec()
}

/// As [`by_reflection`], asked every second.
fn polled(backend: SocketAddr) -> String {
    by_reflection(backend)
        .replace("reflection: catalog", "reflection: { backend: catalog, interval: 1s }")
}

#[tokio::test]
async fn contract_that_changes_is_swapped_in_while_calls_run() {
    let backend = Backend::start().await;
    let gateway = Gateway::serve(&polled(backend.address)).await;
    let public = gateway.address("public").await;
    assert_eq!(client::get(public, "/v1/fresh").await.unwrap().status, 404);

    backend.stage.open(&scripts("[{ method: cases.v1.EchoService/Talk, echo: true }]"));
    let mut talk = Duplex::open(public, "/v1/talk").await;
    talk.send("{\"number\":1}\n").await;
    assert_eq!(talk.line().await, "{\"result\":{\"number\":1}}");

    backend.told.swap(changed_contract());
    let is_breaking = |line: &Value| line["message"] == "breaking change of the contract";
    gateway.until_logged(is_breaking).await;
    let about = |what: &'static str| {
        move |line: &Value| {
            is_breaking(line) && line["change"].as_str().unwrap_or_default().contains(what)
        }
    };
    gateway.until_logged(about("cases.v1.EchoService/Plain")).await;
    let typed = gateway.until_logged(about("number")).await;
    assert!(typed["change"].as_str().unwrap().contains("string"), "{typed}");

    // The stream that was open goes on with the contract it began with.
    talk.send("{\"number\":2}\n").await;
    assert_eq!(talk.line().await, "{\"result\":{\"number\":2}}");
    talk.end();
    assert_eq!(talk.line().await, "{\"status\":{\"code\":0,\"message\":\"\"}}");
    assert_eq!(backend.stage.close().await, Vec::<String>::new());

    // New calls see the new one. The swap comes a moment after the line that announces it.
    let fresh = "/v1/fresh?number=abc";
    gateway.until(|| async { client::get(public, fresh).await.unwrap().status != 404 }).await;
    backend.stage.open(&scripts("[{ method: cases.v1.EchoService/Query, reply: {} }]"));
    assert_eq!(client::get(public, "/v1/query?number=abc").await.unwrap().status, 200);
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
    let plain: crate::case::Request =
        serde_json::from_str(r#"{ "path": "/cases.v1.EchoService/Plain", "body": "{}" }"#).unwrap();
    assert_eq!(client::send(public, &plain, |_| ()).await.unwrap().status, 404);

    let ready = client::get(gateway.address("admin").await, "/readyz").await.unwrap();
    assert_eq!(ready.status, 200);
    let metrics = gateway.metrics().await;
    let changed = metrics.lines().find(|line| {
        line.starts_with("dragoman_contract_reloads_total")
            && line.contains("changed\"")
            && !line.contains("unchanged")
    });
    let changed = changed.unwrap_or_else(|| panic!("no reloads in\n{metrics}"));
    assert!(changed.contains("catalog") && changed.ends_with(" 1"), "{changed}");
}

#[tokio::test]
async fn contract_that_breaks_leaves_the_last_good_one_in_place() {
    let backend = Backend::start().await;
    let gateway = Gateway::serve(&polled(backend.address)).await;
    let public = gateway.address("public").await;
    backend.told.swap(broken_contract());
    let stays = "the changed contract has errors, the last good one stays";
    gateway.until_logged(|line| line["message"] == stays).await;
    let why = |line: &Value| line["problem"].as_str().unwrap_or_default().contains("proto9");
    gateway.until_logged(why).await;

    backend.stage.open(&scripts("[{ method: cases.v1.EchoService/Query, reply: {} }]"));
    assert_eq!(client::get(public, "/v1/query?number=1").await.unwrap().status, 200);
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
}

#[tokio::test]
async fn backend_that_goes_away_and_returns_is_called_again() {
    let backend = Backend::start().await;
    let address = backend.address;
    let gateway = Gateway::serve(&polled(address)).await;
    let public = gateway.address("public").await;
    backend.stop().await;
    let answer = client::get(public, "/v1/products/p-1").await.unwrap();
    assert_eq!(answer.status, 503, "{}", gateway.log());

    let backend = Backend::start_at(address, None).await;
    // The gateway waits a moment between two attempts to connect.
    gateway
        .until(|| async {
            backend
                .stage
                .open(&scripts("[{ method: shop.v1.ProductService/GetProduct, reply: {} }]"));
            client::get(public, "/v1/products/p-1").await.unwrap().status == 200
        })
        .await;
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
}

#[tokio::test]
async fn backend_with_the_older_reflection_is_served() {
    let backend = Backend::start().await;
    backend.told.only_alpha();
    let gateway = Gateway::serve(&by_reflection(backend.address)).await;
    backend.stage.open(&scripts("[{ method: shop.v1.ProductService/GetProduct, reply: {} }]"));
    let public = gateway.address("public").await;
    let answer = client::get(public, "/v1/products/p-1").await.unwrap();
    assert_eq!(answer.status, 200, "{}", gateway.log());
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
}

#[tokio::test]
async fn services_are_dealt_to_their_backends() {
    let (first, second) = (Backend::start().await, Backend::start().await);
    let nobody = Nobody::bind();
    let gateway = Gateway::serve_anyway(&format!(
        r#"
contracts: [reflection: first, reflection: third]
backends:
  first: {{ grpc: {{ endpoints: ["http://{}"] }} }}
  second: {{ grpc: {{ endpoints: ["http://{}"] }} }}
  third: {{ grpc: {{ endpoints: ["http://{}"] }} }}
services:
  "shop.v1.*": {{ backend: second }}
  shop.v1.InventoryService: {{ backend: first }}
listeners: {{ public: {{ address: "127.0.0.1:0" }} }}
admin: {{ address: "127.0.0.1:0" }}
"#,
        first.address, second.address, nobody.address
    ));
    let public = gateway.address("public").await;
    for (backend, method, path) in [
        (&second, "shop.v1.ProductService/GetProduct", "/v1/products/p-1"),
        (&first, "shop.v1.InventoryService/GetStock", "/v1/products/p-1/stock"),
        // In no rule: it goes to whom it was learned from.
        (&first, "cases.v1.EchoService/Query", "/v1/query"),
    ] {
        backend.stage.open(&scripts(&format!("[{{ method: {method}, reply: {{}} }}]")));
        let answer = client::get(public, path).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", gateway.log());
        assert_eq!(backend.stage.close().await, Vec::<String>::new());
    }
    // One contract of the two is missing.
    let ready = client::get(gateway.address("admin").await, "/readyz").await.unwrap();
    assert_eq!(ready.status, 503);
    let text = String::from_utf8(ready.body).unwrap();
    assert!(text.contains("third") && !text.contains("first"), "{text}");
    assert_eq!(client::get(public, "/v1/unheard/of").await.unwrap().status, 503);
}

/// More than the sockets on the way hold, so that the stream is still under way when it is read again.
const EVENTS: usize = 300_000;

#[tokio::test]
async fn live_subscription_outlasts_a_change_of_the_contract() {
    let backend = Backend::start().await;
    let config = polled(backend.address).replace("rest: {}", "rest: {}, graphql: {}");
    let gateway = Gateway::serve(&config).await;
    let public = gateway.address("public").await;
    let follow = format!(
        "[{{ method: cases.v1.EchoService/Follow, reply: {{ name: abc }}, times: {EVENTS} }}]"
    );
    backend.stage.open(&scripts(&follow));
    let query = "{\"query\":\"subscription { follow { name } }\"}";
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: gateway\r\naccept: text/event-stream\r\ncontent-type: \
         application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{query}",
        query.len()
    );
    let mut stream = tokio::net::TcpStream::connect(public).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = vec![0; 4096];
    stream.read_exact(&mut read).await.unwrap();
    assert!(String::from_utf8_lossy(&read).contains("event: next"), "{read:?}");

    backend.told.swap(changed_contract());
    gateway.until_logged(|line| line["message"] == "breaking change of the contract").await;
    gateway.until(|| async { client::get(public, "/v1/fresh").await.unwrap().status != 404 }).await;

    stream.read_to_end(&mut read).await.unwrap();
    let text = String::from_utf8(read).unwrap();
    assert_eq!(text.matches("event: next").count(), EVENTS);
    assert!(text.contains("event: complete"), "{:?}", &text[text.len() - 200..]);
}
