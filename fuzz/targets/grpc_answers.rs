//! Answers of a gRPC backend: whatever head, data and trailers come, in whatever pieces, a call
//! ends without a panic, and a message that is handed on is one that the backend sent.

#![no_main]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dragoman::backend::grpc::Backend;
use dragoman::call::{Call, Metadata, Payload, Principal, Source};
use dragoman::config::{self, checked};
use dragoman::contract::Operation;
use dragoman_fuzz::CONTRACT;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How long a call may take: an answer is always complete, so it never should.
const LIMIT: Duration = Duration::from_secs(5);

const NAMES: [&str; 10] = [
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
    "grpc-encoding",
    "content-type",
    "x-own",
    "x-own-bin",
    "retry-after",
    "content-length",
    "grpc-retry-pushback-ms",
];
const VALUES: [&[u8]; 12] = [
    b"0",
    b"5",
    b"16",
    b"-1",
    b"gzip",
    b"zstd",
    b"identity",
    b"application/grpc",
    b"application/grpc+proto",
    b"text/html",
    b"a%20b%zz%C3",
    b"CAUSBGdvbmU",
];

/// What the backend answers next.
#[derive(Debug, Default)]
struct Script {
    head: Response<()>,
    data: Vec<Bytes>,
    trailers: Option<HeaderMap>,
}

struct Setup {
    runtime: Runtime,
    backend: Backend,
    operations: [Arc<Operation>; 2],
}

static SCRIPT: Mutex<Option<Script>> = Mutex::new(None);

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = runtime.block_on(TcpListener::bind(any)).expect("a port");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(serve(listener));
    let text = format!(
        "{{ contracts: [{{ reflection: a }}], listeners: {{ a: {{ address: \"127.0.0.1:0\" }} }}, backends: \
         {{ a: {{ grpc: {{ endpoints: [\"http://{address}\"], max_reply: 4KiB }} }} }} }}"
    );
    let config = config::parse("fuzz", text, Path::new("/nonexistent"), &|_| None);
    let config = config.expect("a legal config");
    let (name, backend) = config.backends.first_key_value().expect("it has one");
    let checked::BackendKind::Grpc(settings) = &backend.kind else { panic!("it speaks gRPC") };
    let operation = |name| CONTRACT.operation(name).expect("it is in the contract").clone();
    Setup {
        backend: Backend::build(settings, name).expect("a backend"),
        operations: ["cases.v1.EchoService/Query", "cases.v1.EchoService/Follow"].map(operation),
        runtime,
    }
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Unstructured::new(data);
    let (Ok(streams), Ok(script)) = (input.arbitrary::<bool>(), script(&mut input)) else { return };
    let sent = script.data.concat();
    *SCRIPT.lock().expect("one thread") = Some(script);
    let Setup { runtime, backend, operations } = &*SETUP;
    let messages = runtime.block_on(call(backend, operations[usize::from(streams)].clone()));
    for message in messages {
        let is_there =
            message.is_empty() || sent.windows(message.len()).any(|part| part == message);
        assert!(is_there || is_compressed(&sent), "{message:?} was never sent");
    }
});

/// A flag that says so somewhere: what it holds is not seen in the bytes.
fn is_compressed(sent: &[u8]) -> bool {
    sent.contains(&1)
}

fn script(input: &mut Unstructured<'_>) -> Result<Script> {
    let mut head = Response::new(());
    if input.ratio(1, 8)? {
        let status = input.int_in_range(200..=599)?;
        *head.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    }
    if !input.ratio(1, 8)? {
        let value = HeaderValue::from_static("application/grpc");
        head.headers_mut().insert(http::header::CONTENT_TYPE, value);
    }
    headers(input, head.headers_mut())?;
    let trailers = if input.ratio(7, 8)? {
        let mut trailers = HeaderMap::new();
        if !input.ratio(1, 8)? {
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
        }
        headers(input, &mut trailers)?;
        Some(trailers)
    } else {
        None
    };
    let mut data = Vec::new();
    for _ in 0..input.int_in_range(0..=5)? {
        let length = input.int_in_range(0..=40)?.min(input.len());
        let bytes = input.bytes(length)?;
        if input.arbitrary()? {
            let length = u32::try_from(bytes.len()).expect("it is short").to_be_bytes();
            let flag = u8::from(input.ratio(1, 4)?);
            data.push([&[flag], &length[..], bytes].concat().into());
        } else {
            data.push(Bytes::copy_from_slice(bytes));
        }
    }
    Ok(Script { head, data, trailers })
}

fn headers(input: &mut Unstructured<'_>, into: &mut HeaderMap) -> Result<()> {
    for _ in 0..input.int_in_range(0..=4)? {
        let name = HeaderName::from_static(input.choose(&NAMES)?);
        let value = if input.arbitrary()? {
            input.choose(&VALUES)?
        } else {
            let length = input.int_in_range(0..=20)?.min(input.len());
            input.bytes(length)?
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            into.append(name, value);
        }
    }
    Ok(())
}

async fn call(backend: &Backend, operation: Arc<Operation>) -> Vec<Bytes> {
    let now = Instant::now();
    let call = Call {
        operation,
        metadata: Metadata::default(),
        payload: Payload::Message(Bytes::new()),
        deadline: Some(now + LIMIT),
        principal: Principal::Anonymous,
        source: Source { frontend: "fuzz", peer: None, request_id: "1".into(), arrived: now },
    };
    let mut messages = Vec::new();
    match backend.send(call).await.map(|reply| reply.payload) {
        Ok(Payload::Message(message)) => messages.push(message),
        Ok(Payload::Stream(mut stream)) => {
            while let Some(Ok(message)) = stream.next().await {
                messages.push(message);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    assert!(now.elapsed() < LIMIT, "it hung");
    messages
}

async fn serve(listener: TcpListener) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            let mut connection = h2::server::handshake(socket).await.expect("a handshake");
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let script = SCRIPT.lock().expect("one thread").take().unwrap_or_default();
                let is_all = script.data.is_empty() && script.trailers.is_none();
                // The other side may have given the call up: then there is nobody to tell.
                let Ok(mut stream) = respond.send_response(script.head, is_all) else { continue };
                if is_all {
                    continue;
                }
                let mut data = script.data.into_iter().peekable();
                while let Some(piece) = data.next() {
                    let is_last = data.peek().is_none() && script.trailers.is_none();
                    let _ = stream.send_data(piece, is_last);
                }
                if let Some(trailers) = script.trailers {
                    let _ = stream.send_trailers(trailers);
                }
            }
        });
    }
}
