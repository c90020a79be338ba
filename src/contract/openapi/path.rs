//! Path templates as OpenAPI writes them, and the table of paths.

use std::collections::BTreeMap;

use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value, json};

use crate::contract::http_rule::{LITERAL, Segment, Template};

/// Where an operation stands in the table.
#[derive(Debug, Clone)]
pub struct Place {
    /// The path: `/v1/categories/{parent}/products`.
    pub path: String,
    /// Its parameters, in the order of the path.
    pub parameters: Vec<Parameter>,
}

/// A part of a path that a client fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name between the braces.
    pub name: String,
    /// The variable of the template that it belongs to; `None` for a `*` outside of variables.
    pub variable: Option<usize>,
    /// Whether it is the variable as a whole, and not one segment of several.
    pub whole: bool,
    /// Whether it stands for any number of segments.
    pub rest: bool,
}

/// All paths with their operations.
#[derive(Debug, Default)]
pub struct Paths {
    /// The names of a path's parameters by the path with its names left out: OpenAPI takes two
    /// paths that differ in names alone for the same.
    names: BTreeMap<String, (String, Vec<String>)>,
    items: BTreeMap<String, Map<String, Value>>,
}

/// Methods that a path item has a place for (OpenAPI 3.1.0, section 4.8.9).
const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

impl Paths {
    /// Finds the path of a template, with the names that it has there already. `variables` are
    /// the names of the template's variables as clients know them.
    pub fn place(&mut self, template: &Template, variables: &[String]) -> Place {
        let mut parameters = parameters(template, variables);
        let nameless = print(template, &mut std::iter::repeat(""));
        let names = parameters.iter().map(|parameter| parameter.name.clone()).collect::<Vec<_>>();
        let (path, names) = self
            .names
            .entry(nameless)
            .or_insert_with(|| (print(template, &mut names.iter().map(String::as_str)), names));
        for (parameter, name) in parameters.iter_mut().zip(names) {
            parameter.name.clone_from(name);
        }
        Place { path: path.clone(), parameters }
    }

    /// Puts an operation where it belongs. One whose method OpenAPI has no place for, or whose
    /// place is taken because `*` and `**` look the same there, goes into an extension.
    pub fn add(&mut self, place: Place, method: &str, operation: Value) {
        let item = self.items.entry(place.path).or_default();
        let key = method.to_ascii_lowercase();
        if METHODS.contains(&method) && !item.contains_key(&key) {
            item.insert(key, operation);
            return;
        }
        let more = item.entry("x-additional-operations").or_insert_with(|| json!([]));
        if let Value::Array(more) = more {
            more.push(json!({ "method": method, "operation": operation }));
        }
    }

    /// The `paths` of the document.
    pub fn finish(self) -> BTreeMap<String, Map<String, Value>> {
        self.items
    }
}

/// The parameters of a template, each under a name of its own. A variable over one segment, or
/// with one wildcard in it, gives its name; the others are numbered.
fn parameters(template: &Template, variables: &[String]) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    let wild = |segment: &Segment| !matches!(segment, Segment::Literal(_));
    for (at, segment) in template.segments.iter().enumerate().filter(|(_, s)| wild(s)) {
        let variable = template.variables.iter().position(|v| (v.start..v.end).contains(&at));
        let covering = variable.and_then(|index| template.variables.get(index));
        let name = variable.and_then(|index| variables.get(index));
        let stem = name.map_or("segment", String::as_str);
        let range = match covering {
            Some(covering) => covering.start..covering.end,
            None => 0..template.segments.len(),
        };
        let among = template.segments.get(range.clone()).unwrap_or_default();
        let single = covering.is_some() && among.iter().filter(|s| wild(s)).count() == 1;
        let before = template.segments.get(range.start..at).unwrap_or_default();
        let number = before.iter().filter(|s| wild(s)).count() + 1;
        parameters.push(Parameter {
            name: if single { stem.to_owned() } else { format!("{stem}-{number}") },
            variable,
            whole: single && among.len() == 1,
            rest: *segment == Segment::Rest,
        });
    }
    parameters
}

fn print(template: &Template, names: &mut dyn Iterator<Item = &str>) -> String {
    let mut path = String::new();
    for segment in &template.segments {
        path.push('/');
        match segment {
            Segment::Literal(text) => path.extend(utf8_percent_encode(text, LITERAL)),
            Segment::One | Segment::Rest => {
                path.push('{');
                path.push_str(names.next().unwrap_or_default());
                path.push('}');
            }
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    if let Some(verb) = &template.verb {
        path.push(':');
        path.extend(utf8_percent_encode(verb, LITERAL));
    }
    path
}
