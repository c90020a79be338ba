//! Joins that cost a call for each item of a list.

use std::collections::HashMap;

use super::change::Added;
use crate::config::{Problem, Problems};
use crate::contract::graphql::{Model, Named, ObjectId, Source, Value};

/// Warns of every join without a batch that is reached inside of a list.
pub fn warn(model: &Model, added: &[Added], problems: &mut Problems) {
    let lists = lists(model);
    for added in added {
        let Some(id) = added.holder.object(model) else { continue };
        let Some(object) = model.objects.get(id.0) else { continue };
        let Some(list) = lists.get(&id) else { continue };
        let field = object.fields.iter().find(|field| field.name == added.name);
        let Some(Source::Call(call)) = field.map(|field| &field.source) else { continue };
        // What takes nothing from the object is asked once.
        let differs = call.bindings.iter().any(|binding| matches!(binding.value, Value::Parent(_)));
        if call.batch.is_none() && differs {
            let message = format!(
                "each item of a list costs a call: `{}` is reached through `{list}`",
                object.name
            );
            let hint = "add `@batch` with an operation that takes many keys";
            problems.push(Problem::at(added.place.clone(), message).warning().with_hint(hint));
        }
    }
}

/// The objects that are reached inside of a list, each with the field that is the list.
fn lists(model: &Model) -> HashMap<ObjectId, String> {
    let mut in_lists: HashMap<ObjectId, String> = HashMap::new();
    let mut seen = std::collections::HashSet::new();
    let mut open: Vec<(Named, Option<String>)> = [model.query, model.mutation, model.subscription]
        .into_iter()
        .flatten()
        .map(|root| (Named::Object(root), None))
        .collect();
    while let Some((named, list)) = open.pop() {
        // In a list and outside of one are two things.
        if !seen.insert((named, list.is_some())) {
            continue;
        }
        match named {
            Named::Object(id) => {
                let Some(object) = model.objects.get(id.0) else { continue };
                if let Some(list) = &list {
                    in_lists.entry(id).or_insert_with(|| list.clone());
                }
                for field in &object.fields {
                    let here = || format!("{}.{}", object.name, field.name);
                    let list = list.clone().or_else(|| field.ty.list.map(|_| here()));
                    open.push((field.ty.named, list));
                }
            }
            Named::Union(id) => {
                let members = model.unions.get(id.0).into_iter().flat_map(|union| &union.members);
                open.extend(members.map(|(_, id)| (Named::Object(*id), list.clone())));
            }
            Named::Scalar(_) | Named::Enum(_) | Named::Input(_) => {}
        }
    }
    in_lists
}
