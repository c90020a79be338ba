//! Compression in both directions, and its limits.

use tokio::sync::mpsc;

use super::raw::{Incoming, framed, headers, serve};
use super::{backend, build, one_message, settings, unary};
use crate::call::{Code, Origin};
use crate::codec::grpc::Coding;
use crate::codec::grpc::compression::{compress, decompress, name};
use crate::config::checked::Compression;

const BOTH: [Coding; 2] = [Coding::Gzip, Coding::Zstd];

async fn answer(mut call: Incoming, kind: Coding, size: usize) {
    let pairs = [("content-type", "application/grpc"), ("grpc-encoding", name(kind))];
    let mut stream = call.head(200, &pairs, false);
    let message = compress(kind, &vec![7; size]).expect("in memory");
    stream.send_data(framed(1, &message), false).expect("open");
    stream.send_trailers(headers(&[("grpc-status", "0")])).expect("open");
}

#[tokio::test]
async fn compressed_replies_are_read() {
    for kind in BOTH {
        let server = serve(move |call| answer(call, kind, 100_000)).await;
        let reply = backend(&[server.address]).send(unary("Any", "x")).await.expect("read");
        assert!(one_message(reply) == vec![7; 100_000], "{kind:?}");
    }
}

#[tokio::test]
async fn a_reply_that_grows_too_large_is_the_backends_fault() {
    for kind in BOTH {
        let server = serve(move |call| answer(call, kind, 1 << 24)).await;
        let backend = backend(&[server.address]);
        let error = backend.send(unary("Any", "x")).await.expect_err("16 MiB from some KiB");
        let told = (error.code(), error.origin());
        assert_eq!(told, (Code::ResourceExhausted, Origin::Backend), "{kind:?}: {error}");
    }
}

#[tokio::test]
async fn requests_are_compressed_as_configured() {
    for kind in BOTH {
        let (seeing, mut seen) = mpsc::unbounded_channel();
        let server = serve(move |mut call| {
            let seeing = seeing.clone();
            async move {
                let body = call.body().await;
                let _ = seeing.send((call.headers.clone(), body));
                call.answer(b"");
            }
        })
        .await;
        let mut settings = settings(&[server.address]);
        settings.compression = Some(match kind {
            Coding::Gzip => Compression::Gzip,
            Coding::Zstd => Compression::Zstd,
        });
        build(&settings).send(unary("Any", vec![7; 1000])).await.expect("answered");
        let (headers, body) = seen.recv().await.expect("seen");
        assert_eq!(headers["grpc-encoding"], name(kind));
        assert_eq!(headers["grpc-accept-encoding"], "identity,gzip,zstd");
        assert_eq!(headers["te"], "trailers");
        assert_eq!(body[0], 1);
        let message = decompress(kind, &body[5..], 1000).expect("compressed");
        assert_eq!(message, vec![7; 1000]);
    }
}

#[tokio::test]
async fn a_request_beyond_the_limit_is_the_clients_fault_and_not_sent() {
    let server = serve(|mut call| async move { call.answer(b"") }).await;
    let backend = backend(&[server.address]);
    let error = backend.send(unary("Any", vec![0; (1 << 20) + 1])).await.expect_err("too large");
    assert_eq!((error.code(), error.origin()), (Code::ResourceExhausted, Origin::Client));
    assert_eq!(server.connections(), 0);
}
