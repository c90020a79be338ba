//! Backends that speak REST: what a service is sent, and what its answers become in each protocol.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client::{self, Answer};
use crate::gateway::{Gateway, LIMIT, Nobody};
use crate::matrix::wire::post;
use crate::pool::root;

/// A service that answers what it is told to, and remembers what it was asked.
#[derive(Clone)]
struct Service {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<Response>>>,
}

/// One request, and the headers that tests look at.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    line: String,
    headers: http::HeaderMap,
    body: String,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Self { address, asked: Arc::default(), answers: Arc::default() };
        let own = service.clone();
        let router = Router::new().fallback(move |request: Request| {
            let own = own.clone();
            async move { own.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        service
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        self.asked.lock().unwrap().push(Asked {
            line: format!("{} {}", parts.method, parts.uri),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        let next = self.answers.lock().unwrap().pop_front();
        next.unwrap_or_else(|| answer(200, "application/json", "{}"))
    }

    fn answer_with(&self, answer: Response) {
        self.answers.lock().unwrap().push_back(answer);
    }

    fn asked(&self) -> Asked {
        let mut asked = self.asked.lock().unwrap();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.remove(0)
    }
}

fn answer(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let response = Response::builder().status(status).header("content-type", content_type);
    response.body(body.into()).unwrap()
}

fn config(service: impl std::fmt::Display, rest: &str) -> String {
    let root = root();
    let root = root.display();
    format!(
        r#"
contracts:
  - proto: {{ files: ["{root}/tests/proto/cases/v1/*.proto"], include: ["{root}/proto", "{root}/tests/proto"] }}
backends:
  web: {{ deadline: 5s, rest: {{ url: "http://{service}", {rest} }} }}
services:
  cases.v1.EchoService:
    backend: web
    operations:
      Plain: {{ rest: {{ patch: "/plain/{{nested.name}}", body: nested, response_body: nested }} }}
listeners:
  public: {{ address: "127.0.0.1:0", rest: {{}}, graphql: {{}}, soap: {{}}, grpc: {{}} }}
admin: {{ address: "127.0.0.1:0" }}
process: {{ threads: 1 }}
"#
    )
}

async fn serve(rest: &str) -> (Gateway, Service, SocketAddr) {
    let service = Service::start().await;
    let gateway = Gateway::serve(&config(service.address, rest)).await;
    let public = gateway.address("public").await;
    (gateway, service, public)
}

async fn send(public: SocketAddr, method: &str, path: &str, body: Option<&str>) -> Answer {
    let headers = match body {
        Some(_) => json!({ "content-type": "application/json", "authorization": "Bearer x" }),
        None => json!({ "authorization": "Bearer x" }),
    };
    let request = json!({ "method": method, "path": path, "headers": headers, "body": body });
    client::send(public, &serde_json::from_value(request).unwrap(), |_| ()).await.unwrap()
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

#[tokio::test]
async fn rules_say_what_a_service_is_sent() {
    let (_gateway, service, public) = serve("prefix: /api/, headers: { x-key: secret }").await;
    for (method, path, body, line, sent) in [
        (
            "GET",
            "/v1/query?name=a%20b&numbers=1&numbers=2&nested.inner.depth=3&flag=true&huge=18446744073709551615",
            None,
            "GET /api/v1/query?flag=true&huge=18446744073709551615&name=a%20b&nested.inner.depth=3&numbers=1&numbers=2",
            "",
        ),
        // The path may come by another binding; the service's is the first one.
        (
            "POST",
            "/v1/whole/x%2Fy",
            Some("{\"number\":1,\"snakeCase\":\"s\"}"),
            "POST /api/v1/whole",
            "{\"number\":1,\"snakeCase\":\"s\",\"name\":\"x/y\"}",
        ),
        ("GET", "/v1/shelves/a%20b/books/2", None, "GET /api/v1/shelves/a%20b/books/2", ""),
        ("DELETE", "/v1/nothing", None, "DELETE /api/v1/nothing", ""),
        (
            "POST",
            "/cases.v1.EchoService/Plain",
            Some("{\"name\":\"q\",\"nested\":{\"name\":\"ä/b\",\"depth\":2}}"),
            "PATCH /api/plain/%C3%A4%2Fb?name=q",
            "{\"name\":\"ä/b\",\"depth\":2}",
        ),
    ] {
        let answered = send(public, method, path, body).await;
        assert_eq!(answered.status, 200, "{path}: {}", text(&answered));
        let asked = service.asked();
        assert_eq!((asked.line.as_str(), asked.body.as_str()), (line, sent), "{path}");
        assert_eq!(asked.headers["x-key"], "secret");
        assert_eq!(asked.headers["authorization"], "Bearer x");
        assert_eq!(asked.headers["accept"], "application/json");
        assert_eq!(asked.headers.contains_key("content-type"), !sent.is_empty());
        assert!(asked.headers.contains_key("x-request-id"));
    }
    // What would be another path, or is none, is not sent.
    for body in ["{\"nested\":{\"name\":\"..\"}}", "{\"nested\":{\"name\":\"\"}}", "{}"] {
        let answered = send(public, "POST", "/cases.v1.EchoService/Plain", Some(body)).await;
        assert_eq!(answered.status, 400, "{body}: {}", text(&answered));
    }
    let answered = send(public, "GET", "/v1/query?children.name=a", None).await;
    assert_eq!(answered.status, 400, "{}", text(&answered));
    assert!(service.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_answer_is_a_reply_in_every_protocol() {
    let (gateway, service, public) = serve("original_names: true").await;
    let body = r#"{"name":"a","snake_case":"s","large":9007199254740993,"unknown":{"x":[1]},"time":"2026-11-27T08:00:00Z"}"#;
    let ask = || service.answer_with(answer(200, "application/json; charset=utf-8", body));
    ask();
    let answered = send(public, "GET", "/v1/query?snake_case=t", None).await;
    assert_eq!(service.asked().line, "GET /v1/query?snake_case=t");
    let expected = json!({ "name": "a", "snakeCase": "s", "large": "9007199254740993", "time": "2026-11-27T08:00:00Z" });
    assert_eq!(serde_json::from_slice::<Value>(&answered.body).unwrap(), expected);
    ask();
    let query = r#"{"query":"{ query { name snakeCase large time } }"}"#;
    let answered = send(public, "POST", "/graphql", Some(query)).await;
    let data: Value = serde_json::from_slice(&answered.body).unwrap();
    assert_eq!(data, json!({ "data": { "query": expected } }));
    ask();
    let envelope = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><Query xmlns='urn:cases.v1'/></e:Body></e:Envelope>";
    let answered = post(
        public,
        false,
        "/soap/cases.v1.EchoService",
        &[("content-type", "text/xml")],
        envelope,
    )
    .await;
    let told = text(&answered);
    assert!(told.contains("<n1:large>9007199254740993</n1:large>"), "{told}");
    ask();
    let headers = [("content-type", "application/json"), ("connect-protocol-version", "1")];
    let answered = post(public, false, "/cases.v1.EchoService/Query", &headers, "{}").await;
    assert_eq!(serde_json::from_slice::<Value>(&answered.body).unwrap(), expected);
    ask();
    let headers = [("content-type", "application/grpc"), ("te", "trailers")];
    let answered =
        post(public, true, "/cases.v1.EchoService/Query", &headers, vec![0, 0, 0, 0, 0]).await;
    assert_eq!(answered.trailers["grpc-status"], "0");
    assert!(answered.body.len() > 20);
    // The field that nobody knows, in five answers.
    let metrics = gateway.metrics().await;
    assert!(
        metrics.contains("dragoman_unknown_reply_fields_total{backend=\"web\"} 5\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn what_a_service_says_of_an_error_is_kept() {
    let (_gateway, service, public) = serve("").await;
    let rpc = r#"{"code":9,"message":"closed","details":[{"@type":"type.googleapis.com/cases.v1.Nested","name":"d"},{"@type":"x/unknown.Type"}]}"#;
    let google = r#"{"error":{"code":404,"message":"gone","status":"NOT_FOUND"}}"#;
    let problem =
        r#"{"type":"about:blank","title":"Out of credit","status":403,"detail":"30 short"}"#;
    for (status, content_type, body, expected, code, message) in [
        (400, "application/json", rpc, 400, 9, "closed"),
        (404, "application/json", google, 404, 5, "gone"),
        (403, "application/problem+json", problem, 403, 7, "30 short"),
        (422, "application/json", r#"{"error":"bad name"}"#, 400, 3, "bad name"),
        (409, "text/html", "<h1>", 409, 6, "the service answered 409 Conflict"),
        (429, "text/plain", "", 429, 8, "the service answered 429 Too Many Requests"),
        (503, "text/plain", "", 503, 14, "the service answered 503 Service Unavailable"),
        (500, "application/json", "{", 502, 13, "the service answered 500 Internal Server Error"),
        (302, "text/plain", "", 500, 2, "the service answered 302 Found"),
    ] {
        service.answer_with(answer(status, content_type, body));
        let answered = send(public, "GET", "/v1/query", None).await;
        let told: Value = serde_json::from_slice(&answered.body).unwrap();
        assert_eq!(
            (&told["code"], &told["message"]),
            (&code.into(), &message.into()),
            "{status} {body}: {told}"
        );
        assert_eq!(
            answered.status,
            if status == 302 { 502 } else { expected },
            "{status} {body}: {told}"
        );
        if body == rpc {
            assert_eq!(
                told["details"],
                json!([{ "@type": "type.googleapis.com/cases.v1.Nested", "name": "d" }])
            );
        }
        service.asked();
    }
}

#[tokio::test]
async fn answers_that_do_not_fit_are_the_backends_fault() {
    let (gateway, service, public) = serve("max_reply: 1KiB").await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(2000));
    for (content_type, body, code, message) in [
        ("text/html", "<html>", 13, "does not fit its contract"),
        ("application/json", "{\"number\":\"x\"}", 13, "does not fit its contract"),
        ("application/json", &large, 8, "larger than 1024 bytes"),
    ] {
        service.answer_with(answer(200, content_type, body.to_owned()));
        let answered = send(public, "GET", "/v1/query", None).await;
        let told: Value = serde_json::from_slice(&answered.body).unwrap();
        assert_eq!(told["code"], code, "{told}");
        assert!(told["message"].as_str().unwrap().contains(message), "{told}");
    }
    gateway.until(|| async { gateway.calls().len() >= 3 }).await;
    for call in gateway.calls() {
        assert_eq!(call["origin"], "backend", "{call}");
    }
    // Nothing at all is an empty reply, and fields that are absent are their defaults.
    service.answer_with(Response::builder().status(204).body(Body::empty()).unwrap());
    assert_eq!(text(&send(public, "GET", "/v1/query", None).await), "{}");
}

#[tokio::test]
async fn bytes_of_any_type_pass_as_they_are() {
    let (_gateway, service, public) = serve("").await;
    service.answer_with(answer(200, "image/png", vec![0, 1, 0xff]));
    let request = json!({ "method": "POST", "path": "/v1/raw/a%20b", "headers": { "content-type": "text/csv" }, "body": "a;b" });
    let answered =
        client::send(public, &serde_json::from_value(request).unwrap(), |_| ()).await.unwrap();
    assert_eq!((answered.status, answered.body.as_slice()), (200, &[0, 1, 0xff][..]));
    assert_eq!(answered.headers["content-type"], "image/png");
    let asked = service.asked();
    assert_eq!((asked.line.as_str(), asked.body.as_str()), ("POST /v1/raw/a%20b", "a;b"));
    assert_eq!(
        (&asked.headers["content-type"], &asked.headers["accept"]),
        (&"text/csv".parse().unwrap(), &"*/*".parse().unwrap())
    );
}

#[tokio::test]
async fn streams_are_read_in_three_forms() {
    let (_gateway, service, public) = serve("").await;
    for (content_type, body) in [
        ("application/x-ndjson", "{\"number\":1}\n\n{\"number\":2,\"else\":0}\n"),
        (
            "text/event-stream",
            ": hi\n\ndata: {\"number\":1}\n\nid: 2\ndata: {\"number\":\ndata: 2}\n\n",
        ),
        ("application/json", " [{\"number\":1}, {\"number\":2}] "),
    ] {
        service.answer_with(answer(200, content_type, body));
        let request =
            json!({ "path": "/v1/follow?name=a", "headers": { "accept": "application/json" } });
        let answered =
            client::send(public, &serde_json::from_value(request).unwrap(), |_| ()).await.unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&answered.body).unwrap(),
            json!([{ "number": 1 }, { "number": 2 }]),
            "{content_type}"
        );
        assert_eq!(service.asked().line, "GET /v1/follow?name=a");
    }
    // What breaks off in the middle ends so.
    service.answer_with(answer(200, "application/x-ndjson", "{\"number\":1}\n{\"num"));
    let answered = send(public, "GET", "/v1/follow", None).await;
    let lines = text(&answered);
    assert!(lines.starts_with("{\"result\":{\"number\":1}}\n{\"error\":{\"code\":13"), "{lines}");
}

#[tokio::test]
async fn redirects_are_followed_only_as_far_as_is_allowed() {
    let (_gateway, service, public) = serve("redirects: 1, headers: { x-key: secret }").await;
    let other = Service::start().await;
    let moved = |to: &str| {
        Response::builder().status(307).header("location", to).body(Body::empty()).unwrap()
    };
    service.answer_with(moved("/elsewhere"));
    assert_eq!(send(public, "GET", "/v1/query?name=a", None).await.status, 200);
    let asked = std::mem::take(&mut *service.asked.lock().unwrap());
    assert_eq!(asked[1].line, "GET /elsewhere");
    assert_eq!(asked[1].headers["authorization"], "Bearer x");
    // Another host gets no credentials.
    service.answer_with(moved(&format!("http://{}/there", other.address)));
    assert_eq!(send(public, "GET", "/v1/query", None).await.status, 200);
    let asked = other.asked();
    assert_eq!(asked.line, "GET /there");
    assert!(
        !asked.headers.contains_key("authorization") && !asked.headers.contains_key("x-key"),
        "{asked:?}"
    );
    service.asked();
    // Twice is too often, and what changes something goes nowhere else.
    service.answer_with(moved("/one"));
    service.answer_with(moved("/two"));
    assert_eq!(send(public, "GET", "/v1/query", None).await.status, 502);
    service.asked.lock().unwrap().clear();
    service.answer_with(moved("/one"));
    assert_ne!(send(public, "POST", "/v1/whole", Some("{}")).await.status, 200);
    service.asked();
}

#[tokio::test]
async fn a_service_that_is_away_is_unavailable() {
    let nobody = Nobody::bind();
    let gateway = Gateway::serve_anyway(&config(nobody.address, ""));
    let public = gateway.address("public").await;
    let answered = send(public, "GET", "/v1/query", None).await;
    assert_eq!(answered.status, 503, "{}", text(&answered));

    // One that does not answer is given up in time.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let slow =
        config(listener.local_addr().unwrap(), "").replace("deadline: 5s", "deadline: 100ms");
    let gateway = Gateway::serve(&slow).await;
    let public = gateway.address("public").await;
    let answered =
        tokio::time::timeout(LIMIT, send(public, "GET", "/v1/query", None)).await.unwrap();
    assert_eq!(answered.status, 504, "{}", text(&answered));
}
