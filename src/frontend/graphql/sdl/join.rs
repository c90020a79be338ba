//! Fields whose value is a call: `@call` and `@batch`.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::parser::Positioned;
use async_graphql::parser::types::{DirectiveLocation, FieldDefinition, InputValueDefinition};

use super::Scope;
use super::definitions::{self, Used};
use super::path::{self, Found};
use super::request::{Made, Request};
use super::root::Root;
use super::text::Text;
use super::types::{self, Way};
use crate::config::{Place, Problem, Problems, suggest};
use crate::contract::graphql::{
    self as model, Argument, Batch, Binding, Call, Model, Source, Target, TypeRef, Value,
};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId, WellKnown};
use crate::contract::{Operation, Streaming};

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

/// A call for many.
struct Several {
    batch: Batch,
    used: HashSet<usize>,
    /// What the keys are.
    kind: Kind,
    /// The field of the object, where it is told.
    parent: Option<Vec<usize>>,
    place: Place,
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
                    batch: Some(Batch { always: true, ..batch }),
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
        let operation = self.operation(used, problems)?;
        let before = problems.len();
        let parent = match self.on {
            On::Root(_) => None,
            On::Message(shape) => Some(shape),
        };
        let no_parent = "a field of a root has no `$parent`";
        let made = self.request(arguments, parent, no_parent, &operation, used, problems);
        let Made { bindings, arguments } = made;
        let selected = self.selected(used, &operation, ty, problems)?;
        let mask = self.mask(operation.input, &bindings);
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

    fn other_type(&self, ty: TypeRef, real: model::Named, list: bool, place: Place) -> Problem {
        let name = types::name(self.model, real);
        let real = if list { format!("[{name}]") } else { name.to_owned() };
        let written = types::print(self.model, ty);
        Problem::at(place, format!("this answers `{real}`, and the field is `{written}`"))
    }

    /// What `@batch` says.
    fn several(
        &self,
        used: &Used,
        ty: TypeRef,
        arguments: &[Argument],
        problems: &mut Problems,
    ) -> Option<Several> {
        let On::Message(object) = self.on else {
            problems.push(Problem::at(used.place(), "a root is no list: nothing is to be batched"));
            return None;
        };
        let operation = self.operation(used, problems)?;
        let before = problems.len();
        let view = &self.scope.view;
        let mut resolve = |shape, name: &str| -> Option<(Found<'_>, Place)> {
            let (text, place) = used.string(name)?;
            let found = path::resolve(view, shape, text, &place);
            Some((found.map_err(|problem| problems.push(problem)).ok()?, place))
        };

        let key = resolve(operation.input, "key");
        let items = resolve(operation.output, "select");
        let inner = items.as_ref().and_then(|(items, _)| items.field.message());
        let by = inner.and_then(|inner| resolve(inner, "by"));
        let value = inner.and_then(|inner| resolve(inner, "value"));
        let parent = used.string("parent").map(|(text, place)| {
            let text = text.strip_prefix("$parent.").unwrap_or(text);
            path::of_parent(self.model, view, object, text, &place)
                .map(|found| found.path)
                .map_err(|problem| problems.push(problem))
                .ok()
        });

        let no_parent = "one request is made for many objects: the keys stand for them";
        let made = self.request(arguments, None, no_parent, &operation, used, problems);
        let (key, key_place) = key?;
        let (items, items_place) = items?;
        if key.field.cardinality != Cardinality::Repeated || !is_key(key.field.kind) {
            let message = format!("`{}` is no list of texts or whole numbers", key.field.name);
            problems.push(Problem::at(key_place, message));
            return None;
        }
        let Some(inner) = inner.filter(|_| types::is_list(items.field)) else {
            let message = format!("`{}` is no list of messages", items.field.name);
            problems.push(Problem::at(items_place, message));
            return None;
        };
        let (by, by_place) = by?;
        if by.field.is_repeated() || by.field.kind != key.field.kind {
            let shapes = view.shapes();
            let message = format!(
                "`{}` is a {}, and the keys are a {}",
                by.field.name,
                path::describe(shapes, by.field),
                path::describe(shapes, key.field),
            );
            problems.push(Problem::at(by_place, message));
        }
        let value_given = used.string("value").is_some();
        let value = match value {
            None if value_given => return None,
            value => value,
        };
        self.check_value(ty, inner, value.as_ref(), used.place(), problems);
        let kind = key.field.kind;
        let (path, leaf) = key.split();
        let key = Target { path, leaf: model::Place::Field(leaf) };
        if made.bindings.iter().any(|binding| binding.target == key) {
            problems.push(Problem::at(key_place, "`with` sets the same field as `key`"));
        }
        let parent = match parent {
            Some(None) => return None,
            Some(parent) => parent,
            None => None,
        };
        let batch = Batch {
            mask: self.mask(operation.input, &made.bindings),
            operation,
            always: false,
            bindings: made.bindings,
            key,
            parent: Vec::new(),
            items: items.path,
            by: by.path,
            value: value.map(|(found, _)| found.path).unwrap_or_default(),
        };
        let place = used.place();
        (problems.len() == before).then_some(Several {
            batch,
            used: made.arguments,
            kind,
            parent,
            place,
        })
    }

