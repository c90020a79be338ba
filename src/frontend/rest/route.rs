//! One HTTP binding of one operation, compiled.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::sse;
use crate::codec::{FieldPath, PathError};
use crate::config::checked::Unescape;
use crate::contract::http_rule::{Body, HttpRule, Segment};
use crate::contract::shape::{ShapeId, WellKnown};
use crate::contract::view::View;
use crate::frontend::Endpoint;

/// The media type by which arbitrary bodies travel (`google/api/httpbody.proto`).
const HTTP_BODY: &str = "google.api.HttpBody";

/// Everything a request on this binding needs to become a call, and its reply a response.
#[derive(Debug)]
pub struct Route {
    pub endpoint: Endpoint,
    pub variables: Vec<Variable>,
    pub input: Input,
    /// Whether query parameters set fields: not where the body is the whole message.
    pub takes_query: bool,
    /// The request's own fields by their names; those below them are looked up when asked for.
    fields: HashMap<Box<str>, FieldPath>,
    pub output: Output,
    pub update_mask: Option<UpdateMask>,
    pub unescape: Unescape,
    /// What goes into server-sent events beside the data.
    pub events: sse::Plan,
    reply_size: AtomicUsize,
}

/// A path variable and the field it sets.
#[derive(Debug)]
pub struct Variable {
    pub segments: Range<usize>,
    /// Whether it ends in `**`.
    pub many: bool,
    /// The field's name, for errors.
    pub name: String,
    pub field: FieldPath,
    /// Whether the body can say something of it, too.
    pub in_body: bool,
}

/// The field mask of a PATCH, filled where the request leaves it out
/// (<https://google.aip.dev/134>).
#[derive(Debug)]
pub struct UpdateMask {
    /// `update_mask`.
    pub field: FieldPath,
    /// Its number in the request message.
    pub number: u32,
    /// The message that the body is.
    pub body: ShapeId,
    /// Fields of the body that the path sets: they say what is changed, not how.
    pub except: Vec<Box<str>>,
}

/// What the request body is.
#[derive(Debug)]
pub enum Input {
    /// Nothing: there must not be one.
    None,
    /// The request message.
    Message(ShapeId),
    /// One field of it.
    Field(FieldPath),
    /// The request message is a `google.api.HttpBody`: the body is its data, whatever its type.
    RawMessage,
    /// One field of it is a `google.api.HttpBody`.
    RawField(FieldPath),
}

impl Input {
    /// The one field that the body is.
    pub fn field(&self) -> Option<&FieldPath> {
        match self {
            Self::Field(field) | Self::RawField(field) => Some(field),
            Self::None | Self::Message(_) | Self::RawMessage => None,
        }
    }
}

/// What the response body is.
#[derive(Debug)]
pub enum Output {
    /// The reply message.
    Message(ShapeId),
    /// One field of it.
    Field(FieldPath),
    /// The reply message is a `google.api.HttpBody`.
    RawMessage,
    /// One field of it is a `google.api.HttpBody`.
    RawField(FieldPath),
}

