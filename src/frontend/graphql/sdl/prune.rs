//! Types that nothing leads to any more are taken out, so that they tell nobody of what is hidden.

use std::collections::{HashMap, HashSet};

use crate::contract::graphql::{EnumTypeId, InputId, Model, Named, ObjectId, TypeRef, UnionId};

/// Keeps the types that are reached from the roots and from entities, and names them anew.
pub fn prune(model: &mut Model) {
    let reached = reached(model);
    let mut moved = Moved::default();
    keep(&mut model.objects, &mut moved.objects, |id| {
        reached.contains(&Named::Object(ObjectId(id)))
    });
    keep(&mut model.unions, &mut moved.unions, |id| reached.contains(&Named::Union(UnionId(id))));
    keep(&mut model.enums, &mut moved.enums, |id| reached.contains(&Named::Enum(EnumTypeId(id))));
    keep(&mut model.inputs, &mut moved.inputs, |id| reached.contains(&Named::Input(InputId(id))));

    for object in &mut model.objects {
        for field in &mut object.fields {
            moved.ty(&mut field.ty);
            field.arguments.iter_mut().for_each(|argument| moved.ty(&mut argument.ty));
        }
    }
    for union in &mut model.unions {
        union.members.iter_mut().for_each(|(_, id)| *id = moved.object(*id));
    }
    for input in &mut model.inputs {
        input.fields.iter_mut().for_each(|(field, _)| moved.ty(&mut field.ty));
    }
    for root in [&mut model.query, &mut model.mutation, &mut model.subscription] {
        *root = root.map(|id| moved.object(id));
    }

    // Where scalars are among the names, they stay.
    model.names.retain(|_, named| matches!(named, Named::Scalar(_)));
    let objects = model.objects.iter().map(|ty| ty.name.clone());
    let objects = objects.zip((0..).map(|id| Named::Object(ObjectId(id))));
    let unions = model.unions.iter().map(|ty| ty.name.clone());
    let unions = unions.zip((0..).map(|id| Named::Union(UnionId(id))));
    let enums = model.enums.iter().map(|ty| ty.name.clone());
    let enums = enums.zip((0..).map(|id| Named::Enum(EnumTypeId(id))));
    let inputs = model.inputs.iter().map(|ty| ty.name.clone());
    let inputs = inputs.zip((0..).map(|id| Named::Input(InputId(id))));
    model.names.extend(objects.chain(unions).chain(enums).chain(inputs));
}

fn reached(model: &Model) -> HashSet<Named> {
    let roots = [model.query, model.mutation, model.subscription].into_iter().flatten();
    let entities = model.objects.iter().zip(0..).filter(|(object, _)| !object.keys.is_empty());
    let entities = entities.map(|(_, id)| ObjectId(id));
    let mut open: Vec<Named> = roots.chain(entities).map(Named::Object).collect();
    let mut reached = HashSet::new();
    while let Some(named) = open.pop() {
        if !reached.insert(named) {
            continue;
        }
        match named {
            Named::Object(id) => {
                let fields = model.objects.get(id.0).into_iter().flat_map(|object| &object.fields);
                for field in fields {
                    open.push(field.ty.named);
                    open.extend(field.arguments.iter().map(|argument| argument.ty.named));
                }
            }
            Named::Union(id) => {
                let members = model.unions.get(id.0).into_iter().flat_map(|union| &union.members);
                open.extend(members.map(|(_, id)| Named::Object(*id)));
            }
            Named::Input(id) => {
                let fields = model.inputs.get(id.0).into_iter().flat_map(|input| &input.fields);
                open.extend(fields.map(|(field, _)| field.ty.named));
            }
            Named::Scalar(_) | Named::Enum(_) => {}
        }
    }
    reached
}

/// Keeps some of the types, and notes where each went.
fn keep<T>(types: &mut Vec<T>, moved: &mut HashMap<usize, usize>, is_kept: impl Fn(usize) -> bool) {
    let mut old = 0..;
    types.retain(|_| {
        let old = old.next().unwrap_or_default();
        let kept = is_kept(old);
        if kept {
            moved.insert(old, moved.len());
        }
        kept
    });
}

/// Where types went.
#[derive(Default)]
struct Moved {
    objects: HashMap<usize, usize>,
    unions: HashMap<usize, usize>,
    enums: HashMap<usize, usize>,
    inputs: HashMap<usize, usize>,
}

impl Moved {
    fn object(&self, id: ObjectId) -> ObjectId {
        ObjectId(at(&self.objects, id.0))
    }

    fn ty(&self, ty: &mut TypeRef) {
        ty.named = match ty.named {
            Named::Scalar(scalar) => Named::Scalar(scalar),
            Named::Object(id) => Named::Object(self.object(id)),
            Named::Union(id) => Named::Union(UnionId(at(&self.unions, id.0))),
            Named::Enum(id) => Named::Enum(EnumTypeId(at(&self.enums, id.0))),
            Named::Input(id) => Named::Input(InputId(at(&self.inputs, id.0))),
        };
    }
}

/// What is reached was kept, so that its new place is known.
fn at(moved: &HashMap<usize, usize>, id: usize) -> usize {
    moved.get(&id).copied().unwrap_or(id)
}
