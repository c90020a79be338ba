//! One call for many objects: `@batch`.

use std::collections::HashSet;

use super::definitions::Used;
use super::join::{On, Reader};
use super::path::{self, Found};
use super::types::{self, Way};
use crate::config::{Place, Problem, Problems};
use crate::contract::graphql::{self as model, Argument, Batch, Call, Target, TypeRef, Value};
use crate::contract::shape::{Cardinality, Field, Kind, ShapeId};

/// A call for many.
pub struct Several {
    /// What is known of it without the object.
    pub batch: Batch,
    /// The arguments that set something.
    pub used: HashSet<usize>,
    /// What the keys are.
    pub kind: Kind,
    /// The field of the object, where it is told.
    pub parent: Option<Vec<usize>>,
    /// Where it stands.
    pub place: Place,
}

impl Reader<'_> {
    /// What `@batch` says.
    pub fn several(
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
        let exposed = self.operation(used, problems)?;
        let operation = exposed.operation.clone();
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
                "`{}` is {}, and each key is `{}`",
                by.field.name,
                path::describe(shapes, by.field),
                key.field.kind.name(),
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
            mask: self.mask(exposed, &made.bindings),
            operation,
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
    pub fn keyed(
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
                "the field `{}` of the object is {}, and each key is `{}`",
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
    pub fn both(
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
}

/// Whether values of that kind can be told from one another.
fn is_key(kind: Kind) -> bool {
    !matches!(kind, Kind::Double | Kind::Float | Kind::Message(_) | Kind::Group(_))
}
