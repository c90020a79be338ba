//! The gateway in front of a gRPC server that is not written in Rust: grpcio, with its own
//! reflection.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::client;
use crate::gateway::Gateway;
use crate::pool::root;
use crate::shop::by_reflection;

/// The Python server as a process.
struct Python {
    child: Child,
    port: u16,
}

impl Python {
    fn start() -> Self {
        let python = std::env::var("DRAGOMAN_TEST_PYTHON").expect(
            "DRAGOMAN_TEST_PYTHON is not set: scripts/test makes a Python environment with the \
             packages of tests/python/requirements.txt and sets it to the interpreter",
        );
        let mut child = Command::new(python)
            .arg(root().join("tests/python/server.py"))
            .arg(root().join("proto"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse();
        let port = port.unwrap_or_else(|_| panic!("the server says {line:?} and no port"));
        Self { child, port }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn python_service_is_served_by_its_reflection() {
    let python = Python::start();
    let gateway = Gateway::serve(&by_reflection(format_args!("127.0.0.1:{}", python.port))).await;
    let public = gateway.address("public").await;

    let answer = client::get(public, "/v1/products/p-7").await.unwrap();
    assert_eq!(answer.status, 200, "{}", gateway.log());
    let product: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(product["productId"], "p-7");
    assert_eq!(product["name"], "Python Mug");
    assert_eq!(product["price"]["units"], "9");
    assert_eq!(product["createTime"], "2026-01-05T08:00:00Z");

    let answer = client::get(public, "/v1/products/p-404").await.unwrap();
    assert_eq!(answer.status, 404);
    let status: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(status["details"][0]["reason"], "PRODUCT_NOT_FOUND");

    let answer = client::get(public, "/v1/products:search?query=mug").await.unwrap();
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(text.matches("Python Mug").count(), 3, "{text}");
}

#[tokio::test]
async fn python_service_answers_by_itself() {
    use dragoman::shop::api::shop::v1::GetProductRequest;
    use dragoman::shop::api::shop::v1::product_service_client::ProductServiceClient;

    let python = Python::start();
    let address = format!("http://127.0.0.1:{}", python.port);
    let mut client = ProductServiceClient::connect(address).await.unwrap();
    let request = GetProductRequest { product_id: "p-7".to_owned(), read_mask: None };
    assert_eq!(client.get_product(request).await.unwrap().into_inner().name, "Python Mug");
}
