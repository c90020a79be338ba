//! An operation's HTTP request, compiled: where each field of its message goes.

use std::sync::Arc;

use http::Method;

use crate::codec::FieldPath;
use crate::contract::http_rule::{Body, HttpRule, Segment};
use crate::contract::shape::{ShapeId, WellKnown};
use crate::contract::view::View;
use crate::contract::{Operation, Streaming};
use crate::telemetry::metrics::Count;

const HTTP_BODY: &str = "google.api.HttpBody";

/// See the module.
#[derive(Debug)]
pub(super) struct Plan {
    pub view: Arc<View>,
    pub input: ShapeId,
    pub output: ShapeId,
    pub method: Method,
    pub path: Vec<Piece>,
    /// The fields that the path and the body take, so that neither the rest of the body nor the query
    /// has them.
    pub taken: Vec<Vec<(ShapeId, usize)>>,
    pub body: BodyPlan,
    /// Whether what is left goes into the query.
    pub query: bool,
    pub response: ResponsePlan,
    pub streams: bool,
    /// Fields of replies that the contract does not have.
    pub unknown_fields: Count,
}

/// A piece of a path.
#[derive(Debug)]
pub(super) enum Piece {
    /// Written as it is.
    Literal(String),
    /// The value of a field.
    Variable {
        /// What people call it.
        name: String,
        field: FieldPath,
        /// Whether its value may be several segments.
        several: bool,
    },
}

/// What is sent.
#[derive(Debug)]
pub(super) enum BodyPlan {
    None,
    /// What the path does not have of the message.
    Whole,
    Field(FieldPath),
    /// The data of a `google.api.HttpBody`: of the message itself, or of a field.
    Raw(Option<FieldPath>),
}

/// What is read.
#[derive(Debug)]
pub(super) enum ResponsePlan {
    Whole,
    Field(FieldPath),
    /// As a `google.api.HttpBody`.
    Raw,
    /// Nothing: the reply has no fields.
    Empty,
}

impl Plan {
    pub fn compile(
        operation: &Arc<Operation>,
        rule: &HttpRule,
        view: &Arc<View>,
        unknown_fields: Count,
    ) -> Result<Self, String> {
        if matches!(operation.streaming, Streaming::Client | Streaming::Both) {
            return Err("its client sends a stream, which is not sent to a REST service".to_owned());
        }
        let method = match rule.method.as_str() {
            "*" => return Err("the rule's method may be any, and one has to be sent".to_owned()),
            name => Method::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?,
        };
        let resolve = |root, text: &str| {
            FieldPath::resolve(view, root, text).map_err(|error| error.to_string())
        };
        let shapes = view.shapes();
        let path = self::path(operation, rule, &resolve)?;
        let mut taken: Vec<_> = path
            .iter()
            .filter_map(|piece| match piece {
                Piece::Variable { field, .. } => Some(field.steps().to_vec()),
                Piece::Literal(_) => None,
            })
            .collect();
        let is_raw = |id: ShapeId| *shapes.get(id).full_name == *HTTP_BODY;
        let body = match &rule.body {
            Body::None => BodyPlan::None,
            Body::Whole if is_raw(operation.input) => BodyPlan::Raw(None),
            Body::Whole => BodyPlan::Whole,
            Body::Field(name) => {
                let field = resolve(operation.input, name)?;
                taken.push(field.steps().to_vec());
                let leaf = field.leaf(shapes).and_then(|(_, leaf)| leaf.message());
                match leaf {
                    Some(message) if is_raw(message) => BodyPlan::Raw(Some(field)),
                    _ => BodyPlan::Field(field),
                }
            }
        };
        let response = match &rule.response_body {
            Some(name) => ResponsePlan::Field(resolve(operation.output, name)?),
            None if is_raw(operation.output) => ResponsePlan::Raw,
            None if shapes.get(operation.output).well_known == Some(WellKnown::Empty) => {
                ResponsePlan::Empty
            }
            None => ResponsePlan::Whole,
        };
        Ok(Self {
            view: view.clone(),
            input: operation.input,
            output: operation.output,
            method,
            path,
            taken,
            query: !matches!(rule.body, Body::Whole),
            body,
            response,
            streams: operation.streaming.server(),
            unknown_fields,
        })
    }
}

fn path(
    operation: &Operation,
    rule: &HttpRule,
    resolve: &dyn Fn(ShapeId, &str) -> Result<FieldPath, String>,
) -> Result<Vec<Piece>, String> {
    let template = &rule.template;
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut index = 0;
    while let Some(segment) = template.segments.get(index) {
        literal.push('/');
        let variable = template.variables.iter().find(|one| one.start == index);
        if let Some(variable) = variable {
            let name = variable.path.join(".");
            let field = resolve(operation.input, &name)?;
            let covered = template.segments.get(variable.start..variable.end).unwrap_or_default();
            let several = covered.len() > 1 || covered.contains(&Segment::Rest);
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            pieces.push(Piece::Variable { name, field, several });
            index = variable.end.max(index + 1);
            continue;
        }
        match segment {
            Segment::Literal(text) => super::request::escape(text, &mut literal),
            Segment::One | Segment::Rest => {
                return Err(format!("nothing says what stands for `*` in {}", template.text));
            }
        }
        index += 1;
    }
    if let Some(verb) = &template.verb {
        literal.push(':');
        super::request::escape(verb, &mut literal);
    }
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(if literal.is_empty() { "/".to_owned() } else { literal }));
    }
    Ok(pieces)
}
