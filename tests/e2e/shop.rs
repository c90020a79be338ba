//! The gateway in front of the sample shop.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use dragoman::shop::{Shop, tour};
use serde_json::{Value, json};

use crate::case::Request;
use crate::client;
use crate::gateway::{Gateway, Nobody};
use crate::pool::root;

/// A config whose only contract is the backend's reflection.
pub fn by_reflection(backend: impl std::fmt::Display) -> String {
    format!(
        r#"
contracts: [reflection: catalog]
backends: {{ catalog: {{ grpc: {{ endpoints: ["http://{backend}"] }} }} }}
listeners: {{ public: {{ address: "127.0.0.1:0", rest: {{}} }} }}
admin: {{ address: "127.0.0.1:0" }}
"#
    )
}

#[tokio::test]
async fn shop_is_served_by_its_reflection() {
    let shop = Shop::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let gateway = Gateway::serve(&by_reflection(shop.address)).await;
    let public = gateway.address("public").await;

    let answer = client::get(public, "/v1/products/p-1001").await.unwrap();
    assert_eq!(answer.status, 200, "{}", gateway.log());
    let product: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(product["name"], "Ridgeline Tent");
    assert_eq!(product["price"]["units"], "349");

    let answer = client::get(public, "/v1/products?page_size=100").await.unwrap();
    let page: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(page["products"].as_array().map(Vec::len), Some(100));
    assert_eq!(page["totalSize"], 120);

    let answer = client::get(public, "/v1/products/p-1001/image").await.unwrap();
    assert_eq!(answer.headers["content-type"], "image/png");
    assert!(answer.body.starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn hundred_products_with_reviews_and_stock_are_three_calls() {
    let shop = Shop::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let joins = root().join("graphql/shop.graphql");
    let graphql = format!("graphql: {{ schema: [{:?}] }}", joins.to_str().unwrap());
    let config = by_reflection(shop.address).replace("rest: {}", &graphql);
    let gateway = Gateway::serve(&config).await;
    let query = "{ products(pageSize: 100) { products { productId reviews(limit: 2) { rating } \
                 stock { available } } } }";
    let body = json!({ "query": query }).to_string();
    let request = json!({ "path": "/graphql", "body": body });
    let request: Request = serde_json::from_value(request).unwrap();
    let public = gateway.address("public").await;
    let answer = client::send(public, &request, |_| ()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.get("errors"), None, "{answer}");
    let products = answer["data"]["products"]["products"].as_array().unwrap();
    assert_eq!(products.len(), 100);
    assert!(products.iter().any(|product| product["reviews"][1]["rating"].is_number()), "{answer}");
    assert!(products.iter().all(|product| product["stock"]["available"].is_string()), "{answer}");
    let metrics = gateway.metrics().await;
    let mut calls: Vec<_> = metrics
        .lines()
        .filter(|line| line.starts_with("dragoman_calls_total") && line.contains("\"graphql\""))
        .map(|line| (line.split('"').nth(1).unwrap(), line.rsplit(' ').next().unwrap()))
        .collect();
    calls.sort_unstable();
    let expected = [
        ("shop.v1.InventoryService/BatchGetStock", "1"),
        ("shop.v1.ProductService/ListProducts", "1"),
        ("shop.v1.ReviewService/BatchListReviews", "1"),
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn backend_that_comes_late_is_learned_then() {
    let nobody = Nobody::bind();
    let address = nobody.address;
    let gateway = Gateway::serve_anyway(&by_reflection(address));
    let admin = gateway.address("admin").await;
    let answer = client::get(admin, "/readyz").await.unwrap();
    assert_eq!(answer.status, 503);
    assert!(String::from_utf8_lossy(&answer.body).contains("catalog"), "{answer:?}");

    drop(nobody);
    let _shop = Shop::start(address).await.unwrap();
    gateway.until_ready().await;
    let public = gateway.address("public").await;
    let answer = client::get(public, "/v1/products/p-1001").await.unwrap();
    assert_eq!(answer.status, 200, "{}", gateway.log());
}

/// Watches a channel of the demo as an `EventSource` does, up to that many events.
async fn watch(public: SocketAddr, last: Option<&str>, events: usize) -> Vec<String> {
    let mut headers = serde_json::json!({ "accept": "text/event-stream" });
    if let Some(last) = last {
        headers["last-event-id"] = last.into();
    }
    let path = format!("/v1/notifications/harbour?limit={events}");
    let request = serde_json::json!({ "path": path, "headers": headers });
    let request = serde_json::from_value(request).unwrap();
    let answer = client::send(public, &request, |_| ()).await.unwrap();
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn watcher_that_comes_back_has_missed_nothing() {
    let gateway = Gateway::demo().await;
    let public = gateway.address("public").await;
    let notify = |subject: &str| {
        let body = serde_json::json!({ "subject": subject }).to_string();
        serde_json::json!({ "path": "/v1/notifications/harbour", "body": body })
    };
    for subject in ["one", "two", "three"] {
        let request = serde_json::from_value(notify(subject)).unwrap();
        assert_eq!(client::send(public, &request, |_| ()).await.unwrap().status, 200);
    }
    // The connection breaks after two events; meanwhile more happens.
    assert_eq!(watch(public, None, 2).await, ["1", "2"]);
    let request = serde_json::from_value(notify("four")).unwrap();
    assert_eq!(client::send(public, &request, |_| ()).await.unwrap().status, 200);
    assert_eq!(watch(public, Some("2"), 2).await, ["3", "4"]);

    let request = serde_json::json!({
        "path": "/v1/notifications/harbour",
        "headers": { "accept": "text/event-stream", "last-event-id": "two" },
    });
    let request = serde_json::from_value(request).unwrap();
    assert_eq!(client::send(public, &request, |_| ()).await.unwrap().status, 400);
}

#[tokio::test]
async fn every_line_of_the_tour_works_when_pasted() {
    let gateway = Gateway::demo().await;
    let text = tour(gateway.address("public").await);
    let folder = tempfile::tempdir().unwrap();
    let calls: Vec<_> = text.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(calls.len() > 5, "{text}");
    for call in calls {
        let output =
            Command::new("bash").args(["-c", call]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{call}\n{}", String::from_utf8_lossy(&output.stderr));
        let answer = String::from_utf8_lossy(&output.stdout);
        if call.contains("image") {
            assert!(
                std::fs::read(folder.path().join("p-1001.png")).unwrap().starts_with(b"\x89PNG")
            );
        } else if call.contains("-si") {
            assert!(answer.starts_with("HTTP/1.1 400"), "{call}\n{answer}");
            assert!(answer.contains("ORDER_SHIPPED"), "{call}\n{answer}");
        } else {
            assert!(!answer.is_empty() && !answer.contains("\"details\""), "{call}\n{answer}");
        }
    }
}

#[tokio::test]
async fn sigterm_ends_the_gateway_with_zero() {
    let shop = Shop::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let mut gateway = Gateway::serve(&by_reflection(shop.address)).await;
    assert_eq!(gateway.terminate().code(), Some(0), "{}", gateway.log());
}
