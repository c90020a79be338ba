//! Fields whose value is a call: `@call` and `@batch`.

use std::collections::HashSet;

use async_graphql::parser::Positioned;
use async_graphql::parser::types::{DirectiveLocation, FieldDefinition, InputValueDefinition};

use super::Scope;
use super::batch::Several;
use super::definitions::{self, Used};
use super::path;
use super::request::{Made, Request};
use super::text::Text;
use super::types::{self, Way};
use crate::config::{Place, Problem, Problems};
use crate::contract::Operation;
use crate::contract::graphql::{self as model, Argument, Call, Model, Root, Source, TypeRef};
use crate::contract::shape::ShapeId;

/// What a field is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// A root.
    Root(Root),
    /// An object that is read from this message.
    Message(ShapeId),
}

/// Reads fields that are added.
pub struct Reader<'a> {
    /// What there is to call.
    pub scope: &'a Scope<'a>,
    /// The schema as the contract alone gives it.
    pub model: &'a Model,
    /// The file that the field stands in.
    pub text: &'a Text,
    /// What it is added to.
    pub on: On,
}

/// A call for one object.
struct Single {
    call: Call,
    used: HashSet<usize>,
}

impl Reader<'_> {
    /// The field, unless it has problems.
    pub fn field(&self, field: &FieldDefinition, problems: &mut Problems) -> Option<model::Field> {
        let before = problems.len();
        let arguments = self.arguments(&field.arguments, problems);
        let ty = self.ty(field, problems);
        let location = DirectiveLocation::FieldDefinition;
        let used = definitions::check(self.text, &field.directives, location, problems);
        let ty = ty.filter(|_| problems.len() == before)?;
        let call = self.value(field, ty, &arguments, &used, problems);
        let deprecated = used.iter().find(|used| used.name() == "deprecated").map(deprecation);
        let source = Source::Call(Box::new(call.filter(|_| problems.len() == before)?));
        Some(model::Field {
            name: field.name.node.to_string(),
            description: field.description.as_ref().map(|text| text.node.clone()),
            deprecated,
            ty,
            arguments,
            source,
        })
    }

    fn ty(&self, field: &FieldDefinition, problems: &mut Problems) -> Option<TypeRef> {
        let read = types::read(self.model, &field.ty.node, Way::Out);
        read.map_err(|error| problems.push(error.at(self.text.place(field.ty.pos)))).ok()
    }

    fn arguments(
        &self,
        arguments: &[Positioned<InputValueDefinition>],
        problems: &mut Problems,
    ) -> Vec<Argument> {
        let mut seen = HashSet::new();
        let mut read = Vec::new();
        for argument in arguments {
            let argument = &argument.node;
            let name = argument.name.node.as_str();
            let place = self.text.place(argument.name.pos);
            if let Err(problem) = super::check_name(name, &place) {
                problems.push(problem);
            }
            if !seen.insert(name) {
                problems.push(Problem::at(place, format!("there are two arguments `{name}`")));
            }
            let location = DirectiveLocation::ArgumentDefinition;
            let used = definitions::check(self.text, &argument.directives, location, problems);
            match types::read(self.model, &argument.ty.node, Way::In) {
                Ok(ty) => read.push(Argument {
                    name: name.to_owned(),
                    description: argument.description.as_ref().map(|text| text.node.clone()),
                    deprecated: used.first().map(deprecation),
                    ty,
                    default: argument.default_value.as_ref().map(|value| value.node.to_string()),
                }),
                Err(error) => problems.push(error.at(self.text.place(argument.ty.pos))),
            }
        }
        read
    }

    fn value(
        &self,
        field: &FieldDefinition,
        ty: TypeRef,
        arguments: &[Argument],
        used: &[Used],
        problems: &mut Problems,
    ) -> Option<Call> {
        let find = |name| used.iter().find(|used| used.name() == name);
        let place = self.text.place(field.name.pos);
        let single = find("call").map(|used| self.single(used, ty, arguments, problems));
        let several = find("batch").map(|used| self.several(used, ty, arguments, problems));
        let (call, used) = match (single, several) {
            (None, None) => {
                let name = &field.name.node;
                let message = format!("nothing says where the value of `{name}` comes from");
                let hint = "add `@call` or `@batch`; a field that is there is changed by directives \
                            on its type";
                problems.push(Problem::at(place, message).with_hint(hint));
                return None;
            }
            (Some(single), None) => {
                let single = single?;
                (single.call, single.used)
            }
            (None, Some(several)) => {
                let Several { batch, used, kind, parent, place } = several?;
                let Some(parent) = parent else {
                    let message = "nothing says which field of the object is the key";
                    problems.push(Problem::at(place, message).with_hint("add `parent`"));
                    return None;
                };
                let batch = self.keyed(batch, parent, kind, place, problems)?;
                let call = Call {
                    operation: batch.operation.clone(),
                    bindings: Vec::new(),
                    select: Vec::new(),
                    batch: Some(batch),
                    mask: None,
                };
                (call, used)
            }
            (Some(single), Some(several)) => {
                let both = single.zip(several);
                let (Single { call, used }, several) = both?;
                self.both(call, &used, several, arguments, problems)?
            }
        };
        for (argument, index) in field.arguments.iter().zip(0..) {
            if !used.contains(&index) {
                let name = &argument.node.name;
                let message = format!("the argument `{}` sets nothing", name.node);
                let hint = format!("say in `with` what it sets: `\"$args.{}\"`", name.node);
                problems.push(Problem::at(self.text.place(name.pos), message).with_hint(hint));
            }
        }
        Some(call)
    }

    /// What `@call` says.
    fn single(
        &self,
        used: &Used,
        ty: TypeRef,
        arguments: &[Argument],
        problems: &mut Problems,
    ) -> Option<Single> {
        let exposed = self.operation(used, problems)?;
        let operation = exposed.operation.clone();
        let before = problems.len();
        let parent = match self.on {
            On::Root(_) => None,
            On::Message(shape) => Some(shape),
        };
        let no_parent = "a field of a root has no `$parent`";
        let made = self.request(arguments, parent, no_parent, &operation, used, problems);
        let Made { bindings, arguments } = made;
        let selected = self.selected(used, &operation, ty, problems)?;
        let mask = self.mask(exposed, &bindings);
        let call = Call { operation, bindings, select: selected, batch: None, mask };
        (problems.len() == before).then_some(Single { call, used: arguments })
    }

    /// What `select` of `@call` leads to; it must be of the type `ty`.
    fn selected(
        &self,
        used: &Used,
        operation: &Operation,
        ty: TypeRef,
        problems: &mut Problems,
    ) -> Option<Vec<usize>> {
        let shapes = self.scope.view.shapes();
        let (named, list, path, place) = match used.string("select") {
            None => {
                let named = types::of_message(self.model, shapes, operation.output, Way::Out);
                (named, false, Vec::new(), used.place())
            }
            Some((text, place)) => {
                let found = path::resolve(&self.scope.view, operation.output, text, &place);
                let found = found.map_err(|problem| problems.push(problem)).ok()?;
                let named = types::of_value(self.model, shapes, found.field.kind, Way::Out);
                (named, types::is_list(found.field), found.path, place)
            }
        };
        let Some(real) = named else {
            problems.push(Problem::at(place, "the schema has no type for what this answers"));
            return None;
        };
        if types::is_as(ty.named, real, Way::Out) && ty.list.is_some() == list {
            return Some(path);
        }
        let problem = self.other_type(ty, real, list, place);
        let lists = shapes.get(operation.output).fields.iter().filter(|field| {
            types::of_value(self.model, shapes, field.kind, Way::Out) == Some(ty.named)
                && types::is_list(field) == ty.list.is_some()
        });
        let names: Vec<_> = lists.map(|field| &*field.name).collect();
        problems.push(match names.as_slice() {
            [name] => problem.with_hint(format!("`select: \"{name}\"` would be")),
            _ => problem,
        });
        None
    }

    /// The problem that a call answers something else.
    pub fn other_type(&self, ty: TypeRef, real: model::Named, list: bool, place: Place) -> Problem {
        let name = self.model.name(real);
        let real = if list { format!("[{name}]") } else { name.to_owned() };
        let written = self.model.written(&ty);
        Problem::at(place, format!("this answers `{real}`, and the field is `{written}`"))
    }

    /// What `with` says of a request.
    pub fn request(
        &self,
        arguments: &[Argument],
        parent: Option<ShapeId>,
        no_parent: &'static str,
        operation: &Operation,
        used: &Used,
        problems: &mut Problems,
    ) -> Made {
        let request = Request {
            model: self.model,
            view: &self.scope.view,
            text: self.text,
            arguments,
            parent,
            no_parent,
        };
        request.read(operation.input, used.value("with"), problems)
    }
}

fn deprecation(used: &Used) -> String {
    let reason = used.string("reason").map(|(reason, _)| reason.to_owned());
    reason.unwrap_or_else(|| "No longer supported".to_owned())
}
