//! What async-graphql's validation does not see: the directives of `__typename`. A variable that
//! only they use counts as unused there.

use async_graphql::ServerError;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql_value::Value;

/// Whether `error` says of a variable that it is not used, and a `__typename` uses it.
pub fn is_no_mistake(document: &ExecutableDocument, error: &ServerError) -> bool {
    let Some(rest) = error.message.strip_prefix("Variable \"$") else { return false };
    let Some((name, said)) = rest.split_once('"') else { return false };
    if !said.contains("is not used") {
        return false;
    }
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).any(|set| uses(&set.node, name))
}

fn uses(set: &SelectionSet, variable: &str) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) if field.node.name.node == "__typename" => {
            field.node.directives.iter().any(|directive| {
                let condition = directive.node.get_argument("if").map(|value| &value.node);
                matches!(condition, Some(Value::Variable(name)) if name == variable)
            })
        }
        Selection::Field(field) => uses(&field.node.selection_set.node, variable),
        Selection::InlineFragment(fragment) => uses(&fragment.node.selection_set.node, variable),
        Selection::FragmentSpread(_) => false,
    })
}
