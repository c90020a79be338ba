//! What files change, noted first and done at once.

mod fields;

use std::collections::{HashMap, HashSet};

use async_graphql::Value as Literal;

use super::definitions::Used;
use super::key;
use super::parts::{self, Part};
use crate::config::{Place, Problem, Problems};
use crate::contract::graphql::{
    Field, Model, Named, Object, ObjectId, ObjectOf, Root, Scalar, TypeRef,
};

/// What is extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A root, which may not be there yet.
    Root(Root),
    /// Another object.
    Object(ObjectId),
    /// A type of another kind.
    Other(Named),
}

impl Holder {
    /// The object, where it is one that is there.
    pub fn object(self, model: &Model) -> Option<ObjectId> {
        match self {
            Self::Root(Root::Query) => model.query,
            Self::Root(Root::Mutation) => model.mutation,
            Self::Root(Root::Subscription) => model.subscription,
            Self::Object(id) => Some(id),
            Self::Other(_) => None,
        }
    }
}

/// A field that was added.
#[derive(Debug)]
pub struct Added {
    /// What to.
    pub holder: Holder,
    /// Its name.
    pub name: String,
    /// Where that stands.
    pub place: Place,
    /// The defaults of its arguments.
    pub defaults: Vec<(TypeRef, Literal, Place)>,
}

/// Everything that changes.
#[derive(Debug, Default)]
pub struct Changes {
    names: HashMap<Part, (String, Place)>,
    hidden: HashMap<Part, Place>,
    moved: HashMap<(ObjectId, usize), (Root, Place)>,
    keys: Vec<(ObjectId, Vec<key::Part>, Place)>,
    added: Vec<(Added, Field)>,
}

impl Changes {
    /// Notes a field to add.
    pub fn add(&mut self, added: Added, field: Field) {
        self.added.push((added, field));
    }

