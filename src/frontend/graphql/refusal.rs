//! What a client is told of a transport's own rules, in the form that GraphQL's errors have.

use http::{HeaderValue, StatusCode, header};

use super::{Answer, Verdict};
use crate::call::Code;
use crate::frontend::{Body, Response};

/// Why a transport does not do as it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    code: Code,
    message: String,
}

impl Reason {
    /// An error of that code, shown to the client.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The same as a request error.
    pub fn answer(&self) -> Answer {
        Answer { body: self.json().into(), verdict: Verdict::Refused(self.code) }
    }

    fn json(&self) -> String {
        let error = serde_json::json!({
            "message": self.message,
            "extensions": { "code": self.code.name() },
        });
        format!("{{\"errors\":[{error}]}}")
    }
}

/// A response that is that error.
pub fn refuse(status: StatusCode, reason: Reason) -> Response {
    let mut response = Response::new(Body::from(reason.json()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The `errors` of an answer, as a JSON array.
pub fn errors_of(answer: &Answer) -> serde_json::Value {
    let body: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    match body.and_then(|mut body| body.get_mut("errors").map(serde_json::Value::take)) {
        Some(errors @ serde_json::Value::Array(_)) => errors,
        _ => serde_json::json!([{ "message": "the operation failed" }]),
    }
}
