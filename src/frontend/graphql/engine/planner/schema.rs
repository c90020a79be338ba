//! Documents that the schema answers itself.

use std::collections::HashSet;

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;

use crate::frontend::graphql::engine::document::Document;

/// A document of these fields of the root alone, with the fragments and variables that they use.
pub fn alone(document: &Document, asked: &[&Positioned<Field>]) -> ExecutableDocument {
    let mut used = Used { document, fragments: HashSet::new(), variables: HashSet::new() };
    for field in asked {
        used.field(&field.node);
    }
    let Used { fragments, variables, .. } = used;
    let mut operation = document.operation.clone();
    let selection =
        |field: &&Positioned<Field>| Positioned::new(Selection::Field((*field).clone()), field.pos);
    operation.node.selection_set.node.items = asked.iter().map(selection).collect();
    operation.node.directives.clear();
    operation
        .node
        .variable_definitions
        .retain(|definition| variables.contains(definition.node.name.node.as_str()));
    let fragments = document.fragments.iter().filter(|(name, _)| fragments.contains(name.as_str()));
    ExecutableDocument {
        operations: DocumentOperations::Single(operation),
        fragments: fragments.map(|(name, fragment)| (name.clone(), fragment.clone())).collect(),
    }
}

struct Used<'d> {
    document: &'d Document,
    fragments: HashSet<&'d str>,
    variables: HashSet<String>,
}

impl<'d> Used<'d> {
    fn field(&mut self, field: &Field) {
        for (_, value) in &field.arguments {
            self.value(&value.node);
        }
        self.directives(&field.directives);
        self.set(&field.selection_set.node);
    }

    fn set(&mut self, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(&field.node),
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives);
                    self.set(&fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives);
                    self.fragment(&spread.node.fragment_name.node);
                }
            }
        }
    }

    fn fragment(&mut self, name: &Name) {
        let found: Option<(&'d Name, &'d Positioned<FragmentDefinition>)> =
            self.document.fragments.get_key_value(name);
        if let Some((name, fragment)) = found
            && self.fragments.insert(name)
        {
            self.directives(&fragment.node.directives);
            self.set(&fragment.node.selection_set.node);
        }
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        for (_, value) in directives.iter().flat_map(|directive| &directive.node.arguments) {
            self.value(&value.node);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => {
                self.variables.insert(name.to_string());
            }
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values().for_each(|value| self.value(value)),
            _ => {}
        }
    }
}
