//! One binding of one operation as an OpenAPI operation.

use serde_json::{Map, Value, json};

use super::path::{Paths, Place};
use super::query::{self, Parameter};
use super::schema::{self, Schemas};
use super::uses::Way;
use super::{Binding, Options, reply, written};
use crate::contract::described::Described;
use crate::contract::http_rule::{Body, Segment, Template};
use crate::contract::shape::{Field, ShapeId};
use crate::contract::view::View;

/// The message type that stands for a body of any type (`google/api/httpbody.proto`).
const HTTP_BODY: &str = "google.api.HttpBody";

/// A summary is no longer than this.
const LONGEST_SUMMARY: usize = 120;

/// Writes operations.
pub struct Operations<'d> {
    view: &'d View,
    options: &'d Options,
    described: &'d Described<'d>,
}

/// A field far down, as a path of names leads to it.
struct Found<'v> {
    /// The index of the field at every step.
    place: Vec<usize>,
    /// The names that clients know, with dots between them.
    name: String,
    /// The message that the last one is in.
    message: ShapeId,
    field: &'v Field,
}

impl<'d> Operations<'d> {
    /// Of that view and listener.
    pub fn new(view: &'d View, options: &'d Options, described: &'d Described<'d>) -> Self {
        Self { view, options, described }
    }

    /// The place of a binding in the table of paths. A path's names are for people alone, so
    /// `{review.product_id}` is shown as `{productId}` where no other field has that name.
    pub fn place(&self, binding: &Binding, paths: &mut Paths) -> Place {
        let template = &binding.rule.template;
        let input = binding.operation.input;
        let names = template.variables.iter().map(|variable| {
            let found = find(self.view, input, &variable.path);
            found.map_or_else(|| variable.path.join("."), |found| found.name)
        });
        let names: Vec<String> = names.collect();
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let table = self.view.table(input);
        let short = names.iter().map(|name| {
            let short = last(name);
            let is_alone = names.iter().filter(|other| last(other) == short).count() == 1
                && table.index(short.as_bytes()).is_none();
            // Dots are more than some tools take within braces.
            if is_alone { short } else { name.replace('.', "-") }
        });
        paths.place(template, &short.collect::<Vec<_>>())
    }

    /// The operation object of a binding under a method.
    pub fn operation(
        &self,
        binding: &Binding,
        method: &str,
        place: &Place,
        schemas: &mut Schemas<'_>,
    ) -> Value {
        let Binding { operation, rule, .. } = binding;
        let mut written = Map::new();
        written.insert("operationId".into(), identifier(binding, method).into());
        written.insert("tags".into(), json!([&*operation.service]));
        let comment = self.described.operation(operation);
        let summary = comment.map_or_else(|| operation.method.to_string(), summary);
        written.insert("summary".into(), summary.into());
        if let Some(comment) = comment {
            written.insert("description".into(), comment.into());
        }
        if operation.deprecated {
            written.insert("deprecated".into(), true.into());
        }
        if rule.template.text != place.path {
            written.insert("x-path-template".into(), rule.template.text.as_str().into());
        }
        let (parameters, has_more) = self.parameters(binding, place);
        if !parameters.is_empty() {
            written.insert("parameters".into(), parameters.into());
        }
        if has_more {
            // Messages within themselves have no end of parameters.
            written.insert("x-more-query-parameters".into(), true.into());
        }
        if let Some(body) = self.body(binding, schemas) {
            written.insert("requestBody".into(), body);
        }
        let responses = reply::responses(self.view, binding, schemas);
        written.insert("responses".into(), responses.into());
        written.into()
    }

    fn parameters(&self, binding: &Binding, place: &Place) -> (Vec<Value>, bool) {
        let Binding { operation, rule, .. } = binding;
        let input = operation.input;
        let mut taken = Vec::new();
        let variables: Vec<_> = rule
            .template
            .variables
            .iter()
            .map(|variable| find(self.view, input, &variable.path))
            .collect();
        taken.extend(variables.iter().flatten().map(|found| found.place.clone()));
        let mut parameters: Vec<Value> = place
            .parameters
            .iter()
            .map(|parameter| {
                let found = parameter.variable.and_then(|index| variables.get(index)?.as_ref());
                self.path_parameter(parameter, found, &rule.template)
            })
            .collect();
        if let Body::Field(name) = &rule.body {
            taken.extend(find(self.view, input, &[name.as_str()]).map(|found| found.place));
        }
        let mut has_more = false;
        if rule.body != Body::Whole {
            let query = query::of(self.view, self.described, input, &taken);
            parameters.extend(query.parameters);
            has_more = query.has_more;
        }
        let headers = self.options.forward_headers.iter().map(String::as_str);
        parameters.extend(
            headers
                .filter(|name| is_described_header(name))
                .map(|name| json!({ "$ref": format!("#/components/parameters/header-{name}") })),
        );
        (parameters, has_more)
    }