    /// Sees that what a batch deals out is of the type `ty`.
    fn check_value(
        &self,
        ty: TypeRef,
        item: ShapeId,
        value: Option<&(Found, Place)>,
        place: Place,
        problems: &mut Problems,
    ) {
        let shapes = self.scope.view.shapes();
        let (real, list, place) = match value {
            None => (types::of_message(self.model, shapes, item, Way::Out), false, place),
            Some((found, place)) => {
                let real = types::of_value(self.model, shapes, found.field.kind, Way::Out);
                (real, types::is_list(found.field), place.clone())
            }
        };
        match real {
            None => {
                problems.push(Problem::at(place, "the schema has no type for what this answers"));
            }
            // Several items make a list as well.
            Some(real)
                if types::is_as(ty.named, real, Way::Out) && (ty.list.is_some() || !list) => {}
            Some(real) => {
                let problem = self.other_type(ty, real, list, place);
                let parts = shapes.get(item).fields.iter().filter(|field| {
                    value.is_none()
                        && types::of_value(self.model, shapes, field.kind, Way::Out)
                            == Some(ty.named)
                });
                let names: Vec<_> = parts.map(|field| &*field.name).collect();
                problems.push(match names.as_slice() {
                    [name] => problem.with_hint(format!("`value: \"{name}\"` would be")),
                    _ => problem,
                });
            }
        }
    }

    /// The batch with the field of the object that is the key, which must be of that kind.
    fn keyed(
        &self,
        batch: Batch,
        parent: Vec<usize>,
        kind: Kind,
        place: Place,
        problems: &mut Problems,
    ) -> Option<Batch> {
        let On::Message(mut shape) = self.on else { return None };
        let shapes = self.scope.view.shapes();
        let mut last: Option<&Field> = None;
        for index in &parent {
            shape = last.and_then(Field::message).unwrap_or(shape);
            last = shapes.get(shape).fields.get(*index);
        }
        let last = last?;
        if last.is_repeated() || last.kind != kind {
            let message = format!(
                "the key `{}` of the object is a {}, and the request takes each as {}",
                last.name,
                path::describe(shapes, last),
                kind.name(),
            );
            problems.push(Problem::at(place, message));
            return None;
        }
        Some(Batch { parent, ..batch })
    }

    /// A call for one object beside one for many: both must say the same.
    fn both(
        &self,
        call: Call,
        used: &HashSet<usize>,
        several: Several,
        arguments: &[Argument],
        problems: &mut Problems,
    ) -> Option<(Call, HashSet<usize>)> {
        let Several { batch, used: of_batch, kind, parent, place } = several;
        let mut parents: Vec<&Vec<usize>> = Vec::new();
        for binding in &call.bindings {
            if let Value::Parent(path) = &binding.value
                && !parents.contains(&path)
            {
                parents.push(path);
            }
        }
        let parent = match (parents.as_slice(), parent) {
            ([one], None) => (*one).clone(),
            ([one], Some(parent)) if **one == parent => parent,
            ([], _) => {
                let message = "`@call` takes nothing from the object, so there is nothing to batch";
                problems.push(Problem::at(place, message));
                return None;
            }
            ([_], Some(_)) => {
                let message = "`parent` is another field than the `$parent` of `@call`";
                problems.push(Problem::at(place, message));
                return None;
            }
            _ => {
                let message = "`@call` takes several fields of the object, and the keys are one";
                problems.push(Problem::at(place, message));
                return None;
            }
        };
        for (index, argument) in arguments.iter().enumerate() {
            let (lacks, has) = match (used.contains(&index), of_batch.contains(&index)) {
                (true, false) => ("@batch", "@call"),
                (false, true) => ("@call", "@batch"),
                _ => continue,
            };
            let name = &argument.name;
            let message =
                format!("the argument `{name}` sets something in `{has}`, not in `{lacks}`");
            let hint = format!("name it in the `with` of `{lacks}`, too, or leave `@call` away");
            problems.push(Problem::at(place.clone(), message).with_hint(hint));
        }
        let batch = self.keyed(batch, parent, kind, place, problems)?;
        let used = used.union(&of_batch).copied().collect();
        Some((Call { batch: Some(batch), ..call }, used))
    }

