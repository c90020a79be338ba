//! All variable usages are allowed (section 5.8.5).

use std::collections::HashSet;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type,
    VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, ServerError};
use async_graphql_value::{ConstValue, Value};

use super::Known;
use super::known::Place;
use crate::contract::graphql::{Named, Scalar, TypeRef};

/// Tells each variable of an operation that stands where its type does not fit.
pub fn check(
    known: &Known,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    root: Option<&str>,
    errors: &mut Vec<ServerError>,
) {
    if operation.variable_definitions.is_empty() {
        return;
    }
    let mut walk = Walk { known, document, operation, seen: HashSet::new(), errors };
    walk.directives(&operation.directives);
    walk.selections(&operation.selection_set.node, root);
}

struct Walk<'d> {
    known: &'d Known,
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    seen: HashSet<&'d Name>,
    errors: &'d mut Vec<ServerError>,
}

/// The condition of `@skip` and `@include`.
const CONDITION: Place = Place {
    ty: TypeRef { named: Named::Scalar(Scalar::Boolean), list: None, non_null: true },
    has_default: false,
};

impl<'d> Walk<'d> {
    fn selections(&mut self, set: &'d SelectionSet, parent: Option<&'d str>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    self.directives(&field.directives);
                    let defined = self.known.field(parent, &field.name.node);
                    for (name, value) in &field.arguments {
                        let place = defined.and_then(|field| field.arguments.get(&*name.node));
                        if let Some(place) = place {
                            self.value(&value.node, value.pos, *place, false);
                        }
                    }
                    let below = defined.map(|field| self.known.name(field.ty.named));
                    self.selections(&field.selection_set.node, below);
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives);
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map(|condition| &*condition.node.on.node);
                    let on = on.map_or(parent, |on| self.known.composite(on));
                    self.selections(&inline.node.selection_set.node, on);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives);
                    let name = &spread.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if self.seen.insert(name) {
                        self.directives(&fragment.node.directives);
                        let on = self.known.composite(&fragment.node.type_condition.node.on.node);
                        self.selections(&fragment.node.selection_set.node, on);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        for (_, value) in directives.iter().flat_map(|directive| &directive.node.arguments) {
            self.value(&value.node, value.pos, CONDITION, false);
        }
    }

    /// `must_be_given`: it is the field of a `@oneOf` input, which may not be null.
    fn value(&mut self, value: &Value, pos: Pos, place: Place, must_be_given: bool) {
        match value {
            Value::Variable(name) => self.variable(name, pos, place, must_be_given),
            Value::List(values) => {
                let Some(items) = place.ty.list else { return };
                let ty = TypeRef { list: None, non_null: items.non_null, ..place.ty };
                for value in values {
                    self.value(value, pos, Place { ty, has_default: false }, false);
                }
            }
            Value::Object(values) => {
                let Named::Input(id) = place.ty.named else { return };
                let Some(input) = self.known.input(id) else { return };
                for (name, value) in values {
                    if let Some(place) = input.fields.get(&**name) {
                        self.value(value, pos, *place, input.one_of);
                    }
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &Name, pos: Pos, place: Place, must_be_given: bool) {
        let definitions = &self.operation.variable_definitions;
        let defined = definitions.iter().find(|defined| defined.node.name.node == *name);
        let Some(defined) = defined else { return };
        let definition = &defined.node;
        if !is_allowed(self.known, definition, place) {
            let (ty, expected) = (&definition.var_type.node, self.known.print(&place.ty));
            let message = format!(
                "Variable \"${name}\" of type \"{ty}\" used in position expecting type \
                 \"{expected}\""
            );
            self.tell(message, defined.pos, pos);
        } else if must_be_given && definition.var_type.node.nullable {
            let message = format!(
                "Variable \"${name}\" must be of type \"{}!\" to be the field of a OneOf input \
                 object",
                definition.var_type.node
            );
            self.tell(message, defined.pos, pos);
        }
    }

    fn tell(&mut self, message: String, defined: Pos, used: Pos) {
        let mut error = ServerError::new(message, Some(defined));
        error.locations.push(used);
        self.errors.push(error);
    }
}

/// `IsVariableUsageAllowed` of the specification.
fn is_allowed(known: &Known, definition: &VariableDefinition, place: Place) -> bool {
    let given = &definition.var_type.node;
    let default = definition.default_value.as_ref().map(|value| &value.node);
    let has_value = default.is_some_and(|value| *value != ConstValue::Null);
    if place.ty.non_null && given.nullable && !has_value && !place.has_default {
        return false;
    }
    match (&given.base, place.ty.list) {
        (BaseType::Named(name), None) => known.name(place.ty.named) == name.as_str(),
        (BaseType::List(item), Some(items)) => {
            let fits = !items.non_null || !item.nullable;
            fits && is_named(item, known.name(place.ty.named))
        }
        _ => false,
    }
}

fn is_named(ty: &Type, expected: &str) -> bool {
    matches!(&ty.base, BaseType::Named(name) if name.as_str() == expected)
}
