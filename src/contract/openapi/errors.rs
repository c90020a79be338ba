//! Errors: the forms of their bodies, and the responses that hold them.

use serde_json::{Map, Value, json};

use super::schema::reference;
use super::{ErrorForm, Options};

/// The name of `google.rpc.Status` as errors are written. A contract's own message of that type
/// may leave its fields out; an error has all of them.
const STATUS: &str = "error-status";
const PROBLEM: &str = "error-problem";
const GOOGLE: &str = "error-google";

/// What a stream says of an error in its middle, which is never problem details.
pub fn in_stream(options: &Options) -> Value {
    match options.errors {
        ErrorForm::Status | ErrorForm::Problem => reference(STATUS),
        ErrorForm::Google => reference(GOOGLE),
    }
}

/// The schemas of the forms that the listener answers in.
pub fn schemas(options: &Options) -> Map<String, Value> {
    let details = json!({
        "type": "array",
        "description": "More of the error, each part a message of the type that `@type` names.",
        "items": {
            "type": "object",
            "properties": { "@type": { "type": "string" } },
            "required": ["@type"],
        },
    });
    let status = json!({
        "type": "object",
        "description": "An error as `google.rpc.Status`.",
        "properties": {
            "code": {
                "type": "integer",
                "format": "int32",
                "minimum": 1,
                "maximum": 16,
                "description": "The number of the gRPC status code.",
            },
            "message": { "type": "string", "description": "What is wrong, in English." },
            "details": details,
        },
        "required": ["code", "message", "details"],
    });
    let google = json!({
        "type": "object",
        "description": "An error as Google's own REST clients read it.",
        "properties": {
            "code": { "type": "integer", "description": "The HTTP status." },
            "message": { "type": "string", "description": "What is wrong, in English." },
            "status": { "type": "string", "description": "The name of the gRPC status code." },
            "details": details,
        },
        "required": ["code", "message", "status", "details"],
    });
    let problem = json!({
        "type": "object",
        "description": "An error as problem details (RFC 9457).",
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string", "description": "The name of the HTTP status." },
            "status": { "type": "integer", "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What is wrong, in English." },
            "code": { "type": "string", "description": "The name of the gRPC status code." },
            "details": details,
        },
        "required": ["type", "title", "status", "detail", "code", "details"],
    });
    let plain = match options.errors {
        ErrorForm::Status | ErrorForm::Problem => (STATUS.to_owned(), status),
        ErrorForm::Google => (GOOGLE.to_owned(), google),
    };
    [plain, (PROBLEM.to_owned(), problem)].into_iter().collect()
}

/// The one response of errors, in the forms that `Accept` picks from.
pub fn responses(options: &Options) -> Value {
    let plain = match options.errors {
        ErrorForm::Status | ErrorForm::Problem => json!({
            "schema": reference(STATUS),
            "example": { "code": 5, "message": "no such thing", "details": [] },
        }),
        ErrorForm::Google => json!({
            "schema": {
                "type": "object",
                "properties": { "error": reference(GOOGLE) },
                "required": ["error"],
            },
            "example": {
                "error": {
                    "code": 404,
                    "message": "no such thing",
                    "status": "NOT_FOUND",
                    "details": [],
                },
            },
        }),
    };
    let problem = json!({
        "schema": reference(PROBLEM),
        "example": {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "no such thing",
            "code": "NOT_FOUND",
            "details": [],
        },
    });
    let unless_asked = match options.errors {
        ErrorForm::Status => "`google.rpc.Status`, or as problem details where `Accept` names them",
        ErrorForm::Google => "`{\"error\":…}`, or as problem details where `Accept` names them",
        ErrorForm::Problem => {
            "problem details (RFC 9457), or as `google.rpc.Status` where `Accept` names \
             `application/json` alone"
        }
    };
    json!({
        "Error": {
            "description": format!("The call failed; told as {unless_asked}."),
            "headers": super::operation::response_headers(),
            "content": {
                "application/json": plain,
                "application/problem+json": problem,
            },
        },
    })
}

/// The responses that say why a call failed: those that come from the gateway itself by their
/// status, and all that a service may say as the default.
pub fn of_operation(takes_body: bool, may_be_unacceptable: bool) -> Map<String, Value> {
    let always: &[(&str, &str)] = &[
        ("400", "The request is not one that this operation takes, or not in this state."),
        ("404", "What the request names is not there."),
        ("502", "The service behind the gateway answered what is no answer."),
        ("503", "The service behind the gateway cannot be reached."),
        ("504", "The service behind the gateway did not answer in time."),
        ("default", "Any other failure."),
    ];
    let with_body: &[(&str, &str)] = &[
        ("408", "The request's body came too slowly."),
        ("413", "The request's body is too large."),
        ("415", "The request's body is of a type that is not read here."),
    ];
    let with_body = with_body.iter().filter(|_| takes_body);
    let unacceptable = ("406", "There is no form of the answer that `Accept` admits.");
    let unacceptable = [unacceptable];
    let unacceptable = unacceptable.iter().filter(|_| may_be_unacceptable);
    let all = always.iter().chain(with_body).chain(unacceptable).map(|(status, description)| {
        let response =
            json!({ "$ref": "#/components/responses/Error", "description": description });
        ((*status).to_owned(), response)
    });
    all.collect()
}
