//! Changes of what types have: fields, arguments, values and members.

use std::collections::{HashMap, HashSet};

use super::super::parts::{self, Part};
use super::{Added, Changes, root_object};
use crate::config::{Place, Problem, Problems};
use crate::contract::graphql::{
    Argument, Binding, EnumTypeId, Field, InputId, Model, Named, ObjectId, ObjectOf, Source, Value,
};

/// Things of one holder by their names, each once.
struct Names<'p> {
    holder: String,
    what: &'static str,
    taken: HashMap<String, Option<Place>>,
    problems: &'p mut Problems,
}

impl<'p> Names<'p> {
    fn new(holder: &str, what: &'static str, problems: &'p mut Problems) -> Self {
        Self { holder: holder.to_owned(), what, taken: HashMap::new(), problems }
    }

    /// Whether the name was free. `place` is where it was given, if a file gave it.
    fn take(&mut self, name: &str, place: Option<&Place>) -> bool {
        let Some(before) = self.taken.get(name) else {
            self.taken.insert(name.to_owned(), place.cloned());
            return true;
        };
        if let Some(place) = place.or(before.as_ref()) {
            let message = format!("`{}` has two {} `{name}`", self.holder, self.what);
            self.problems.push(Problem::at(place.clone(), message));
        }
        false
    }
}

impl Changes {
    /// Fields of objects: those there are, those that are moved, those that are added.
    pub(super) fn objects(
        &mut self,
        model: &mut Model,
        hidden: &HashSet<Named>,
        problems: &mut Problems,
    ) -> Vec<Added> {
        // What each object has in the end, with where a file gave it its name.
        let mut kept: HashMap<ObjectId, Vec<(Field, Option<Place>)>> = HashMap::new();
        let mut arrived = Vec::new();
        let mut emptied: HashMap<ObjectId, Place> = HashMap::new();
        for index in 0..model.objects.len() {
            let id = ObjectId(index);
            let Some(object) = model.objects.get_mut(index) else { continue };
            let fields = std::mem::take(&mut object.fields);
            let mut stay = Vec::with_capacity(fields.len());
            for (index, mut field) in fields.into_iter().enumerate() {
                let part = Part::Field(id, index);
                if let Some(place) = self.gone(part, field.ty.named, hidden) {
                    emptied.insert(id, place);
                    continue;
                }
                self.arguments(id, index, &mut field, hidden, problems);
                let renamed = self.names.get(&part).cloned();
                let place = renamed.map(|(name, place)| {
                    field.name = name;
                    place
                });
                match self.moved.get(&(id, index)) {
                    Some((root, at)) => {
                        emptied.insert(id, at.clone());
                        arrived.push((*root, field, place.unwrap_or_else(|| at.clone())));
                    }
                    None => stay.push((field, place)),
                }
            }
            kept.insert(id, stay);
        }
        for (root, field, place) in arrived {
            let id = root_object(model, root);
            kept.entry(id).or_default().push((field, Some(place)));
        }
        let mut added = Vec::new();
        for (what, field) in std::mem::take(&mut self.added) {
            let id = match what.holder {
                super::Holder::Root(root) => root_object(model, root),
                super::Holder::Object(id) => id,
                super::Holder::Other(_) => continue,
            };
            if hidden.contains(&field.ty.named) {
                let ty = model.name(field.ty.named);
                let message = format!("`{}` is of the type `{ty}`, which is hidden", field.name);
                problems.push(Problem::at(what.place.clone(), message));
                continue;
            }
            kept.entry(id).or_default().push((field, Some(what.place.clone())));
            added.push(what);
        }
        for (id, fields) in kept {
            let Some(object) = model.objects.get_mut(id.0) else { continue };
            let mut names = Names::new(&object.name, "fields", problems);
            let fields = fields.into_iter();
            let fields = fields.filter(|(field, place)| names.take(&field.name, place.as_ref()));
            object.fields = fields.map(|(field, _)| field).collect();
            let is_hidden = hidden.contains(&Named::Object(id));
            if object.fields.is_empty()
                && object.of != ObjectOf::Root
                && !is_hidden
                && let Some(place) = emptied.get(&id)
            {
                problems.push(empty(&object.name, "fields", place));
            }
        }
        let is_left = |id: Option<ObjectId>| {
            id.filter(|id| model.object(*id).is_some_and(|one| !one.fields.is_empty()))
        };
        let (mutation, subscription) = (is_left(model.mutation), is_left(model.subscription));
        (model.mutation, model.subscription) = (mutation, subscription);
        added
    }

    /// Where it was said that something of that type is to go.
    fn gone(&self, part: Part, ty: Named, hidden: &HashSet<Named>) -> Option<Place> {
        let of_type = || self.hidden.get(&Part::Type(ty)).filter(|_| hidden.contains(&ty));
        self.hidden.get(&part).or_else(of_type).cloned()
    }