    fn request(
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

    /// The field of a request that is told what was selected, where nothing else sets it.
    fn mask(&self, input: ShapeId, bindings: &[Binding]) -> Option<usize> {
        let shapes = self.scope.view.shapes();
        let is_mask = |field: &Field| {
            let message = field.message().filter(|_| !field.is_repeated());
            let known = message.and_then(|id| shapes.get(id).well_known);
            known == Some(WellKnown::FieldMask) && &*field.name == "read_mask"
        };
        let shape: &Shape = shapes.get(input);
        let index = shape.fields.iter().position(is_mask)?;
        let leaf = model::Place::Field(index);
        let is_set = |binding: &Binding| {
            binding.target.path.first() == Some(&index)
                || (binding.target.path.is_empty() && binding.target.leaf == leaf)
        };
        (!bindings.iter().any(is_set)).then_some(index)
    }

    /// The operation that a directive names.
    fn operation(&self, used: &Used, problems: &mut Problems) -> Option<Arc<Operation>> {
        let (written, place) = used.string("operation")?;
        let found = self.scope.operation(written, &place).and_then(|operation| {
            let streaming = operation.streaming;
            let wanted = match self.on {
                On::Root(Root::Subscription) => Streaming::Server,
                _ => Streaming::Unary,
            };
            if streaming == wanted {
                return Ok(operation);
            }
            let message = format!(
                "`{written}` is {}",
                match streaming {
                    Streaming::Unary => "no stream",
                    Streaming::Client => "a client stream",
                    Streaming::Server => "a server stream",
                    Streaming::Both => "a stream both ways",
                }
            );
            let hint = match wanted {
                Streaming::Server => "a subscription asks for a server stream",
                _ => "a field of this type asks for a call with one message each way",
            };
            Err(Problem::at(place, message).with_hint(hint))
        });
        found.map_err(|problem| problems.push(problem)).ok()
    }
}

/// Whether values of that kind can be told from one another.
fn is_key(kind: Kind) -> bool {
    !matches!(kind, Kind::Double | Kind::Float | Kind::Message(_) | Kind::Group(_))
}

fn deprecation(used: &Used) -> String {
    let reason = used.string("reason").map(|(reason, _)| reason.to_owned());
    reason.unwrap_or_else(|| "No longer supported".to_owned())
}

impl Scope<'_> {
    /// The operation that a file names with a dot or a slash before the method.
    pub fn operation(&self, written: &str, place: &Place) -> Result<Arc<Operation>, Problem> {
        let written = written.strip_prefix('/').unwrap_or(written);
        let name = match (written.contains('/'), written.rsplit_once('.')) {
            (false, Some((service, method))) => format!("{service}/{method}"),
            _ => written.to_owned(),
        };
        if let Some(known) = self.operations.iter().find(|known| known.name() == name) {
            return Ok(known.clone());
        }
        let problem = Problem::at(place.clone(), format!("there is no operation `{written}` here"));
        if self.contract.operation(&name).is_some() {
            return Err(problem.with_hint("the contract has it, but this listener exposes it not"));
        }
        // By its own name first: services are mistaken more often than misspelt.
        let method = name.rsplit_once('/').map_or(&*name, |(_, method)| method);
        let nearest = suggest::nearest(&name, self.operations.iter().map(|known| known.name()))
            .or_else(|| {
                let methods = self.operations.iter().map(|known| &*known.method);
                let method = suggest::nearest(method, methods)?;
                let found = self.operations.iter().find(|known| &*known.method == method)?;
                Some(found.name())
            });
        Err(match nearest {
            Some(name) => problem.with_hint(format!("did you mean `{}`?", name.replace('/', "."))),
            None => problem,
        })
    }
}
