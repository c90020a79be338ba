//! What stands in a file: its definitions, one by one.

use async_graphql::parser::types::{
    ConstDirective, DirectiveLocation, FieldDefinition, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::parser::{Error, Positioned, parse_schema};

use super::Scope;
use super::change::{Added, Changes, Holder, ROOTS};
use super::definitions::{self, SCALAR};
use super::join::{On, Reader};
use super::text::Text;
use crate::config::{Problem, Problems, suggest};
use crate::contract::graphql::{Model, Named, ObjectOf, Scalar};

/// How long a file may be, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// How deep brackets may nest: the parser recurses.
const MOST_DEPTH: usize = 64;

/// Reads a file, and notes what it changes.
pub fn file(
    scope: &Scope,
    model: &Model,
    text: &Text,
    changes: &mut Changes,
    problems: &mut Problems,
) {
    let start = text.place(async_graphql::Pos { line: 1, column: 1 });
    if text.as_str().len() > MOST_BYTES {
        let message = format!("this is longer than {MOST_BYTES} bytes");
        problems.push(Problem::at(start, message));
        return;
    }
    if text.is_blank() {
        return;
    }
    if let Some(place) = text.too_deep(MOST_DEPTH) {
        problems.push(Problem::at(place, format!("brackets nest more than {MOST_DEPTH} deep")));
        return;
    }
    let document = match parse_schema(text.as_str()) {
        Ok(document) => document,
        Err(error) => {
            let place = error.positions().next().map_or(start, |at| text.place(at));
            problems.push(Problem::at(place, syntax(&error)));
            return;
        }
    };
    let mut reader = Document { scope, model, text, changes, problems };
    document.definitions.iter().for_each(|definition| reader.definition(definition));
}

/// What the parser expected, without its picture of the place.
fn syntax(error: &Error) -> String {
    match error {
        Error::Syntax { message, .. } => {
            let expected = message.lines().last().unwrap_or_default();
            let expected = expected.trim_start_matches([' ', '=']).replace('_', " ");
            format!("this is no GraphQL: {expected}")
        }
        error => error.to_string(),
    }
}

struct Document<'a> {
    scope: &'a Scope<'a>,
    model: &'a Model,
    text: &'a Text,
    changes: &'a mut Changes,
    problems: &'a mut Problems,
}

