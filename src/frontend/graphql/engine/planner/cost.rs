//! What a query costs, before it is run.

use async_graphql::parser::types::Field as Asked;
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};

use super::Cost;
use crate::contract::graphql::Field;

/// What a call costs beside its fields.
pub const CALL: u64 = 10;

/// How many items a list is taken to have where nothing says it.
const USUAL: u64 = 10;

/// Arguments that say how long a list may be.
const SIZES: [&str; 9] =
    ["pageSize", "page_size", "first", "last", "limit", "size", "count", "top", "maxResults"];

/// How long the lists of a call are, as its arguments say.
pub enum Size {
    /// Nothing is said.
    Usual,
    /// That long.
    Given(u64),
    /// As long as that variable says.
    Variable(Name),
}

impl Size {
    /// What the arguments of a field say.
    pub fn of(asked: &Positioned<Asked>) -> Self {
        for (name, value) in &asked.node.arguments {
            if !SIZES.contains(&name.node.as_str()) {
                continue;
            }
            match &value.node {
                Value::Number(number) => {
                    // What is asked for by 0 is the service's usual.
                    return match number.as_u64() {
                        Some(0) | None => Self::Usual,
                        Some(size) => Self::Given(size),
                    };
                }
                Value::Variable(name) => return Self::Variable(name.clone()),
                _ => {}
            }
        }
        Self::Usual
    }
}

/// How many items a list that is given has.
pub fn given(list: &Value, variables: &Variables) -> u64 {
    let count = match list {
        Value::List(items) => items.len(),
        Value::Variable(name) => match variables.get(name) {
            Some(ConstValue::List(items)) => items.len(),
            _ => 1,
        },
        _ => 1,
    };
    u64::try_from(count).unwrap_or(u64::MAX).max(1)
}

/// The cost of a field's values where one costs `each`.
pub fn of_list(field: &Field, each: Cost, size: Option<&Size>) -> Cost {
    if field.ty.list.is_none() {
        return each;
    }
    match size {
        Some(Size::Given(size)) => each.times(*size),
        Some(Size::Variable(name)) => Cost { fixed: 0, lists: vec![(name.clone(), USUAL, each)] },
        Some(Size::Usual) | None => each.times(USUAL),
    }
}
