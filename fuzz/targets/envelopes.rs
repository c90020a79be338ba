//! SOAP requests: nothing panics, what reaches a backend is a message of its operation, and what is
//! answered is an envelope with a reply or a fault.

#![no_main]

use bytes::Bytes;
use dragoman_fuzz::rest::{pieces, receive};
use dragoman_fuzz::soap::{BACKEND, FRONTENDS, Input};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    let request = http::Request::post("/soap/cases.v1.EchoService")
        .header("host", "a")
        .header("content-type", input.content_type)
        .body(pieces(input.body, usize::MAX));
    // Not everything can be a header.
    let Ok(request) = request else { return };
    *BACKEND.reply.lock().expect("one thread") =
        input.answers_body.then(|| Bytes::copy_from_slice(input.body));
    let answered = receive(FRONTENDS[usize::from(input.is_rpc)].handle(request, None));
    let called = BACKEND.take_called();
    if answered.status == 415 {
        return assert!(called.is_none(), "{answered:?}");
    }
    assert!(matches!(answered.status, 200 | 400 | 500), "{answered:?}");
    assert!(called.is_some() || answered.status != 200, "{answered:?}");
    let text = String::from_utf8_lossy(&answered.body);
    // A reply in parts has the envelope as its first one.
    let envelope = match answered.content_type.starts_with("multipart/") {
        true => text.split("\r\n\r\n").nth(1).and_then(|part| part.split("\r\n--").next()),
        false => Some(&*text),
    };
    let envelope = envelope.unwrap_or_default();
    let parsed =
        roxmltree::Document::parse(envelope).unwrap_or_else(|error| panic!("{error}: {envelope}"));
    let body = parsed.root_element().last_element_child().expect("it has a body");
    let is_fault = body.first_element_child().is_some_and(|one| one.tag_name().name() == "Fault");
    assert_eq!(is_fault, answered.status != 200, "{envelope}");
});
