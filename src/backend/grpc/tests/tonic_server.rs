//! A real gRPC server of tonic's, whose messages are bytes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::{Buf, BufMut, Bytes};
use futures_util::stream::{Stream, StreamExt};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{
    ClientStreamingService, Grpc, ServerStreamingService, StreamingService, UnaryService,
};
use tonic::{Request, Response, Status, Streaming};

/// Messages as they are.
#[derive(Default, Clone)]
struct Raw;

type Replies = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;
type Answer<T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send>>;

/// The methods by name: `Echo` (unary), `Count` (server stream), `Join` (client stream), `Chat`
/// (both).
struct Methods;

/// Serves until the test's runtime ends.
pub async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service_fn(|request: http::Request<hyper::body::Incoming>| async {
                Ok::<_, Infallible>(handle(request).await)
            });
            let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(socket), service);
            tokio::spawn(serving);
        }
    });
    address
}

async fn handle(
    request: http::Request<hyper::body::Incoming>,
) -> http::Response<tonic::body::Body> {
    let mut grpc = Grpc::new(Raw);
    match request.uri().path() {
        "/test.Service/Echo" => grpc.unary(Methods, request).await,
        "/test.Service/Count" => grpc.server_streaming(Methods, request).await,
        "/test.Service/Join" => grpc.client_streaming(Methods, request).await,
        "/test.Service/Chat" => grpc.streaming(Methods, request).await,
        _ => Status::unimplemented("no such method").into_http(),
    }
}

impl UnaryService<Bytes> for Methods {
    type Response = Bytes;
    type Future = Answer<Bytes>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(async move {
            if request.get_ref() == "fail" {
                let mut status = Status::not_found("no such thing, 100% sure");
                status.metadata_mut().insert("x-hint", "look elsewhere".parse().expect("ASCII"));
                return Err(status);
            }
            let metadata = request.metadata().clone();
            let mut response = Response::new(request.into_inner());
            for name in ["x-echo", "grpc-timeout", "user-agent", "x-secret"] {
                if let Some(value) = metadata.get(name) {
                    let name =
                        if name == "x-echo" { "x-echo".into() } else { format!("x-was-{name}") };
                    let name = tonic::metadata::MetadataKey::from_bytes(name.as_bytes());
                    response.metadata_mut().insert(name.expect("legal"), value.clone());
                }
            }
            if let Some(value) = metadata.get_bin("x-echo-bin") {
                response.metadata_mut().insert_bin("x-echo-bin", value.clone());
            }
            Ok(response)
        })
    }
}

impl ServerStreamingService<Bytes> for Methods {
    type Response = Bytes;
    type ResponseStream = Replies;
    type Future = Answer<Replies>;

    /// As many messages as the first byte says; then an error if there is a second byte.
    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(async move {
            let message = request.into_inner();
            let count = message.first().copied().unwrap_or_default();
            let fails = message.len() > 1;
            let messages = (0..count).map(|number| Ok(Bytes::from(vec![number])));
            let end = fails.then(|| Err(Status::data_loss("the rest is gone")));
            let replies: Replies = futures_util::stream::iter(messages.chain(end)).boxed();
            Ok(Response::new(replies))
        })
    }
}

impl ClientStreamingService<Bytes> for Methods {
    type Response = Bytes;
    type Future = Answer<Bytes>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        Box::pin(async move {
            let mut messages = request.into_inner();
            let mut joined = Vec::new();
            while let Some(message) = messages.message().await? {
                joined.extend_from_slice(&message);
            }
            Ok(Response::new(Bytes::from(joined)))
        })
    }
}

impl StreamingService<Bytes> for Methods {
    type Response = Bytes;
    type ResponseStream = Replies;
    type Future = Answer<Replies>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        Box::pin(async move {
            let replies: Replies = request.into_inner().boxed();
            Ok(Response::new(replies))
        })
    }
}

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
