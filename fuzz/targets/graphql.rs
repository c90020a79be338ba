//! GraphQL documents, their variables, and what backends answer: nothing panics or takes long, what
//! reaches a backend is a message of its operation, and what is answered is JSON with data or errors.

#![no_main]

use std::sync::{Arc, LazyLock};

use dragoman::frontend::graphql::engine::Engine;
use dragoman_fuzz::CONTRACT;
use dragoman_fuzz::graphql::{Input, answer_with, ask, engine};
use dragoman_fuzz::rest::Backend;

static BACKEND: LazyLock<Arc<Backend>> = LazyLock::new(|| Backend::new(&CONTRACT));
static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| engine(&CONTRACT, &BACKEND));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    answer_with(&BACKEND, input.reply);
    let Some(answer) = ask(&ENGINE, input.document, input.variables) else { return };
    let called = BACKEND.take_called();
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&answer.body));
    });
    let (data, errors) = (body.get("data"), body.get("errors"));
    assert_eq!(data.is_none(), answer.is_request_error(), "{body}");
    assert_eq!(errors.is_some(), answer.has_errors(), "{body}");
    assert!(called.is_none() || data.is_some(), "called for nothing: {body}");
});
