//! Operations from descriptors.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::uri::PathAndQuery;
use prost::Message as _;
use prost_reflect::{DescriptorPool, MethodDescriptor};

use super::http_rule::{HttpRule, annotation};
use super::operation::{Idempotency, Operation, Streaming};
use super::shape::Shapes;
use super::source::{Problem, Severity, Source};

/// What the gateway reads of `google.protobuf.MethodOptions`.
///
/// It is read from the bytes, so that rules work without `google/api/annotations.proto` in the
/// pool: reflection services often leave it out.
#[derive(Clone, PartialEq, prost::Message)]
struct MethodOptions {
    #[prost(bool, optional, tag = "33")]
    deprecated: Option<bool>,
    #[prost(int32, optional, tag = "34")]
    idempotency_level: Option<i32>,
    #[prost(message, optional, tag = "72295728")]
    http: Option<annotation::HttpRule>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ServiceOptions {
    #[prost(bool, optional, tag = "33")]
    deprecated: Option<bool>,
}

/// Compiles every method of `services`; HTTP rules that make no sense are left out and told.
pub fn operations(
    pool: &DescriptorPool,
    shapes: &Shapes,
    services: &BTreeMap<String, Vec<Source>>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Arc<str>, Arc<Operation>> {
    let mut operations = BTreeMap::new();
    for (name, sources) in services {
        let Some(service) = pool.get_service_by_name(name) else { continue };
        let source = sources.first().unwrap_or(&Source::Standard);
        let options = service.options().encode_to_vec();
        let deprecated =
            ServiceOptions::decode(options.as_slice()).unwrap_or_default().deprecated();
        for method in service.methods() {
            let mut told = |severity, message: String| {
                let problem = Problem { severity, ..Problem::error(source, message) };
                problems.push(problem.in_file(service.parent_file().name()));
            };
            if let Some(mut operation) = operation(&method, shapes, &mut told) {
                operation.deprecated |= deprecated;
                operations.insert(Arc::from(operation.name()), Arc::new(operation));
            }
        }
    }
    operations
}

fn operation(
    method: &MethodDescriptor,
    shapes: &Shapes,
    told: &mut impl FnMut(Severity, String),
) -> Option<Operation> {
    let (input, output) = (method.input(), method.output());
    let service: Arc<str> = Arc::from(method.parent_service().full_name());
    let name = format!("{service}/{}", method.name());
    let (Some(input_shape), Some(output_shape)) =
        (shapes.id(input.full_name()), shapes.id(output.full_name()))
    else {
        told(Severity::Error, format!("{name}: its messages have no shape"));
        return None;
    };

    let Ok(path) = PathAndQuery::try_from(format!("/{name}")) else {
        told(Severity::Error, format!("{name}: no operation can have this name"));
        return None;
    };

    let options = method.options().encode_to_vec();
    let options = MethodOptions::decode(options.as_slice()).unwrap_or_else(|error| {
        told(Severity::Error, format!("{name}: its options cannot be read: {error}"));
        MethodOptions::default()
    });
    let rules = options.http.as_ref().map(annotation::HttpRule::bindings).unwrap_or_default();
    let mut http: Vec<HttpRule> = Vec::new();
    for (text, rule) in rules {
        match rule.and_then(|rule| rule.check(&input, &output).map(|()| rule)) {
            Ok(rule) => {
                if let Some(note) = rule.note() {
                    told(
                        Severity::Warning,
                        format!("{name}: HTTP rule `{text}` has a body: {note}"),
                    );
                }
                http.push(rule);
            }
            Err(error) => told(Severity::Error, format!("{name}: HTTP rule `{text}`: {error}")),
        }
    }
    Some(Operation {
        path,
        method: Arc::from(method.name()),
        service,
        input: input_shape,
        output: output_shape,
        input_name: Arc::from(input.full_name()),
        output_name: Arc::from(output.full_name()),
        streaming: match (method.is_client_streaming(), method.is_server_streaming()) {
            (false, false) => Streaming::Unary,
            (true, false) => Streaming::Client,
            (false, true) => Streaming::Server,
            (true, true) => Streaming::Both,
        },
        idempotency: match options.idempotency_level() {
            1 => Idempotency::NoSideEffects,
            2 => Idempotency::Idempotent,
            _ => Idempotency::Unknown,
        },
        http,
        deprecated: options.deprecated(),
    })
}