    fn arguments(
        &self,
        id: ObjectId,
        field_index: usize,
        field: &mut Field,
        hidden: &HashSet<Named>,
        problems: &mut Problems,
    ) {
        let mut names = Names::new(&field.name, "arguments", problems);
        // For each argument that was, where it is.
        let mut moved = Vec::with_capacity(field.arguments.len());
        let mut kept: Vec<Argument> = Vec::with_capacity(field.arguments.len());
        for (index, mut argument) in std::mem::take(&mut field.arguments).into_iter().enumerate() {
            let part = Part::Argument(id, field_index, index);
            if let Some(place) = self.gone(part, argument.ty.named, hidden) {
                if argument.ty.non_null && argument.default.is_none() {
                    let message = format!("`{}` of `{}` must be given", argument.name, field.name);
                    let hint = "what must be given cannot be hidden: hide the field, and add one that \
                                sets it";
                    names.problems.push(Problem::at(place, message).with_hint(hint));
                }
                moved.push(None);
                continue;
            }
            let renamed = self.names.get(&part);
            if let Some((name, _)) = renamed {
                argument.name.clone_from(name);
            }
            if names.take(&argument.name, renamed.map(|(_, place)| place)) {
                moved.push(Some(kept.len()));
                kept.push(argument);
            } else {
                moved.push(None);
            }
        }
        field.arguments = kept;
        if let Source::Call(call) = &mut field.source {
            rebind(&mut call.bindings, &moved);
            if let Some(batch) = &mut call.batch {
                rebind(&mut batch.bindings, &moved);
            }
        }
    }

    /// Fields of inputs.
    pub(super) fn inputs(
        &self,
        model: &mut Model,
        hidden: &HashSet<Named>,
        problems: &mut Problems,
    ) {
        for (index, input) in model.inputs.iter_mut().enumerate() {
            let id = InputId(index);
            let mut emptied = None;
            let mut names = Names::new(&input.name, "fields", problems);
            let mut old = 0..;
            input.fields.retain_mut(|(field, _)| {
                let part = Part::Input(id, old.next().unwrap_or_default());
                if let Some(place) = self.gone(part, field.ty.named, hidden) {
                    if field.ty.non_null && field.default.is_none() {
                        let message = format!("`{}` must be given", field.name);
                        let hint = "what must be given cannot be hidden";
                        let problem = Problem::at(place.clone(), message).with_hint(hint);
                        names.problems.push(problem);
                    }
                    emptied = Some(place);
                    return false;
                }
                let renamed = self.names.get(&part);
                if let Some((name, _)) = renamed {
                    field.name.clone_from(name);
                }
                names.take(&field.name, renamed.map(|(_, place)| place))
            });
            let is_hidden = hidden.contains(&Named::Input(id));
            if let (true, false, Some(place)) = (input.fields.is_empty(), is_hidden, emptied) {
                problems.push(empty(&input.name, "fields", &place));
            }
        }
    }

    /// Values of enums.
    pub(super) fn values(&self, model: &mut Model, problems: &mut Problems) {
        for (index, ty) in model.enums.iter_mut().enumerate() {
            let id = EnumTypeId(index);
            let mut emptied = None;
            let mut names = Names::new(&ty.name, "values", problems);
            let mut old = 0..;
            ty.values.retain_mut(|value| {
                let part = Part::Value(id, old.next().unwrap_or_default());
                if let Some(place) = self.hidden.get(&part) {
                    emptied = Some(place);
                    return false;
                }
                let renamed = self.names.get(&part);
                if let Some((name, _)) = renamed {
                    value.name.clone_from(name);
                }
                names.take(&value.name, renamed.map(|(_, place)| place))
            });
            if let (true, Some(place)) = (ty.values.is_empty(), emptied) {
                problems.push(empty(&ty.name, "values", place));
            }
        }
    }

    /// Members of unions.
    pub(super) fn unions(
        &self,
        model: &mut Model,
        hidden: &HashSet<Named>,
        problems: &mut Problems,
    ) {
        for (index, union) in model.unions.iter_mut().enumerate() {
            let mut emptied = None;
            union.members.retain(|(_, id)| {
                let ty = Named::Object(*id);
                if hidden.contains(&ty) {
                    emptied = self.hidden.get(&Part::Type(ty));
                }
                !hidden.contains(&ty)
            });
            let is_hidden = hidden.contains(&parts::union(index));
            if let (true, false, Some(place)) = (union.members.is_empty(), is_hidden, emptied) {
                problems.push(empty(&union.name, "members", place));
            }
        }
    }
}

fn empty(name: &str, what: &str, place: &Place) -> Problem {
    let problem = Problem::at(place.clone(), format!("`{name}` has no {what} left"));
    problem.with_hint(format!("hide `{name}` as well"))
}

/// Takes out what an argument set that is gone, and names the others anew.
fn rebind(bindings: &mut Vec<Binding>, moved: &[Option<usize>]) {
    bindings.retain_mut(|binding| match &mut binding.value {
        Value::Argument(index) => match moved.get(*index).copied().flatten() {
            Some(new) => {
                *index = new;
                true
            }
            None => false,
        },
        Value::Parent(_) | Value::Constant(_) => true,
    });
}
