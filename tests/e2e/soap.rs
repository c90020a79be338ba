//! SOAP where a case file is not enough: large parts, links between documents, what is remembered of
//! digests, and WSDLs that cannot be served.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::gateway::{Gateway, LIMIT};
use crate::matrix::wire::post;
use crate::pool::root;
use crate::streams::peak;
use crate::{client, frames};

const V11: &str = "http://schemas.xmlsoap.org/soap/envelope/";

fn config(backend: impl std::fmt::Display, soap: &str) -> String {
    let root = root();
    let root = root.display();
    format!(
        r#"
contracts:
  - proto: {{ files: ["{root}/tests/proto/cases/v1/*.proto"], include: ["{root}/proto", "{root}/tests/proto"] }}
backends:
  echo: {{ grpc: {{ endpoints: ["http://{backend}"], max_reply: 200MiB, max_request: 200MiB }} }}
services: {{ "*": {{ backend: echo }} }}
listeners:
  public: {{ address: "127.0.0.1:0", soap: {soap}, limits: {{ body: 200MiB }} }}
admin: {{ address: "127.0.0.1:0" }}
process: {{ threads: 1 }}
"#
    )
}

/// A gRPC server that answers every call with the bytes it was sent.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let service =
                hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async {
                    let body = request.into_body().collect().await?.to_bytes();
                    let mut trailers = http::HeaderMap::new();
                    trailers.insert("grpc-status", "0".parse().unwrap());
                    let frames =
                        [http_body::Frame::data(body), http_body::Frame::trailers(trailers)];
                    let body = StreamBody::new(futures_util::stream::iter(
                        frames.map(Ok::<_, hyper::Error>),
                    ));
                    let response =
                        http::Response::builder().header("content-type", "application/grpc");
                    Ok::<_, hyper::Error>(response.body(body).unwrap())
                });
            let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .initial_stream_window_size(16 << 20)
                .initial_connection_window_size(64 << 20)
                .serve_connection(TokioIo::new(connection), service);
            tokio::spawn(serving);
        }
    });
    address
}

/// How much memory 100 MiB each way may take at most, in KiB: the request and the message in it, and
/// the reply, whose parts are slices of it.
const MOST_MEMORY: u64 = 450 << 10;

#[tokio::test]
async fn a_hundred_mib_pass_as_parts_of_a_message() {
    let gateway = Gateway::serve(&config(echo().await, "{}")).await;
    let public = gateway.address("public").await;
    let large: Vec<u8> = (0..100 << 20).map(|at: u32| (at >> 8) as u8 ^ at as u8).collect();
    let root = "--b\r\nContent-Type: application/xop+xml; type=\"text/xml\"\r\nContent-ID: <root@a>\r\n\r\n";
    let envelope = format!(
        "<e:Envelope xmlns:e=\"{V11}\"><e:Body><Plain xmlns=\"urn:cases.v1\"><name>large</name><data>\
         <x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:part@a\"/></data></Plain></e:Body></e:Envelope>"
    );
    let part = "\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-ID: <part@a>\r\n\r\n";
    let body =
        [root.as_bytes(), envelope.as_bytes(), part.as_bytes(), &large, b"\r\n--b--\r\n"].concat();
    let content_type = "multipart/related; type=\"application/xop+xml\"; start=\"<root@a>\"; \
                        start-info=\"text/xml\"; boundary=b";
    let headers = [("content-type", content_type)];
    let answer = timeout(LIMIT, post(public, false, "/soap/cases.v1.EchoService", &headers, body));
    let answer = answer.await.expect("no answer");
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body[..answer.body.len().min(1000)])
    );
    let found = memchr::memmem::find(&answer.body, &large).expect("the part came back");
    assert!(found > 500 && answer.body.len() < large.len() + 3000, "{found}");
    let peak = peak(gateway.process());
    eprintln!("100 MiB each way: peak of {peak} KiB");
    assert!(peak < MOST_MEMORY, "{peak} KiB");
}

#[tokio::test]
async fn linked_schemas_and_rpc_style_hold_together() {
    let settings =
        "{ style: rpc, linked_schemas: true, namespace: \"http://x.example/{package}\" }";
    let gateway = Gateway::serve(&config(echo().await, settings)).await;
    let public = gateway.address("public").await;
    let path = "/soap/cases.v1.EchoService";
    let answer = client::get(public, &format!("{path}?WSDL")).await.unwrap();
    let text = String::from_utf8(answer.body).unwrap();
    let wsdl = roxmltree::Document::parse(&text).unwrap();
    let mut linked = 0;
    for location in wsdl.descendants().filter_map(|node| node.attribute("schemaLocation")) {
        let path = location.strip_prefix(&format!("http://{public}")).expect("an address of ours");
        let schema = client::get(public, path).await.unwrap();
        let text = String::from_utf8(schema.body).unwrap();
        let schema = roxmltree::Document::parse(&text).unwrap();
        assert!(schema.root_element().attribute("targetNamespace").is_some(), "{text}");
        linked += 1;
    }
    assert!(linked > 0 && !text.contains("complexType"), "{text}");
    let envelope = format!(
        "<e:Envelope xmlns:e=\"{V11}\"><e:Body><x:Plain xmlns:x=\"http://x.example/cases.v1\"><request>\
         <x:name>a</x:name></request></x:Plain></e:Body></e:Envelope>"
    );
    let answer = post(public, false, path, &[("content-type", "text/xml")], envelope).await;
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains("<reply><n1:name>a</n1:name></reply>"), "{text}");
}

