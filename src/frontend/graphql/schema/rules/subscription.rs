//! A subscription has one field (section 5.2.4.1).

use std::collections::HashSet;

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError};

/// Tells the second field of a subscription's root, by response name.
pub fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    errors: &mut Vec<ServerError>,
) {
    let mut names = HashSet::new();
    let (mut seen, mut open) = (HashSet::new(), vec![&operation.selection_set]);
    while let Some(set) = open.pop() {
        for selection in &set.node.items {
            let below: Option<&Positioned<SelectionSet>> = match &selection.node {
                Selection::Field(field) => {
                    let name: &Name = &field.node.response_key().node;
                    if names.insert(name) && names.len() == 2 {
                        let message = "A subscription must select only one top level field";
                        errors.push(ServerError::new(message, Some(field.pos)));
                    }
                    None
                }
                Selection::InlineFragment(inline) => Some(&inline.node.selection_set),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = document.fragments.get(name).filter(|_| seen.insert(name));
                    fragment.map(|fragment| &fragment.node.selection_set)
                }
            };
            open.extend(below);
        }
    }
}
