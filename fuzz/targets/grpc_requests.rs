//! Requests of gRPC, gRPC-Web and Connect: nothing panics, what reaches a backend is a message of its
//! operation, and what is answered ends with a status in the way of its protocol.

#![no_main]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dragoman_fuzz::grpc::{BACKEND, FRONTEND, Input};
use dragoman_fuzz::rest::{Answered, pieces, receive};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    let mut path = format!("/cases.v1.EchoService/{}", input.operation);
    let by_get = input.is(0);
    if by_get {
        let Ok(query) = std::str::from_utf8(input.body) else { return };
        path.push('?');
        path.push_str(query);
    }
    let mut request = http::Request::builder().uri(path).version(http::Version::HTTP_2);
    let mut body = pieces(b"", 1);
    if !by_get {
        body = pieces(input.body, if input.is(1) { 7 } else { usize::MAX });
        request = request.method("POST").header("content-type", input.content_type);
    }
    request = request.header("te", "trailers").header("connect-protocol-version", "1");
    let coding = [(2, "gzip"), (3, "zstd")].into_iter().find(|(bit, _)| input.is(*bit));
    if let Some((_, coding)) = coding {
        // To gRPC-Web this would be one of HTTP.
        if !input.content_type.contains("grpc") {
            request = request.header("content-encoding", coding);
        }
        for name in ["grpc-encoding", "connect-content-encoding"] {
            request = request.header(name, coding);
        }
        for name in ["grpc-accept-encoding", "accept-encoding", "connect-accept-encoding"] {
            request = request.header(name, "gzip");
        }
    }
    if input.is(4) {
        request = request.header("grpc-timeout", "5S").header("connect-timeout-ms", "5000");
    }
    // Not every query can be one.
    let Ok(request) = request.body(body) else { return };
    // Some other frontend's.
    let Some(claim) = FRONTEND.claim(&request) else { return };
    let answered = receive(FRONTEND.handle(claim, request, None));
    drop(BACKEND.take_called());
    let kind = if by_get { "get" } else { input.content_type.trim_start_matches("application/") };
    ends_well(kind, &answered);
});

fn ends_well(kind: &str, answered: &Answered) {
    match kind {
        "grpc" | "grpc+proto" => {
            let status = answered.trailers.as_ref().unwrap_or(&answered.headers).get("grpc-status");
            assert!(answered.status == 200 && status.is_some(), "{answered:?}");
        }
        "grpc-web" => has_trailers(&answered.body, answered),
        "grpc-web-text" => {
            // Pieces are each padded for themselves.
            let quads: Vec<u8> = answered
                .body
                .chunks(4)
                .flat_map(|quad| BASE64_STANDARD.decode(quad).expect("base64"))
                .collect();
            has_trailers(&quads, answered);
        }
        // Unary operations have content types of their own.
        "connect+proto" | "connect+json" if answered.status == 415 => {}
        "connect+proto" | "connect+json" => {
            assert_eq!(answered.status, 200, "{answered:?}");
            let last = frames(&answered.body).pop();
            let (flags, end) = last.unwrap_or_else(|| panic!("no end: {answered:?}"));
            assert!(flags & 2 != 0 && flags & !3 == 0, "{answered:?}");
            let is_compressed = flags & 1 != 0;
            assert!(is_compressed || is_json(end), "{answered:?}");
        }
        _ => {
            let is_good = answered.status == 200 && answered.trailers.is_none();
            let is_error = answered.content_type == "application/json" && answered.status >= 400;
            let is_refused = matches!(answered.status, 405 | 415 | 505);
            assert!(is_good || is_error || is_refused, "{answered:?}");
            assert!(!is_error || is_json(&answered.body), "{answered:?}");
        }
    }
}

fn has_trailers(body: &[u8], answered: &Answered) {
    assert_eq!(answered.status, 200, "{answered:?}");
    // An answer of trailers alone has them in its head.
    if answered.headers.contains_key("grpc-status") {
        return;
    }
    let (flags, block) = frames(body).pop().unwrap_or_else(|| panic!("no end: {answered:?}"));
    let text = String::from_utf8_lossy(block);
    assert!(flags & 0x80 != 0 && text.contains("grpc-status:"), "{answered:?}");
}

/// The flags and the content of each frame.
fn frames(mut body: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let Some(([flags, length @ ..], rest)) = body.split_first_chunk::<5>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (content, rest) = rest.split_at_checked(length).expect("a whole frame");
        frames.push((*flags, content));
        body = rest;
    }
    assert!(body.is_empty(), "half a frame at the end");
    frames
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}
