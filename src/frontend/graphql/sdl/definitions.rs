//! Which directives there are, and whether one is used as it is defined.

use std::collections::HashSet;
use std::sync::LazyLock;

use async_graphql::parser::types::{
    BaseType, ConstDirective, DirectiveDefinition, DirectiveLocation, TypeSystemDefinition,
};
use async_graphql::parser::{Positioned, parse_schema};
use async_graphql::{Pos, Value as Literal};

use super::text::Text;
use crate::config::suggest;
use crate::config::{Place, Problem, Problems};

/// The definitions, for people and their editors.
pub const TEXT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/graphql/dragoman.graphql"));

/// The scalar that the definitions bring along.
pub const SCALAR: &str = "RequestFields";

/// Those of them that may stand several times at one place: the parser does not tell.
const REPEATABLE: [&str; 4] = ["rename", "hide", "move", "key"];

/// GraphQL's own, which stands in no file.
const DEPRECATED: &str =
    "directive @deprecated(reason: String) on FIELD_DEFINITION | ARGUMENT_DEFINITION";

static DEFINITIONS: LazyLock<Vec<DirectiveDefinition>> = LazyLock::new(|| {
    // A test sees that both can be read.
    let read = [TEXT, DEPRECATED].map(parse_schema);
    let definitions = read.into_iter().flatten().flat_map(|document| document.definitions);
    let directives = definitions.filter_map(|definition| match definition {
        TypeSystemDefinition::Directive(directive) => Some(directive.node),
        _ => None,
    });
    directives.collect()
});

/// Whether there is a directive of that name.
pub fn is_known(name: &str) -> bool {
    DEFINITIONS.iter().any(|definition| definition.name.node == name)
}

/// The directives that there are, for a hint.
pub fn hint(name: &str) -> Option<String> {
    suggest::hint(name, DEFINITIONS.iter().map(|definition| definition.name.node.as_str()))
}

/// A directive as it is used, with the arguments it is defined with.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// Which file it stands in.
    pub text: &'a Text,
    directive: &'a Positioned<ConstDirective>,
}

impl<'a> Used<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.directive.node.name.node
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        self.text.place(self.directive.pos)
    }

    /// A text argument.
    pub fn string(&self, name: &str) -> Option<(&'a str, Place)> {
        match self.value(name)? {
            (Literal::String(value), at) => Some((value, self.text.place(at))),
            _ => None,
        }
    }

    /// An argument.
    pub fn value(&self, name: &str) -> Option<(&'a Literal, Pos)> {
        let value = self.directive.node.get_argument(name)?;
        (value.node != Literal::Null).then_some((&value.node, value.pos))
    }
}

/// Sees that directives are used as they are defined. Only those that are come back.
pub fn check<'a>(
    text: &'a Text,
    directives: &'a [Positioned<ConstDirective>],
    location: DirectiveLocation,
    problems: &mut Problems,
) -> Vec<Used<'a>> {
    let mut seen = HashSet::new();
    let mut good = Vec::new();
    for directive in directives {
        let name = directive.node.name.node.as_str();
        let used = Used { text, directive };
        let Some(definition) = DEFINITIONS.iter().find(|known| known.name.node == name) else {
            let problem = Problem::at(used.place(), format!("there is no directive `@{name}`"));
            problems.push(Problem { hint: hint(name), ..problem });
            continue;
        };
        if !definition.locations.iter().any(|place| place.node == location) {
            let message = format!("`@{name}` cannot stand on {}", location_name(location));
            problems.push(Problem::at(used.place(), message));
            continue;
        }
        if !seen.insert(name) && !REPEATABLE.contains(&name) {
            let message = format!("`@{name}` stands here twice");
            problems.push(Problem::at(used.place(), message));
            continue;
        }
        let before = problems.len();
        check_arguments(&used, definition, problems);
        if problems.len() == before {
            good.push(used);
        }
    }
    good
}

fn check_arguments(used: &Used, definition: &DirectiveDefinition, problems: &mut Problems) {
    let name = used.name();
    let mut seen = HashSet::new();
    for (argument, value) in &used.directive.node.arguments {
        let place = used.text.place(argument.pos);
        let known = definition.arguments.iter().find(|known| known.node.name.node == argument.node);
        let Some(known) = known else {
            let names = definition.arguments.iter().map(|known| known.node.name.node.as_str());
            let message = format!("`@{name}` has no argument `{}`", argument.node);
            let hint = suggest::hint(&argument.node, names);
            problems.push(Problem { hint, ..Problem::at(place, message) });
            continue;
        };
        if !seen.insert(argument.node.as_str()) {
            problems.push(Problem::at(place, format!("`{}` is given twice", argument.node)));
            continue;
        }
        let ty = &known.node.ty.node;
        let (fits, wanted) = match (&ty.base, &value.node) {
            (_, Literal::Null) => (ty.nullable, "a value"),
            (BaseType::Named(named), Literal::Object(_)) => (named == SCALAR, "a text"),
            (BaseType::Named(named), value) if named == SCALAR => {
                (matches!(value, Literal::Object(_)), "an object of request fields")
            }
            (_, value) => (matches!(value, Literal::String(_)), "a text"),
        };
        if !fits {
            let message = format!("`{}` of `@{name}` must be {wanted}", argument.node);
            problems.push(Problem::at(used.text.place(value.pos), message));
        }
    }
    for known in &definition.arguments {
        let known = &known.node;
        if !known.ty.node.nullable && !seen.contains(known.name.node.as_str()) {
            let message = format!("`@{name}` needs the argument `{}`", known.name.node);
            problems.push(Problem::at(used.place(), message));
        }
    }
}

fn location_name(location: DirectiveLocation) -> &'static str {
    match location {
        DirectiveLocation::Object => "an object type",
        DirectiveLocation::FieldDefinition => "a field",
        DirectiveLocation::ArgumentDefinition => "an argument",
        DirectiveLocation::Union => "a union",
        DirectiveLocation::Enum => "an enum",
        DirectiveLocation::EnumValue => "an enum value",
        DirectiveLocation::InputObject => "an input type",
        DirectiveLocation::InputFieldDefinition => "a field of an input type",
        _ => "this",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_can_be_read() {
        for text in [TEXT, DEPRECATED] {
            parse_schema(text).unwrap();
        }
        let names: Vec<_> = DEFINITIONS.iter().map(|known| known.name.node.as_str()).collect();
        assert_eq!(names, ["call", "batch", "rename", "hide", "move", "key", "deprecated"]);
        for known in DEFINITIONS.iter() {
            let undescribed = known.arguments.iter().any(|known| known.node.description.is_none());
            assert!(!undescribed || known.name.node == "deprecated", "{}", known.name.node);
        }
    }
}
