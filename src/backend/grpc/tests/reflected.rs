//! Reflection, asked of a real server and of odd ones.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet, ServiceDescriptorProto};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{
    ErrorResponse, FileDescriptorResponse, ListServiceResponse, ServerReflectionRequest,
    ServerReflectionResponse, ServiceResponse,
};
use tonic_reflection::server::Builder;
use tower::Service;

use super::raw::{Incoming, framed, headers, serve, serve_sockets};
use super::{PATIENCE, backend};
use crate::backend::grpc::reflection::{Described, ReflectionError, fetch};
use crate::codec::grpc::{Decoder, Encoding};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const OK: &[(&str, &str)] = &[("grpc-status", "0")];

fn file(name: &str, imports: &[&str], services: &[&str]) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some("shop".to_owned()),
        dependency: imports.iter().map(|import| (*import).to_owned()).collect(),
        service: services
            .iter()
            .map(|service| ServiceDescriptorProto {
                name: Some((*service).to_owned()),
                ..ServiceDescriptorProto::default()
            })
            .collect(),
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}

/// Two services in one file and one in another, with shared and nested imports.
fn shop() -> FileDescriptorSet {
    FileDescriptorSet {
        file: vec![
            file("base.proto", &[], &[]),
            file("types.proto", &["base.proto"], &[]),
            file("products.proto", &["types.proto", "base.proto"], &["Products", "Reviews"]),
            file("orders.proto", &["types.proto"], &["Orders"]),
        ],
    }
}

fn names(described: &Described) -> (Vec<String>, Vec<String>) {
    let file = |bytes: &Bytes| {
        FileDescriptorProto::decode(&bytes[..]).expect("a file").name.expect("a name")
    };
    (described.services.clone(), described.files.iter().map(file).collect())
}

fn whole_shop() -> (Vec<String>, Vec<String>) {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    (
        all(&["shop.Orders", "shop.Products", "shop.Reviews"]),
        all(&["base.proto", "orders.proto", "products.proto", "types.proto"]),
    )
}

macro_rules! serve_tonic {
    ($service:expr) => {
        serve_sockets(ANY, {
            let service = $service;
            move |socket| {
                let service = service.clone();
                let handle = service_fn(move |request| {
                    let answering = service.clone().call(request);
                    async move {
                        let response = answering.await.unwrap_or_else(|never| match never {});
                        Ok::<http::Response<tonic::body::Body>, Infallible>(response)
                    }
                });
                let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(socket), handle);
                async move {
                    let _ = serving.await;
                }
            }
        })
        .await
    };
}

#[tokio::test]
async fn v1_is_asked_file_by_file() {
    let builder = Builder::configure().register_file_descriptor_set(shop());
    let server = serve_tonic!(builder.build_v1().expect("consistent"));
    let described = fetch(&backend(&[server.address]), PATIENCE).await.expect("described");
    let (services, files) = names(&described);
    let (all_services, all_files) = whole_shop();
    assert_eq!(services, all_services);
    assert_eq!(files, all_files, "the reflection service itself is left out");
    assert!(described.missing.is_empty());
}

#[tokio::test]
async fn v1alpha_is_asked_where_v1_is_not_served() {
    let builder = Builder::configure().register_file_descriptor_set(shop());
    let server = serve_tonic!(builder.build_v1alpha().expect("consistent"));
    let described = fetch(&backend(&[server.address]), PATIENCE).await.expect("described");
    assert_eq!(names(&described), whole_shop());
}

/// Answers questions one after another by `answer`.
async fn dialogue(mut call: Incoming, answer: fn(MessageRequest) -> Option<MessageResponse>) {
    let mut stream = call.begin();
    let mut decoder = Decoder::new(1 << 20, Encoding::Identity);
    while let Some(Ok(data)) = call.body.data().await {
        decoder.push(data);
        while let Some(question) = decoder.message().expect("well-formed") {
            let question = ServerReflectionRequest::decode(question).expect("a question");
            let message_response = answer(question.message_request.expect("a question"));
            let answer = ServerReflectionResponse { message_response, ..Default::default() };
            stream.send_data(framed(0, &answer.encode_to_vec()), false).expect("open");
        }
    }
    let _ = stream.send_trailers(headers(OK));
}

fn services(names: &[&str]) -> Option<MessageResponse> {
    let service = names.iter().map(|name| ServiceResponse { name: (*name).to_owned() }).collect();
    Some(MessageResponse::ListServicesResponse(ListServiceResponse { service }))
}