    fn path_parameter(
        &self,
        parameter: &super::path::Parameter,
        found: Option<&Found<'_>>,
        template: &Template,
    ) -> Value {
        let of_field = found.and_then(|found| schema::text(self.view, found.field.kind));
        let mut schema = match of_field {
            Some(schema) if parameter.whole => schema,
            _ => json!({ "type": "string" }),
        };
        if schema == json!({ "type": "string" }) {
            // A segment that is empty is none.
            schema = json!({ "type": "string", "minLength": 1 });
        }
        let notes = found.map(|found| {
            let shape = self.view.shapes().get(found.message);
            self.described.field(shape, found.field)
        });
        let mut about = notes.and_then(|notes| notes.comment).unwrap_or_default();
        let mut say = |text: &str| {
            if !about.is_empty() {
                about.push_str("\n\n");
            }
            about.push_str(text);
        };
        let variable = parameter.variable.and_then(|index| template.variables.get(index));
        if let (Some(found), Some(variable), false) = (found, variable, parameter.whole) {
            let range = template.segments.get(variable.start..variable.end).unwrap_or_default();
            say(&format!("A part of `{}`, which is `{}`.", found.name, pattern(range)));
        }
        if parameter.rest {
            say("Any number of segments: slashes in it are left as they are.");
        }
        Value::from(Parameter {
            name: &parameter.name,
            place: "path",
            required: true,
            comment: Some(about.as_str()).filter(|about| !about.is_empty()),
            deprecated: found.is_some_and(|found| found.field.deprecated),
            schema,
        })
    }

    fn body(&self, binding: &Binding, schemas: &Schemas<'_>) -> Option<Value> {
        let Binding { operation, rule, .. } = binding;
        let shapes = self.view.shapes();
        let is_raw = |id: ShapeId| is_raw(self.view, id);
        let (schema, example, field_notes) = match &rule.body {
            Body::None => return None,
            Body::Whole if is_raw(operation.input) => return Some(any_body()),
            Body::Whole => {
                let (schema, example) = self.message(operation.input, binding, 0, schemas);
                (schema, example, None)
            }
            Body::Field(name) => {
                let found = find(self.view, operation.input, &[name.as_str()])?;
                let message = found.field.message().filter(|_| !found.field.is_repeated());
                if message.is_some_and(is_raw) {
                    return Some(any_body());
                }
                let notes = self.described.field(shapes.get(found.message), found.field);
                let (schema, example) = match message {
                    Some(message) => self.message(message, binding, 1, schemas),
                    None => (
                        schemas.value(found.field, Way::In),
                        schemas.example_of_field(found.field, Way::In),
                    ),
                };
                (schema, example, Some(notes))
            }
        };
        let is_stream = operation.streaming.client();
        let media = if is_stream { "application/x-ndjson" } else { "application/json" };
        let mut content = Map::new();
        content.insert("schema".into(), schema);
        if let Some(example) = example {
            content.insert("example".into(), example);
        }
        let mut body = Map::new();
        let comment = field_notes.as_ref().and_then(|notes| notes.comment.as_deref());
        let about = match (comment, is_stream) {
            (comment, false) => comment.unwrap_or_default().to_owned(),
            (comment, true) => format!(
                "{}One JSON object a line, each of them one message of this schema.",
                comment.map(|comment| format!("{comment}\n\n")).unwrap_or_default()
            ),
        };
        if !about.is_empty() {
            body.insert("description".into(), about.into());
        }
        if field_notes.is_some_and(|notes| notes.required) {
            body.insert("required".into(), true.into());
        }
        body.insert("content".into(), json!({ media: content }));
        Some(body.into())
    }
}

