//! What the gateway tells of its calls: the log, the metrics, and the admin listener.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::backend::Backend;
use crate::case::{Request, Script};
use crate::client;
use crate::gateway::Gateway;
use crate::shop::by_reflection;

struct Run {
    gateway: Gateway,
    backend: Backend,
    public: SocketAddr,
}

impl Run {
    async fn start(change: impl FnOnce(String) -> String) -> Self {
        let backend = Backend::start().await;
        let gateway = Gateway::serve(&change(by_reflection(backend.address))).await;
        let public = gateway.address("public").await;
        Self { gateway, backend, public }
    }

    /// Plays one request, and gives the log's line of it.
    async fn line(&self, id: &str, scripts: &str, request: &str) -> Value {
        let scripts: Vec<Script> = serde_saphyr::from_str(scripts).unwrap();
        self.backend.stage.open(&scripts);
        let mut request: Request = serde_saphyr::from_str(request).unwrap();
        request.headers.insert("x-request-id".to_owned(), id.to_owned());
        let saw = |bytes| self.backend.stage.saw(bytes);
        client::send(self.public, &request, saw).await.unwrap();
        assert_eq!(self.backend.stage.close().await, Vec::<String>::new());
        self.gateway.until_logged(|line| is_call(line, id)).await
    }
}

fn is_call(line: &Value, id: &str) -> bool {
    line["message"] == "call" && line["request_id"] == id
}

#[tokio::test]
async fn every_call_is_told_once_with_whose_fault_it_was() {
    let run = Run::start(|config| config).await;
    let get = "method: shop.v1.ProductService/GetProduct";
    let search = "method: shop.v1.ProductService/SearchProducts";
    let product = "{ path: /v1/products/p-1 }";
    let stream = "{ path: '/v1/products:search?query=a' }";
    let wrong_text = "bytes: '1201ff'";
    for (id, scripts, request, code, origin) in [
        ("fine", format!("[{{ {get}, reply: {{ name: Tent }} }}]"), product, "OK", None),
        (
            "gone",
            format!("[{{ {get}, status: {{ code: 5, message: gone }} }}]"),
            product,
            "NOT_FOUND",
            Some("client"),
        ),
        (
            "wrong",
            "[]".to_owned(),
            "{ path: /v1/products/p-1?x=1 }",
            "INVALID_ARGUMENT",
            Some("client"),
        ),
        (
            "early",
            format!("[{{ {search}, status: {{ code: 5, message: gone }} }}]"),
            stream,
            "NOT_FOUND",
            Some("client"),
        ),
        (
            "late",
            format!(
                "[{{ {search}, replies: [{{ name: Tent }}], status: {{ code: 14, message: busy }} }}]"
            ),
            stream,
            "UNAVAILABLE",
            Some("backend"),
        ),
        (
            "broken",
            format!("[{{ {search}, replies: [{{ name: Tent }}], then: reset }}]"),
            stream,
            "INTERNAL",
            Some("backend"),
        ),
        (
            "left",
            format!("[{{ {search}, replies: [{{ name: Tent }}], then: hang }}]"),
            "{ path: '/v1/products:search?query=a', leave_after: 5 }",
            "CANCELLED",
            Some("client"),
        ),
        (
            "misfit",
            format!("[{{ {search}, replies: [{{ name: Tent }}], {wrong_text} }}]"),
            stream,
            "INTERNAL",
            Some("backend"),
        ),
        ("unfit", format!("[{{ {get}, {wrong_text} }}]"), product, "INTERNAL", Some("backend")),
        (
            "lines",
            "[{ method: cases.v1.EchoService/Collect, breaks_off: true }]".to_owned(),
            "{ path: /v1/collect, body: '{' }",
            "INVALID_ARGUMENT",
            Some("client"),
        ),
    ] {
        let line = run.line(id, &scripts, request).await;
        assert_eq!(line["code"], code, "{line}");
        assert_eq!(line["origin"].as_str(), origin, "{line}");
        assert_eq!(line["listener"], "public", "{line}");
        assert_eq!(line["frontend"], "rest", "{line}");
        assert!(line["operation"].as_str().unwrap().contains('/'), "{line}");
        assert!(line["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");
        for number in ["duration_us", "sent", "received"] {
            assert!(line[number].is_u64(), "{number} in {line}");
        }
        let level = match origin {
            None | Some("client") => "INFO",
            _ => "WARN",
        };
        assert_eq!(line["level"], level, "{line}");
    }
    let fine = run.gateway.calls().into_iter().find(|line| line["request_id"] == "fine").unwrap();
    assert_eq!((&fine["sent"], &fine["received"]), (&5.into(), &6.into()), "{fine}");

    // A further line would have come before that of a later call.
    let calls = run.gateway.calls();
    let ids =
        ["fine", "gone", "wrong", "early", "late", "broken", "left", "misfit", "unfit", "lines"];
    for id in ids {
        let lines: Vec<_> = calls.iter().filter(|line| is_call(line, id)).collect();
        assert_eq!(lines.len(), 1, "{id}: {lines:?}");
    }

    let metrics = run.gateway.metrics().await;
    let search = "operation=\"shop.v1.ProductService/SearchProducts\"";
    for (code, origin, count) in [
        ("NOT_FOUND", "client", 1),
        ("UNAVAILABLE", "backend", 1),
        ("INTERNAL", "backend", 2),
        ("CANCELLED", "client", 1),
    ] {
        let found = metrics.lines().find(|line| {
            line.starts_with("dragoman_calls_total{")
                && line.contains(search)
                && line.contains(&format!("code=\"{code}\""))
                && line.contains(&format!("origin=\"{origin}\""))
        });
        let found = found.unwrap_or_else(|| panic!("no {code} of {origin} in\n{metrics}"));
        assert!(found.ends_with(&format!(" {count}")), "{found}");
    }
    check_open_metrics(&metrics);
    let in_flight = metrics.lines().filter(|line| line.starts_with("dragoman_calls_in_flight{"));
    for line in in_flight {
        assert!(line.ends_with(" 0"), "{line}");
    }
}

#[tokio::test]
async fn client_that_leaves_a_single_reply_is_told_once() {
    let run = Run::start(|config| config).await;
    let script = "[{ method: shop.v1.ProductService/GetProduct, then: silent }]";
    run.backend.stage.open(&serde_saphyr::from_str::<Vec<_>>(script).unwrap());
    let mut connection = TcpStream::connect(run.public).await.unwrap();
    let request = "GET /v1/products/p-1 HTTP/1.1\r\nhost: a\r\nx-request-id: left\r\n\r\n";
    connection.write_all(request.as_bytes()).await.unwrap();
    run.backend.stage.hanging.subscribe().wait_for(|calls| *calls == 1).await.unwrap();
    drop(connection);
    let line = run.gateway.until_logged(|line| is_call(line, "left")).await;
    assert_eq!((&line["code"], &line["origin"]), (&"CANCELLED".into(), &"client".into()), "{line}");
    run.line("next", "[]", "{ path: /v1/products/p-1?x=1 }").await;
    assert_eq!(run.gateway.calls().len(), 2, "{}", run.gateway.log());
}

/// The grammar of OpenMetrics as far as scrapers insist on it.
fn check_open_metrics(text: &str) {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let name = r"[a-zA-Z_:][a-zA-Z0-9_:]*";
    let labels = r#"\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*"(,|\}))+"#;
    let sample =
        regex::Regex::new(&format!(r"^({name})({labels})? -?[0-9.e+-]+$|^# EOF$")).unwrap();
    let comment = regex::Regex::new(&format!(r"^# (HELP|TYPE|UNIT) ({name}) .+$")).unwrap();
    let mut families = std::collections::BTreeSet::new();
    let mut family = String::new();
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(found) = comment.captures(line) {
            if found[2] != *family {
                family = found[2].to_owned();
                assert!(families.insert(family.clone()), "{family} comes twice");
            }
        } else {
            assert!(sample.is_match(line), "{line}");
            assert!(line == "# EOF" || line.starts_with(&family), "{line} in {family}");
            let (series, _) = line.rsplit_once(' ').unwrap();
            assert!(seen.insert(series.to_owned()), "{series} comes twice");
        }
    }
    assert!(families.len() > 3, "{families:?}");
}