fn files(files: &[FileDescriptorProto]) -> Option<MessageResponse> {
    let file_descriptor_proto = files.iter().map(Message::encode_to_vec).collect();
    Some(MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto }))
}

fn not_found() -> Option<MessageResponse> {
    let error_message = "no such thing".to_owned();
    Some(MessageResponse::ErrorResponse(ErrorResponse { error_code: 5, error_message }))
}

async fn fetch_from(
    answer: fn(MessageRequest) -> Option<MessageResponse>,
) -> Result<Described, ReflectionError> {
    let server = serve(move |call| dialogue(call, answer)).await;
    fetch(&backend(&[server.address]), PATIENCE).await
}

#[tokio::test]
async fn a_server_that_sends_everything_at_once_is_understood() {
    let described = fetch_from(|question| match question {
        MessageRequest::ListServices(_) => {
            services(&["shop.Reviews", "shop.Products", "shop.Orders"])
        }
        MessageRequest::FileContainingSymbol(_) => files(&shop().file),
        _ => panic!("everything was there"),
    })
    .await;
    assert_eq!(names(&described.expect("described")), whole_shop());
}

#[tokio::test]
async fn a_server_that_sends_each_file_once_only_is_understood() {
    let described = fetch_from(|question| match question {
        MessageRequest::ListServices(_) => services(&["shop.Products", "shop.Reviews"]),
        MessageRequest::FileContainingSymbol(name) if name == "shop.Products" => {
            files(&[file("products.proto", &[], &["Products", "Reviews"])])
        }
        _ => files(&[]),
    })
    .await
    .expect("described");
    assert_eq!(described.services, ["shop.Products", "shop.Reviews"]);
    assert_eq!(described.files.len(), 1);
}

#[tokio::test]
async fn what_the_server_cannot_describe_is_left_out_or_told() {
    let described = fetch_from(|question| match question {
        MessageRequest::ListServices(_) => services(&["shop.Products", "shop.Ghost"]),
        MessageRequest::FileContainingSymbol(name) if name == "shop.Products" => {
            files(&[file("products.proto", &["google/protobuf/any.proto"], &["Products"])])
        }
        _ => not_found(),
    })
    .await
    .expect("described");
    assert_eq!(described.services, ["shop.Products"]);
    assert_eq!(described.missing, ["google/protobuf/any.proto"]);
}

#[tokio::test]
async fn nonsense_is_told_from_refusal() {
    let told = [
        fetch_from(|_| None).await,
        fetch_from(|_| files(&[])).await,
        fetch_from(|_| not_found()).await,
        fetch_from(|question| match question {
            MessageRequest::ListServices(_) => services(&["shop.Products"]),
            _ => files(&[]),
        })
        .await,
        fetch_from(|question| match question {
            MessageRequest::ListServices(_) => services(&["shop.Products"]),
            _ => {
                let file_descriptor_proto = vec![b"no file".to_vec()];
                let files = FileDescriptorResponse { file_descriptor_proto };
                Some(MessageResponse::FileDescriptorResponse(files))
            }
        })
        .await,
    ]
    .map(|result| match result {
        Err(ReflectionError::Nonsense(_)) => "nonsense",
        Err(ReflectionError::Refused(_)) => "refused",
        other => panic!("{other:?}"),
    });
    assert_eq!(told, ["nonsense", "nonsense", "refused", "nonsense", "nonsense"]);
}

#[tokio::test]
async fn a_backend_without_reflection_is_told_from_one_that_is_down() {
    let address = super::tonic_server::serve().await;
    let error = fetch(&backend(&[address]), PATIENCE).await.expect_err("no reflection");
    assert!(matches!(error, ReflectionError::NotServed), "{error:?}");

    let nowhere = tokio::net::TcpListener::bind(ANY).await.expect("a free port");
    let address = nowhere.local_addr().expect("bound");
    drop(nowhere);
    let error = fetch(&backend(&[address]), PATIENCE).await.expect_err("down");
    assert!(matches!(error, ReflectionError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_backend_that_never_answers_is_given_up() {
    let server = serve(|mut call| async move {
        call.reset().await;
    })
    .await;
    let soon = Duration::from_millis(30);
    let error = fetch(&backend(&[server.address]), soon).await.expect_err("silence");
    assert!(matches!(error, ReflectionError::Unreachable(_)), "{error:?}");
}