#[tokio::test]
async fn a_digest_is_taken_once() {
    let settings = "{ security: { required: true, users: { ann: secret } } }";
    let gateway = Gateway::serve(&config(echo().await, settings)).await;
    let public = gateway.address("public").await;
    let created = time_now();
    let call = |nonce: &str, password: &str| {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD;
        let digest = sha1(&[nonce.as_bytes(), created.as_bytes(), password.as_bytes()].concat());
        let wsse =
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
        let wsu =
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
        let profile =
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";
        format!(
            "<e:Envelope xmlns:e=\"{V11}\"><e:Header><s:Security xmlns:s=\"{wsse}\"><s:UsernameToken>\
             <s:Username>ann</s:Username><s:Password Type=\"{profile}#PasswordDigest\">{}</s:Password>\
             <s:Nonce>{}</s:Nonce><u:Created xmlns:u=\"{wsu}\">{created}</u:Created></s:UsernameToken></s:Security>\
             </e:Header><e:Body><Plain xmlns=\"urn:cases.v1\"/></e:Body></e:Envelope>",
            base64.encode(digest),
            base64.encode(nonce),
        )
    };
    for (nonce, password, status) in [
        ("one", "secret", 200),
        ("one", "secret", 500),
        ("two", "secret", 200),
        ("three", "wrong", 500),
    ] {
        let headers = [("content-type", "text/xml")];
        let path = "/soap/cases.v1.EchoService";
        let answer = post(public, false, path, &headers, call(nonce, password)).await;
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, status, "{nonce} {password}: {text}");
        assert_eq!(text.contains("wsse:FailedAuthentication"), status == 500, "{text}");
    }
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

fn time_now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

#[test]
fn a_wsdl_that_cannot_be_served_keeps_it_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let root = root();
    let file = folder.path().join("gateway.yaml");
    let entry = "{ wsdl: [{ file: service.wsdl }] }";
    std::fs::write(&file, config("127.0.0.1:1", entry)).unwrap();
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dragoman"));
        let output = command.args(["check", file.to_str().unwrap()]).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(told).unwrap())
    };
    let (code, told) = check();
    assert!(code != Some(0) && told.contains("there is no file `service.wsdl`"), "{told}");

    std::fs::copy(root.join("tests/wsdl/bare/service.wsdl"), folder.path().join("service.wsdl"))
        .unwrap();
    let (code, told) = check();
    assert_ne!(code, Some(0));
    assert!(told.contains("no operation of it is one of the contract"), "{told}");
}

/// What is sent, with which headers beside its own, and the code of the answer.
type Broken = (&'static str, Bytes, &'static str, &'static [(&'static str, &'static str)]);

/// A frame that is not what it says, to each protocol that has frames.
#[tokio::test]
async fn broken_frames_of_grpc_are_refused() {
    let limits = "limits: { body: 64KiB }";
    let config = config(echo().await, "{}")
        .replace("soap: {}", "grpc: {}")
        .replace("limits: { body: 200MiB }", limits);
    let gateway = Gateway::serve(&config).await;
    let public = gateway.address("public").await;
    let bomb = frames::compressed(&vec![0; 1 << 20], crate::case::Coding::Gzip);
    let broken: [Broken; 7] = [
        ("half a head", Bytes::from_static(&[0, 0, 0]), "3", &[]),
        ("half a message", Bytes::from_static(&[0, 0, 0, 0, 9, 1]), "3", &[]),
        ("more than may be", Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff]), "8", &[]),
        ("a flag of nothing", Bytes::from_static(&[4, 0, 0, 0, 0]), "3", &[]),
        ("compressed, unsaid", Bytes::from_static(&[1, 0, 0, 0, 1, 0]), "3", &[]),
        ("no gzip", Bytes::from_static(&[1, 0, 0, 0, 1, 0]), "3", &[("grpc-encoding", "gzip")]),
        ("a bomb", bomb, "8", &[("grpc-encoding", "gzip")]),
    ];
    let path = "/cases.v1.EchoService/Plain";
    for (what, body, code, more) in &broken {
        for (http2, kind) in [(true, "application/grpc"), (false, "application/grpc-web")] {
            let headers = [&[("content-type", kind), ("te", "trailers")], *more].concat();
            let answer = post(public, http2, path, &headers, body.clone()).await;
            let status = answer.headers.get("grpc-status").or(answer.trailers.get("grpc-status"));
            let status = status.map(|value| value.to_str().unwrap().to_owned());
            let in_body = String::from_utf8_lossy(&answer.body).into_owned();
            let found = status.as_deref() == Some(*code)
                || in_body.contains(&format!("grpc-status: {code}\r\n"))
                || in_body.contains(&format!("grpc-status:{code}\r\n"));
            assert!(found, "{what} by {kind}: {status:?} {answer:?}");
        }
    }
    // Two messages where one is asked for, and none.
    for (body, code) in [(frames::frame(b"").repeat(2), "3"), (Vec::new(), "3")] {
        let headers = [("content-type", "application/grpc"), ("te", "trailers")];
        let answer = post(public, true, path, &headers, body).await;
        let status = answer.headers.get("grpc-status").or(answer.trailers.get("grpc-status"));
        assert!(status.is_some_and(|value| value == code || value == "12"), "{answer:?}");
    }
}