#[tokio::test]
async fn secrets_are_never_logged() {
    let run = Run::start(|config| {
        config.replace("rest: {}", "rest: { forward_headers: [authorization, x-api-key] }")
            + "process: { log: { filter: trace } }\n"
    })
    .await;
    let scripts = "[{ method: shop.v1.ProductService/GetProduct, metadata: { authorization: \
                   'Bearer hush-1', x-api-key: hush-2, tenant: hush-3 }, trailers: { x-token: hush-4 }, \
                   reply: { name: hush-5 } }]";
    for protocol in ["http1", "h2c"] {
        let request = format!(
            "{{ path: '/v1/products/hush-6?read_mask=name', protocol: {protocol}, headers: {{ \
             authorization: Bearer hush-1, x-api-key: hush-2, grpc-metadata-tenant: hush-3, \
             cookie: session=hush-7 }} }}"
        );
        run.line(protocol, scripts, &request).await;
    }
    let log = run.gateway.log();
    assert!(log.contains("TRACE"), "the filter was not taken");
    for secret in ["hush-1", "hush-2", "hush-3", "hush-4", "hush-5", "hush-7"] {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret} is logged:\n{}", lines.join("\n"));
    }
}

#[tokio::test]
async fn admin_listener_answers_local_names_only_and_masks_secrets() {
    let run =
        Run::start(|config| config.replace("admin:", "# password: hush-1\nadmin:") + "# ${HOME}\n")
            .await;
    let admin = run.gateway.address("admin").await;
    for path in ["/config", "/metrics", "/readyz", "/healthz", "/"] {
        let of = |host: &str| {
            let request = serde_json::json!({ "path": path, "headers": { "host": host } });
            serde_json::from_value::<Request>(request).unwrap()
        };
        for (host, status) in [
            ("evil.example", 403),
            ("evil.example:9000", 403),
            ("localhost.evil.example", 403),
            ("localhost:9000", 200),
            ("[::1]:9000", 200),
        ] {
            let answer = client::send(admin, &of(host), |_| ()).await.unwrap();
            assert_eq!(answer.status, status, "{path} as {host}");
        }
    }
    let config = client::get(admin, "/config").await.unwrap();
    let text = String::from_utf8(config.body).unwrap();
    assert!(text.contains("catalog") && text.contains("${HOME}"), "{text}");
    assert!(!text.contains("hush-1"), "{text}");
    // Nothing of it is on the public side.
    assert_eq!(client::get(run.public, "/metrics").await.unwrap().status, 404);
    // Who wants to write something is told off.
    let request = serde_json::from_str(r#"{ "method": "POST", "path": "/config", "body": "x" }"#);
    let answer = client::send(admin, &request.unwrap(), |_| ()).await;
    assert!(answer.is_ok_and(|answer| answer.status == 405 || answer.status == 413));
}