impl Route {
    /// Compiles a binding. The error says which name in it is not in the contract.
    pub fn build(
        rule: &HttpRule,
        endpoint: Endpoint,
        events: sse::Plan,
        view: &View,
        unescape: Unescape,
    ) -> Result<Self, String> {
        let (input, output) = (endpoint.operation.input, endpoint.operation.output);
        let resolve = |shape, path: &str| {
            FieldPath::resolve(view, shape, path).map_err(|error| error.to_string())
        };
        let mut variables = Vec::with_capacity(rule.template.variables.len());
        for variable in &rule.template.variables {
            let segments = variable.start..variable.end;
            let last = rule.template.segments.get(segments.clone()).and_then(<[Segment]>::last);
            let many = last == Some(&Segment::Rest);
            let name = variable.path.join(".");
            let field = resolve(input, &name)?;
            field.check_text(view.shapes()).map_err(|error| error.to_string())?;
            let twice = |other: &&Variable| {
                other.field.overlaps(&field) || other.field.excludes(&field, view.shapes())
            };
            if let Some(other) = variables.iter().find(twice) {
                return Err(format!("variables {} and {name} set the same thing", other.name));
            }
            variables.push(Variable { segments, many, name, field, in_body: false });
        }
        let shapes = view.shapes();
        let is_raw = |shape| *shapes.get(shape).full_name == *HTTP_BODY;
        let is_raw_field = |field: &FieldPath| {
            let message = field.leaf(shapes).filter(|(_, leaf)| !leaf.is_repeated());
            message.and_then(|(_, leaf)| leaf.message()).is_some_and(is_raw)
        };
        let read = match &rule.body {
            Body::None => Input::None,
            Body::Whole if is_raw(input) => Input::RawMessage,
            Body::Whole => Input::Message(input),
            Body::Field(path) => match resolve(input, path)? {
                field if is_raw_field(&field) => Input::RawField(field),
                field => Input::Field(field),
            },
        };
        for variable in &mut variables {
            variable.in_body = match &read {
                Input::None | Input::RawMessage | Input::RawField(_) => false,
                Input::Message(_) => true,
                Input::Field(body) if body.excludes(&variable.field, shapes) => {
                    return Err(format!(
                        "variable {} and the body exclude each other",
                        variable.name
                    ));
                }
                Input::Field(body) => body.overlaps(&variable.field),
            };
        }
        let update_mask = UpdateMask::of(rule, &read, &variables, input, view);
        let written = match &rule.response_body {
            None if is_raw(output) => Output::RawMessage,
            None => Output::Message(output),
            Some(path) => match resolve(output, path)? {
                field if is_raw_field(&field) => Output::RawField(field),
                field => Output::Field(field),
            },
        };
        Ok(Self {
            endpoint,
            variables,
            input: read,
            takes_query: rule.body != Body::Whole,
            fields: top_fields(input, view),
            output: written,
            update_mask,
            unescape,
            events,
            reply_size: AtomicUsize::new(256),
        })
    }

    /// The field that a query parameter names.
    pub fn query_field(&self, name: &str, view: &View) -> Result<Cow<'_, FieldPath>, PathError> {
        match self.fields.get(name) {
            Some(field) => Ok(Cow::Borrowed(field)),
            None => FieldPath::resolve(view, self.endpoint.operation.input, name).map(Cow::Owned),
        }
    }

    /// Whether the reply is a stream that events can be made of.
    pub fn makes_events(&self) -> bool {
        self.endpoint.operation.streaming.server()
            && matches!(self.output, Output::Message(_) | Output::Field(_))
    }

    /// A buffer for a response body, sized by the last one.
    pub fn reply_buffer(&self) -> Vec<u8> {
        Vec::with_capacity(self.reply_size.load(Ordering::Relaxed))
    }

    /// Remembers how large a response body was.
    pub fn reply_was(&self, size: usize) {
        // Some room to grow, so that sizes that waver do not reallocate every other time.
        self.reply_size.store((size + size / 8 + 64).min(1 << 20), Ordering::Relaxed);
    }
}

impl UpdateMask {
    /// The mask of a PATCH whose body is one field, a message, beside an `update_mask`.
    fn of(
        rule: &HttpRule,
        read: &Input,
        variables: &[Variable],
        input: ShapeId,
        view: &View,
    ) -> Option<Self> {
        let shapes = view.shapes();
        let Input::Field(path) = read else { return None };
        let (_, changed) = path.leaf(shapes)?;
        let body = changed.message().filter(|id| shapes.get(*id).well_known.is_none())?;
        let number = shapes.get(input).field_named("update_mask")?.number;
        let field = FieldPath::resolve(view, input, "update_mask").ok()?;
        let (_, mask) = field.leaf(shapes)?;
        let is_mask = mask
            .message()
            .is_some_and(|id| shapes.get(id).well_known == Some(WellKnown::FieldMask));
        let is_bound = variables.iter().any(|variable| variable.field.overlaps(&field));
        if rule.method != "PATCH" || changed.is_repeated() || mask.is_repeated() {
            return None;
        }
        let below = format!("{}.", changed.name);
        let except = variables.iter().filter_map(|variable| variable.name.strip_prefix(&below));
        let except = except.map(Into::into).collect();
        (is_mask && !is_bound).then_some(Self { field, number, body, except })
    }
}

fn top_fields(shape: ShapeId, view: &View) -> HashMap<Box<str>, FieldPath> {
    let mut fields = HashMap::new();
    for field in &view.shapes().get(shape).fields {
        for name in [&field.json_name, &field.name] {
            if let Ok(path) = FieldPath::resolve(view, shape, name) {
                fields.insert(name.clone(), path);
            }
        }
    }
    fields
}
