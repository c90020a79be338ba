//! The shop's errors: a status with the typed details of `google.rpc`.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

/// Where the reasons in [`ErrorInfo`] are at home.
const DOMAIN: &str = "shop.example";

/// A refusal of a request, field by field.
#[derive(Default)]
pub struct Violations(Vec<FieldViolation>);

impl Violations {
    /// Notes what is wrong with `field`.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push(FieldViolation { field: field.into(), description: description.into() });
    }

    /// Notes it where `wrong` holds.
    pub fn check(&mut self, wrong: bool, field: &str, description: &str) {
        if wrong {
            self.add(field, description);
        }
    }

    /// `INVALID_ARGUMENT` where anything was noted.
    pub fn done(self) -> Result<(), Status> {
        let Some(first) = self.0.first() else { return Ok(()) };
        let message = match self.0.len() - 1 {
            0 => format!("{}: {}", first.field, first.description),
            more => format!("{}: {} (and {more} more)", first.field, first.description),
        };
        let details = vec![any("BadRequest", &BadRequest { field_violations: self.0 })];
        Err(status(Code::InvalidArgument, message, details))
    }
}

/// `INVALID_ARGUMENT` for one field.
pub fn invalid(field: &str, description: impl Into<String>) -> Status {
    let mut violations = Violations::default();
    violations.add(field, description);
    violations.done().err().unwrap_or_else(|| Status::internal("no violation"))
}

/// `NOT_FOUND`, with an `ErrorInfo` and a `ResourceInfo`.
pub fn not_found(kind: &str, name: &str) -> Status {
    missing_or_there(Code::NotFound, "NOT_FOUND", format!("no {kind} named {name}"), kind, name)
}

/// `ALREADY_EXISTS`, with an `ErrorInfo` and a `ResourceInfo`.
pub fn already_exists(kind: &str, name: &str) -> Status {
    let message = format!("there is a {kind} named {name} already");
    missing_or_there(Code::AlreadyExists, "ALREADY_EXISTS", message, kind, name)
}

/// `FAILED_PRECONDITION`, with an `ErrorInfo` and a `PreconditionFailure`.
pub fn not_now(reason: &str, subject: &str, description: &str) -> Status {
    let failure = PreconditionFailure {
        violations: vec![PreconditionViolation {
            r#type: reason.to_owned(),
            subject: subject.to_owned(),
            description: description.to_owned(),
        }],
    };
    let info = info(reason, [("subject", subject)]);
    let details = vec![any("ErrorInfo", &info), any("PreconditionFailure", &failure)];
    status(Code::FailedPrecondition, description.to_owned(), details)
}

fn missing_or_there(code: Code, verb: &str, message: String, kind: &str, name: &str) -> Status {
    let reason = format!("{}_{verb}", kind.to_ascii_uppercase());
    let info = info(&reason, [("name", name)]);
    let resource = ResourceInfo {
        resource_type: format!("shop.v1.{}", capitalised(kind)),
        resource_name: name.to_owned(),
        owner: String::new(),
        description: message.clone(),
    };
    status(code, message, vec![any("ErrorInfo", &info), any("ResourceInfo", &resource)])
}

fn info<const N: usize>(reason: &str, metadata: [(&str, &str); N]) -> ErrorInfo {
    ErrorInfo {
        reason: reason.to_owned(),
        domain: DOMAIN.to_owned(),
        metadata: metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn any(name: &str, detail: &impl Message) -> Any {
    Any {
        type_url: format!("type.googleapis.com/google.rpc.{name}"),
        value: detail.encode_to_vec(),
    }
}

fn status(code: Code, message: String, details: Vec<Any>) -> Status {
    let whole = RpcStatus { code: code as i32, message: message.clone(), details };
    Status::with_details(code, message, whole.encode_to_vec().into())
}

// Five messages of `google/rpc`, with the fields that the shop fills.

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceInfo {
    #[prost(string, tag = "1")]
    resource_type: String,
    #[prost(string, tag = "2")]
    resource_name: String,
    #[prost(string, tag = "3")]
    owner: String,
    #[prost(string, tag = "4")]
    description: String,
}

#[derive(Clone, PartialEq, Message)]
struct PreconditionFailure {
    #[prost(message, repeated, tag = "1")]
    violations: Vec<PreconditionViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct PreconditionViolation {
    #[prost(string, tag = "1")]
    r#type: String,
    #[prost(string, tag = "2")]
    subject: String,
    #[prost(string, tag = "3")]
    description: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_is_told() {
        let mut violations = Violations::default();
        violations.check(true, "product.name", "must be set");
        violations.check(false, "product.tags", "must not be told");
        violations.check(true, "product.price", "must be set");
        let status = violations.done().unwrap_err();

        assert_eq!(status.message(), "product.name: must be set (and 1 more)");
        let whole = RpcStatus::decode(status.details()).unwrap();
        assert_eq!(whole.code, 3);
        let bad = BadRequest::decode(whole.details[0].value.as_slice()).unwrap();
        let fields: Vec<_> = bad.field_violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["product.name", "product.price"]);
    }

    #[test]
    fn not_found_names_the_resource() {
        let status = not_found("product", "p-1");
        let whole = RpcStatus::decode(status.details()).unwrap();
        let info = ErrorInfo::decode(whole.details[0].value.as_slice()).unwrap();
        let resource = ResourceInfo::decode(whole.details[1].value.as_slice()).unwrap();
        assert_eq!(info.reason, "PRODUCT_NOT_FOUND");
        assert_eq!(resource.resource_type, "shop.v1.Product");
        assert_eq!(resource.resource_name, "p-1");
    }
}
