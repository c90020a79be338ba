//! Which fields are asked of an object (GraphQL specification, section 6.3.2).

use async_graphql::Positioned;
use async_graphql::parser::types::{Selection, SelectionSet};

use super::{Merged, Planner};
use crate::contract::graphql::{Named, Object};
use crate::frontend::graphql::engine::document::is_included;

impl<'a> Planner<'a> {
    /// All that the selection sets ask of an object, by response name in the order of its first
    /// mention.
    pub(super) fn collect(&self, object: &Object, sets: &[&'a SelectionSet]) -> Vec<Merged<'a>> {
        let mut merged = Vec::new();
        let mut visited = Vec::new();
        for set in sets {
            self.collect_set(object, set, &mut visited, &mut merged);
        }
        merged
    }

    fn collect_set(
        &self,
        object: &Object,
        set: &'a SelectionSet,
        visited: &mut Vec<&'a str>,
        merged: &mut Vec<Merged<'a>>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    if is_included(&field.node.directives, self.variables) {
                        add(field, merged);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let applies = condition.is_none_or(|condition| {
                        self.applies(object, condition.node.on.node.as_str())
                    });
                    if applies && is_included(&fragment.node.directives, self.variables) {
                        let set = &fragment.node.selection_set.node;
                        self.collect_set(object, set, visited, merged);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if !is_included(&spread.node.directives, self.variables)
                        || visited.contains(&name)
                    {
                        continue;
                    }
                    visited.push(name);
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if self.applies(object, fragment.node.type_condition.node.on.node.as_str()) {
                        let set = &fragment.node.selection_set.node;
                        self.collect_set(object, set, visited, merged);
                    }
                }
            }
        }
    }

    /// Whether an object is of the type that a fragment is on.
    fn applies(&self, object: &Object, on: &str) -> bool {
        if object.name == on || (on == "_Entity" && !object.keys.is_empty()) {
            return true;
        }
        let model = &self.schema.model;
        let Some(Named::Union(id)) = model.names.get(on) else { return false };
        let Some(union) = model.unions.get(id.0) else { return false };
        union.members.iter().any(|(_, member)| {
            model.objects.get(member.0).is_some_and(|member| member.name == object.name)
        })
    }
}

fn add<'a>(
    field: &'a Positioned<async_graphql::parser::types::Field>,
    merged: &mut Vec<Merged<'a>>,
) {
    let name = field.node.response_key().node.as_str();
    match merged.iter_mut().find(|other| &*other.name == name) {
        Some(other) => other.asked.push(field),
        None => merged.push(Merged { name: name.into(), asked: vec![field] }),
    }
}