impl Document<'_> {
    fn definition(&mut self, definition: &TypeSystemDefinition) {
        match definition {
            TypeSystemDefinition::Schema(schema) => {
                // Federation's own way to say which version a subgraph follows.
                let links =
                    |directive: &Positioned<ConstDirective>| directive.node.name.node == "link";
                let roots = [&schema.node.query, &schema.node.mutation, &schema.node.subscription];
                if roots.iter().any(|root| root.is_some())
                    || !schema.node.directives.iter().all(links)
                {
                    let place = self.text.place(schema.pos);
                    let message = "the root types are `Query`, `Mutation` and `Subscription`";
                    self.problems.push(Problem::at(place, message));
                }
            }
            TypeSystemDefinition::Directive(directive) => {
                let name = &directive.node.name;
                if !definitions::is_known(&name.node) {
                    let message = format!("the gateway knows no directive `@{}`", name.node);
                    let problem = Problem::at(self.text.place(name.pos), message);
                    self.problems.push(Problem { hint: definitions::hint(&name.node), ..problem });
                }
            }
            TypeSystemDefinition::Type(definition) => self.ty(&definition.node),
        }
    }

    fn ty(&mut self, definition: &TypeDefinition) {
        let name = definition.name.node.as_str();
        let place = self.text.place(definition.name.pos);
        let (location, word) = match &definition.kind {
            TypeKind::Scalar => {
                let is_known = name == SCALAR || Scalar::named(name).is_some();
                if definition.extend || !is_known {
                    let message = format!("`{name}` is not for a file to say: {SCALARS}");
                    self.problems.push(Problem::at(place, message));
                }
                return;
            }
            TypeKind::Interface(_) => {
                let message = "a contract has no interfaces";
                self.problems.push(Problem::at(place, message));
                return;
            }
            TypeKind::Object(_) => (DirectiveLocation::Object, "type"),
            TypeKind::Union(_) => (DirectiveLocation::Union, "union"),
            TypeKind::Enum(_) => (DirectiveLocation::Enum, "enum"),
            TypeKind::InputObject(_) => (DirectiveLocation::InputObject, "input"),
        };
        if !definition.extend {
            let message =
                format!("`{name}` is not for a file to define: types come of the contract");
            let hint = format!("write `extend {word} {name}` to change one");
            self.problems.push(Problem::at(place, message).with_hint(hint));
            return;
        }
        let Some(holder) = self.holder(definition) else { return };
        let used = definitions::check(self.text, &definition.directives, location, self.problems);
        for used in used {
            if let Err(problem) = self.changes.note(self.model, holder, &used) {
                self.problems.push(problem);
            }
        }
        let brings = match &definition.kind {
            TypeKind::Object(object) => {
                if let Some(interface) = object.implements.first() {
                    let message = "a contract has no interfaces";
                    let place = self.text.place(interface.pos);
                    self.problems.push(Problem::at(place, message));
                }
                object.fields.iter().for_each(|field| self.field(holder, &field.node));
                return;
            }
            TypeKind::Union(union) => union.members.first().map(|member| member.pos),
            TypeKind::Enum(ty) => ty.values.first().map(|value| value.pos),
            TypeKind::InputObject(input) => input.fields.first().map(|field| field.pos),
            TypeKind::Scalar | TypeKind::Interface(_) => None,
        };
        if let Some(at) = brings {
            let message = format!("nothing can be added to the {word} `{name}`");
            let problem = Problem::at(self.text.place(at), message);
            self.problems
                .push(problem.with_hint("what it has is changed by directives before `{`"));
        }
    }

    /// What a definition extends.
    fn holder(&mut self, definition: &TypeDefinition) -> Option<Holder> {
        let name = definition.name.node.as_str();
        let is_object = matches!(definition.kind, TypeKind::Object(_));
        let root = ROOTS.into_iter().find(|root| root.type_name() == name);
        if let (Some(root), true) = (root, is_object) {
            return Some(Holder::Root(root));
        }
        let named = self.model.names.get(name).copied();
        let word = match named {
            Some(Named::Object(_)) => "type",
            Some(Named::Union(_)) => "union",
            Some(Named::Enum(_)) => "enum",
            Some(Named::Input(_)) => "input",
            Some(Named::Scalar(_)) | None => "",
        };
        let fits = match (&definition.kind, named) {
            (TypeKind::Object(_), Some(Named::Object(id))) => return Some(Holder::Object(id)),
            (TypeKind::Union(_), Some(named @ Named::Union(_)))
            | (TypeKind::Enum(_), Some(named @ Named::Enum(_)))
            | (TypeKind::InputObject(_), Some(named @ Named::Input(_))) => {
                return Some(Holder::Other(named));
            }
            (_, None | Some(Named::Scalar(_))) => None,
            (_, Some(_)) => Some(word),
        };
        let place = self.text.place(definition.name.pos);
        self.problems.push(match fits {
            Some(word) => Problem::at(place, format!("`{name}` is no such type"))
                .with_hint(format!("write `extend {word} {name}`")),
            None => {
                let problem = Problem::at(place, format!("there is no type `{name}`"));
                let known = self.model.names.keys().map(String::as_str);
                match suggest::nearest(name, known) {
                    Some(known) => problem.with_hint(format!("did you mean `{known}`?")),
                    None => problem,
                }
            }
        });
        None
    }

    fn field(&mut self, holder: Holder, field: &FieldDefinition) {
        let place = self.text.place(field.name.pos);
        if let Err(problem) = super::check_name(&field.name.node, &place) {
            self.problems.push(problem);
        }
        let on = match holder {
            Holder::Root(root) => On::Root(root),
            Holder::Object(id) => match self.model.objects.get(id.0).map(|object| object.of) {
                Some(ObjectOf::Message(shape) | ObjectOf::Member(shape, _)) => On::Message(shape),
                // Roots have holders of their own.
                Some(ObjectOf::Root) | None => return,
            },
            Holder::Other(_) => return,
        };
        let reader = Reader { scope: self.scope, model: self.model, text: self.text, on };
        let Some(read) = reader.field(field, self.problems) else { return };
        let arguments = read.arguments.iter().zip(&field.arguments);
        let defaults = arguments.filter_map(|(read, written)| {
            let default = written.node.default_value.as_ref()?;
            Some((read.ty, default.node.clone(), self.text.place(default.pos)))
        });
        let defaults = defaults.collect();
        self.changes.add(Added { holder, name: read.name.clone(), place, defaults }, read);
    }
}

/// Which scalars there are.
const SCALARS: &str = "the scalars are the gateway's own";
