//! Fields of one response name can be merged (section 5.3.2): those that may be asked of one object
//! are one field with one set of arguments, and all of them have values of one form.

use std::collections::{BTreeMap, HashSet};

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError};

use super::Known;
use crate::contract::graphql::{Named, TypeRef};

/// Tells each two fields of an operation that cannot be merged. Every field is looked at twice,
/// its fragments unfolded, however many have one name.
pub fn check(
    known: &Known,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    root: Option<&str>,
    errors: &mut Vec<ServerError>,
) {
    let mut walk = Walk { known, document, errors };
    let fields = walk.collect(&[(&operation.selection_set.node, root)]);
    let before = walk.errors.len();
    walk.fields(&fields);
    // Different fields mostly have different types, which need not be told as well.
    if walk.errors.len() == before {
        walk.values(&fields);
    }
}

/// A field where it is asked for.
#[derive(Clone, Copy)]
struct Use<'d> {
    parent: Option<&'d str>,
    field: &'d Positioned<Field>,
    ty: Option<TypeRef>,
}

type ByName<'d> = BTreeMap<&'d Name, Vec<Use<'d>>>;

struct Walk<'d> {
    known: &'d Known,
    document: &'d ExecutableDocument,
    errors: &'d mut Vec<ServerError>,
}

impl<'d> Walk<'d> {
    /// The fields of some selection sets together.
    fn collect(&self, sets: &[(&'d SelectionSet, Option<&'d str>)]) -> ByName<'d> {
        let mut fields = ByName::new();
        let mut seen = HashSet::new();
        let mut open: Vec<_> = sets.iter().rev().copied().collect();
        while let Some((set, parent)) = open.pop() {
            for selection in &set.items {
                match &selection.node {
                    Selection::Field(field) => {
                        let defined = self.known.field(parent, &field.node.name.node);
                        let ty = defined.map(|field| field.ty);
                        let name = &field.node.response_key().node;
                        fields.entry(name).or_default().push(Use { parent, field, ty });
                    }
                    Selection::InlineFragment(inline) => {
                        let condition = inline.node.type_condition.as_ref();
                        let on = condition.map(|condition| &*condition.node.on.node);
                        let on = on.map_or(parent, |on| self.known.composite(on));
                        open.push((&inline.node.selection_set.node, on));
                    }
                    Selection::FragmentSpread(spread) => {
                        let name = &spread.node.fragment_name.node;
                        let fragment = self.document.fragments.get(name);
                        if let Some(fragment) = fragment.filter(|_| seen.insert(name)) {
                            let on = &fragment.node.type_condition.node.on.node;
                            open.push((
                                &fragment.node.selection_set.node,
                                self.known.composite(on),
                            ));
                        }
                    }
                }
            }
        }
        fields
    }

    /// What is selected of some fields together.
    fn below(&self, uses: &[Use<'d>]) -> ByName<'d> {
        let below = uses.iter().map(|one| {
            let on = one.ty.map(|ty| self.known.name(ty.named));
            (&one.field.node.selection_set.node, on)
        });
        self.collect(&below.collect::<Vec<_>>())
    }

    /// `SameResponseShape`, of all objects alike.
    fn values(&mut self, fields: &ByName<'d>) {
        for (name, uses) in fields {
            let Some((first, others)) = uses.split_first() else { continue };
            for other in others {
                let (Some(one), Some(two)) = (first.ty, other.ty) else { continue };
                if !self.is_one_form(&one, &two) {
                    let types = [one, two].map(|ty| self.known.print(&ty));
                    let because = format!(
                        "they return conflicting types \"{}\" and \"{}\"",
                        types[0], types[1]
                    );
                    self.tell(name, first, other, &because);
                }
            }
            if uses.len() > 1 || !first.field.node.selection_set.node.items.is_empty() {
                let below = self.below(uses);
                self.values(&below);
            }
        }
    }

    fn is_one_form(&self, one: &TypeRef, two: &TypeRef) -> bool {
        let is_composite = |ty: &TypeRef| matches!(ty.named, Named::Object(_) | Named::Union(_));
        let items = |ty: &TypeRef| ty.list.map(|items| items.non_null);
        one.non_null == two.non_null
            && items(one) == items(two)
            && (one.named == two.named || (is_composite(one) && is_composite(two)))
    }

    /// What may be asked of one object must be the same.
    fn fields(&mut self, fields: &ByName<'d>) {
        for (name, uses) in fields {
            let mut groups: BTreeMap<Option<&str>, Vec<Use<'d>>> = BTreeMap::new();
            for one in uses {
                groups.entry(one.parent).or_default().push(*one);
            }
            // Only `__typename` is asked of a union, whose members have it, too.
            let of_union = uses.iter().find(|one| {
                let is_typename = one.field.node.name.node == "__typename";
                is_typename && one.parent.is_some_and(|parent| self.known.is_union(parent))
            });
            for group in groups.values() {
                let Some((first, others)) = group.split_first() else { continue };
                for (one, other) in others
                    .iter()
                    .map(|other| (first, other))
                    .chain(of_union.map(|one| (one, first)))
                {
                    let names = [one, other].map(|one| &one.field.node.name.node);
                    if names[0] != names[1] {
                        let because =
                            format!("\"{}\" and \"{}\" are different fields", names[0], names[1]);
                        self.tell(name, one, other, &because);
                    } else if !has_same_arguments(&one.field.node, &other.field.node) {
                        self.tell(name, one, other, "they have differing arguments");
                    }
                }
                let below = self.below(group);
                self.fields(&below);
            }
        }
    }

    fn tell(&mut self, name: &Name, one: &Use<'_>, other: &Use<'_>, because: &str) {
        let message = format!(
            "Fields \"{name}\" conflict because {because}. Use different aliases on the fields to \
             fetch both if this was intentional."
        );
        let mut error = ServerError::new(message, Some(one.field.pos));
        error.locations.push(other.field.pos);
        self.errors.push(error);
    }
}

fn has_same_arguments(one: &Field, other: &Field) -> bool {
    let value = |name: &Name| other.get_argument(name).map(|value| &value.node);
    one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|(name, given)| value(&name.node) == Some(&given.node))
}