    /// Notes what a directive on a type says.
    pub fn note(&mut self, model: &Model, holder: Holder, used: &Used) -> Result<(), Problem> {
        let place = used.place();
        match used.name() {
            "rename" => {
                let part = Part::of(model, holder, used)?;
                let Some((to, at)) = used.string("to") else { return Ok(()) };
                super::check_name(to, &at)?;
                if let Part::Type(_) = part
                    && Scalar::named(to).is_some()
                {
                    return Err(Problem::at(at, format!("`{to}` is the name of a scalar")));
                }
                if let Part::Value(..) = part
                    && ["true", "false", "null"].contains(&to)
                {
                    return Err(Problem::at(at, format!("`{to}` is no name of a value")));
                }
                let before = self.names.insert(part, (to.to_owned(), at));
                let clash = before.is_some().then_some("renamed twice");
                self.once(model, part, clash.or(self.hidden.get(&part).map(|_| HIDDEN)), place)
            }
            "hide" => {
                let part = Part::of(model, holder, used)?;
                let before = self.hidden.insert(part, place.clone());
                let clash = before.is_some().then_some("hidden twice");
                self.once(model, part, clash.or(self.names.get(&part).map(|_| HIDDEN)), place)
            }
            "move" => self.note_move(model, holder, used),
            "key" => {
                let Some((fields, at)) = used.string("fields") else { return Ok(()) };
                let Holder::Object(id) = holder else {
                    return Err(Problem::at(place, "a root is no entity"));
                };
                let key = key::read(model, id, fields, &at)?;
                self.keys.push((id, key, at));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn once(
        &self,
        model: &Model,
        part: Part,
        clash: Option<&str>,
        place: Place,
    ) -> Result<(), Problem> {
        match clash {
            Some(clash) => {
                Err(Problem::at(place, format!("`{}` is {clash}", part.describe(model))))
            }
            None => Ok(()),
        }
    }

    fn note_move(&mut self, model: &Model, holder: Holder, used: &Used) -> Result<(), Problem> {
        let (Some((name, at)), Some((to, to_place))) = (used.string("field"), used.string("to"))
        else {
            return Ok(());
        };
        let Holder::Root(from) = holder else {
            let message = "only fields of `Query` and `Mutation` can be moved";
            return Err(Problem::at(used.place(), message));
        };
        let Some(root) = ROOTS.into_iter().find(|root| root.type_name() == to) else {
            let message = format!("`{to}` is no root type");
            let hint = "a field can be moved to `Query` or `Mutation`";
            return Err(Problem::at(to_place, message).with_hint(hint));
        };
        let (id, index) = parts::object_field(model, holder, name, at.clone())?;
        if root == from {
            return Err(Problem::at(to_place, format!("`{name}` is there already")));
        }
        if from == Root::Subscription || root == Root::Subscription {
            let message = "what is a stream is a subscription, and nothing else is";
            return Err(Problem::at(to_place, message));
        }
        if self.moved.insert((id, index), (root, at)).is_some() {
            return Err(Problem::at(used.place(), format!("`{name}` is moved twice")));
        }
        Ok(())
    }

    /// Does it all. The fields that were added come back.
    pub fn apply(mut self, model: &mut Model, problems: &mut Problems) -> Vec<Added> {
        let hidden = self.hidden_types();
        self.print_keys(model, &hidden, problems);
        let added = self.objects(model, &hidden, problems);
        self.inputs(model, &hidden, problems);
        self.values(model, problems);
        self.unions(model, &hidden, problems);
        self.types(model, &hidden, problems);
        added
    }

    fn hidden_types(&self) -> HashSet<Named> {
        let types = self.hidden.keys().filter_map(|part| match part {
            Part::Type(named) => Some(*named),
            _ => None,
        });
        types.collect()
    }

    fn name(&self, part: Part, name: &str) -> String {
        self.names.get(&part).map_or_else(|| name.to_owned(), |(name, _)| name.clone())
    }

    fn print_keys(&self, model: &mut Model, hidden: &HashSet<Named>, problems: &mut Problems) {
        for (id, key, place) in &self.keys {
            let name = |id: ObjectId, index: usize| {
                let field = model.objects.get(id.0)?.fields.get(index)?;
                let part = Part::Field(id, index);
                let gone = self.hidden.contains_key(&part) || hidden.contains(&field.ty.named);
                (!gone).then(|| self.name(part, &field.name))
            };
            match key::print(key, &name) {
                Ok(key) => {
                    let Some(object) = model.objects.get_mut(id.0) else { continue };
                    if object.keys.contains(&key) {
                        problems.push(Problem::at(place.clone(), "this key stands here twice"));
                    } else {
                        object.keys.push(key);
                    }
                }
                Err((id, index)) => {
                    let field = Part::Field(id, index).describe(model);
                    let message = format!("the key has the field `{field}`, which is hidden");
                    problems.push(Problem::at(place.clone(), message));
                }
            }
        }
    }

    /// The names of types, and their sameness.
    fn types(&self, model: &mut Model, hidden: &HashSet<Named>, problems: &mut Problems) {
        let mut all: Vec<(Named, &mut String)> = Vec::new();
        all.extend((0..).zip(&mut model.objects).map(|(id, ty)| (object(id), &mut ty.name)));
        all.extend((0..).zip(&mut model.unions).map(|(id, ty)| (parts::union(id), &mut ty.name)));
        all.extend(
            (0..).zip(&mut model.enums).map(|(id, ty)| (parts::enumeration(id), &mut ty.name)),
        );
        all.extend((0..).zip(&mut model.inputs).map(|(id, ty)| (parts::input(id), &mut ty.name)));
        let mut taken: HashMap<String, Option<Place>> = HashMap::new();
        for (named, name) in all {
            let renamed = self.names.get(&Part::Type(named));
            if let Some((to, _)) = renamed {
                name.clone_from(to);
            }
            if hidden.contains(&named) {
                continue;
            }
            let place = renamed.map(|(_, place)| place.clone());
            if let Some(before) = taken.insert(name.clone(), place.clone())
                && let Some(place) = place.or(before)
            {
                problems.push(Problem::at(place, format!("there are two types `{name}`")));
            }
        }
    }
}

/// All of them.
pub const ROOTS: [Root; 3] = [Root::Query, Root::Mutation, Root::Subscription];

const HIDDEN: &str = "hidden, so that it has no name";

fn object(id: usize) -> Named {
    Named::Object(ObjectId(id))
}

/// The object of a root, made where it is not there.
fn root_object(model: &mut Model, root: Root) -> ObjectId {
    if let Some(id) = Holder::Root(root).object(model) {
        return id;
    }
    let id = ObjectId(model.objects.len());
    model.objects.push(Object {
        name: root.type_name().to_owned(),
        description: None,
        of: ObjectOf::Root,
        fields: Vec::new(),
        keys: Vec::new(),
    });
    match root {
        Root::Query => model.query = Some(id),
        Root::Mutation => model.mutation = Some(id),
        Root::Subscription => model.subscription = Some(id),
    }
    id
}