impl Operations<'_> {
    /// The schema and an example of a message that is the body, or is the field of the request,
    /// so many steps down, that is. What the path sets, the body may repeat, but need not; an
    /// example would say something else.
    fn message(
        &self,
        id: ShapeId,
        binding: &Binding,
        down: usize,
        schemas: &Schemas<'_>,
    ) -> (Value, Option<Value>) {
        let variables = binding.rule.template.variables.iter();
        let in_body = variables.filter(|variable| match (down, &binding.rule.body) {
            (1, Body::Field(name)) => variable.path.first() == Some(name),
            _ => true,
        });
        let names: Vec<_> = in_body
            .filter_map(|variable| find(self.view, id, variable.path.get(down..)?))
            .filter(|found| found.place.len() == 1)
            .map(|found| found.name)
            .collect();
        let keep =
            |index: usize| written(self.view, id, index).is_none_or(|name| !names.contains(&name));
        let is_plain = schema::is_plain(self.view.shapes().get(id).well_known);
        let schema = is_plain.then(|| without_required(schemas, id, &names)).flatten();
        let example = schemas.example(id, Way::In, &keep);
        (schema.unwrap_or_else(|| schemas.message(id, Way::In)), example)
    }
}

/// The schema of a message written out, if a field that the path sets would be required of it.
fn without_required(schemas: &Schemas<'_>, id: ShapeId, names: &[String]) -> Option<Value> {
    let mut schema = schemas.object(id, Way::In);
    let Some(Value::Array(required)) = schema.get_mut("required") else { return None };
    let before = required.len();
    required.retain(|name| !names.iter().any(|in_path| name == in_path));
    if required.len() == before {
        return None;
    }
    if let (true, Value::Object(schema)) = (required.is_empty(), &mut schema) {
        schema.remove("required");
    }
    Some(schema)
}

fn any_body() -> Value {
    json!({ "description": "A body of any type, taken as it is.", "content": { "*/*": {} } })
}

/// The full name of the method, and what sets its further bindings apart: the first one's is the
/// same whatever else there is.
fn identifier(binding: &Binding, method: &str) -> String {
    let operation = &binding.operation;
    let mut identifier = format!("{}.{}", operation.service, operation.method);
    if binding.index > 0 {
        identifier.push_str(&format!("-{}", binding.index + 1));
    }
    if binding.rule.method == "*" {
        identifier.push_str(&format!("-{}", method.to_ascii_lowercase()));
    }
    identifier
}

/// The first sentence, without its full stop.
fn summary(comment: &str) -> String {
    let paragraph = comment.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let sentence = paragraph.split_once(". ").map_or(paragraph.as_str(), |(first, _)| first);
    let sentence = sentence.trim().trim_end_matches('.');
    match sentence.char_indices().nth(LONGEST_SUMMARY) {
        Some((end, _)) => {
            let cut = sentence.get(..end).unwrap_or_default();
            let cut = cut.rsplit_once(' ').map_or(cut, |(whole, _)| whole);
            format!("{cut} …")
        }
        None => sentence.to_owned(),
    }
}

/// `shelves/*/books/*`
fn pattern(segments: &[Segment]) -> String {
    let segments = segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.as_str(),
        Segment::One => "*",
        Segment::Rest => "**",
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Follows names, in either form, to a field.
fn find<'v>(view: &'v View, root: ShapeId, path: &[impl AsRef<str>]) -> Option<Found<'v>> {
    let mut message = root;
    let mut place = Vec::new();
    let mut names = Vec::new();
    let mut steps = path.iter().peekable();
    while let Some(name) = steps.next() {
        let index = view.table(message).index(name.as_ref().as_bytes())?;
        let field = view.shapes().get(message).fields.get(index)?;
        place.push(index);
        names.push(written(view, message, index)?);
        if steps.peek().is_none() {
            return Some(Found { place, name: names.join("."), message, field });
        }
        message = field.message()?;
    }
    None
}

/// OpenAPI describes these by other means (OpenAPI 3.1.0, section 4.8.12.1).
fn is_described_header(name: &str) -> bool {
    !matches!(name, "authorization" | "accept" | "content-type")
}

/// The request headers that are handed on.
pub fn parameters(options: &Options) -> Map<String, Value> {
    let names = options.forward_headers.iter().filter(|name| is_described_header(name));
    let parameter = |name: &String| {
        let written = Parameter {
            name,
            place: "header",
            required: false,
            comment: Some("Handed on to the service behind the gateway."),
            deprecated: false,
            schema: json!({ "type": "string" }),
        };
        (format!("header-{name}"), Value::from(written))
    };
    names.map(parameter).collect()
}

/// The headers of the components.
pub fn headers() -> Value {
    json!({
        "X-Request-Id": {
            "description": "The client's own id of the request, else one that was made for it; \
                            logs have it, too.",
            "schema": { "type": "string" },
        },
    })
}

/// The headers of every response.
pub fn response_headers() -> Value {
    json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } })
}

/// Whether that message type stands for a body of any type.
pub fn is_raw(view: &View, id: ShapeId) -> bool {
    *view.shapes().get(id).full_name == *HTTP_BODY
}
