//! The values of a query's variables (GraphQL specification, section 6.1.2).

use async_graphql::parser::types::{BaseType, Type, VariableDefinition};
use async_graphql::{Positioned, Variables};

use super::errors;
use crate::contract::graphql::Model;
use crate::frontend::graphql::answer::{Answer, Verdict};
use crate::frontend::graphql::input;

/// The variables of an operation with the values that the client gave them, or their defaults. One
/// that has neither is not in the result. What the operation does not declare is left out.
pub fn coerce(
    model: &Model,
    definitions: &[Positioned<VariableDefinition>],
    mut given: Variables,
) -> Result<Variables, Answer> {
    let mut coerced = Variables::default();
    for definition in definitions {
        let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
        let value = given.remove(&name.node);
        let default = default_value.as_ref().map(|value| &value.node);
        // A federation's representations are what they are: `entities` reads them.
        if is_any(&var_type.node) {
            if let Some(value) = value.or_else(|| default.cloned()) {
                coerced.insert(name.node.clone(), value);
            }
            continue;
        }
        match input::coerce(model, &var_type.node, value, default) {
            Ok(Some(value)) => {
                coerced.insert(name.node.clone(), value);
            }
            Ok(None) => {}
            Err(error) => {
                let message = format!("variable ${}: {error}", name.node);
                let position = Some(definition.pos);
                let code = errors::BAD_USER_INPUT;
                return Err(errors::refused(Verdict::Invalid, code, &message, position));
            }
        }
    }
    Ok(coerced)
}

fn is_any(ty: &Type) -> bool {
    match &ty.base {
        BaseType::Named(name) => name == "_Any",
        BaseType::List(item) => is_any(item),
    }
}
