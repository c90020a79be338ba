//! HTTP requests to the REST frontend: nothing panics, what reaches a backend is a message of its
//! operation, and what is answered is what its content type says.

#![no_main]

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use dragoman::frontend::rest::Frontend;
use dragoman_fuzz::rest::{Answered, Backend, frontend, listener, pieces, send};
use dragoman_fuzz::{CONTRACT, requests::Input};

static BACKEND: LazyLock<Arc<Backend>> = LazyLock::new(|| Backend::new(&CONTRACT));

static FRONTENDS: LazyLock<[Arc<Frontend>; 2]> = LazyLock::new(|| {
    ["{}", "{ unknown_fields: ignore, emit_defaults: true, original_names: true, errors: problem }"]
        .map(|settings| {
            let operations = CONTRACT.operations().values();
            let routes: Vec<_> = operations
                .flat_map(|operation| {
                    operation.http.iter().map(|rule| (operation.clone(), rule.clone()))
                })
                .collect();
            let (frontend, problems) =
                frontend(&CONTRACT, &listener(&format!("rest: {settings}")), &routes, &BACKEND);
            assert!(routes.len() > 20 && problems.is_empty(), "{problems:?}");
            frontend
        })
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    let mut request = http::Request::builder().method(input.method).uri(input.target);
    for (name, value) in [
        ("content-type", input.content_type),
        ("accept", input.accept),
        ("grpc-timeout", input.timeout),
        ("grpc-metadata-x-bin", input.metadata),
    ] {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    let body = if input.in_pieces { pieces(input.body, 7) } else { pieces(input.body, usize::MAX) };
    // Not every method and target is one.
    let Ok(request) = request.body(body) else { return };
    *BACKEND.reply.lock().expect("one thread") =
        input.answers_body.then(|| Bytes::copy_from_slice(input.body));
    let answered = send(&FRONTENDS[usize::from(input.is_lax)], request);

    let Some((operation, _)) = BACKEND.take_called() else {
        // What can be done at a path is told without a call.
        if input.method == "OPTIONS" && answered.status == 204 {
            return assert!(answered.body.is_empty(), "{answered:?}");
        }
        assert!(matches!(answered.status, 400..500), "{answered:?}");
        return is_what_it_says(&answered);
    };
    if operation.output == operation.input && !input.answers_body && !input.target.contains("mask")
    {
        assert!(answered.status < 500, "{answered:?}");
    }
    if *operation.output_name != *"google.api.HttpBody" {
        is_what_it_says(&answered);
    }
});

fn is_what_it_says(answered: &Answered) {
    let is_json = |text: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    let good = match answered.content_type.as_str() {
        "application/json" | "application/problem+json" => {
            answered.body.is_empty() || is_json(&answered.body)
        }
        "application/x-ndjson" => {
            answered.body.split(|b| *b == b'\n').all(|l| l.is_empty() || is_json(l))
        }
        "text/event-stream" => answered.body.ends_with(b"\n\n"),
        other => panic!("answered {other:?}: {answered:?}"),
    };
    assert!(good, "{}: {}", answered.content_type, String::from_utf8_lossy(&answered.body));
}
