//! Files that change the schema: joins, names, what is hidden and what is moved.
//!
//! ```graphql
//! extend type Product {
//!   stock: Stock @call(
//!     operation: "shop.v1.InventoryService.GetStock"
//!     with: {product_id: "$parent.product_id"}
//!   )
//! }
//! ```
//!
//! All names in them are those that the contract alone gives. Everything is read first, and then
//! changed at once, so that no order matters, of files or in them.

mod batch;
mod change;
mod definitions;
mod join;
mod key;
mod lists;
mod literal;
mod operation;
mod parts;
mod path;
mod read;
mod request;
mod text;
mod types;

#[cfg(test)]
mod tests;

pub use definitions::TEXT as DIRECTIVES;

use crate::config::{Place, Problem, Problems};
use crate::contract::Contract;
use crate::contract::graphql::{Exposed, Model, Named, is_name};
use crate::contract::view::{JsonNames, View};

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    /// What problems call it.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// What fields can be made of.
struct Scope<'a> {
    contract: &'a Contract,
    exposed: &'a [Exposed],
    /// The contract's own names.
    view: View,
}

/// Changes `model`, which was made of `contract`, as `files` say. Calls go to what is
/// `exposed`. What is wrong is told, with its place, and left out.
pub fn apply(
    model: &mut Model,
    contract: &Contract,
    exposed: &[Exposed],
    files: &[File],
) -> Problems {
    let mut problems = Problems::default();
    if files.is_empty() {
        return problems;
    }
    let view = View::json(contract.shapes().clone(), JsonNames::default());
    let scope = Scope { contract, exposed, view };
    let texts: Vec<_> = files.iter().map(text::Text::new).collect();
    let mut changes = change::Changes::default();
    for text in &texts {
        read::file(&scope, model, text, &mut changes, &mut problems);
    }
    let added = changes.apply(model, &mut problems);
    for added in &added {
        for (ty, value, place) in &added.defaults {
            if let Err(message) = literal::check(model, &scope.view, *ty, value) {
                problems.push(Problem::at(place.clone(), message));
            }
        }
    }
    lists::warn(model, &added, &mut problems);
    rename(model);
    problems.sort();
    problems
}

/// Notes the names of all types anew: of those that clients see, so that a hidden one keeps no name.
fn rename(model: &mut Model) {
    let names: Vec<_> = model
        .visible()
        .into_iter()
        .filter(|named| !matches!(named, Named::Scalar(_)))
        .map(|named| (model.name(named).to_owned(), named))
        .collect();
    model.names.clear();
    model.names.extend(names);
}

/// Sees that a schema may define `name`: GraphQL, section 2.1.9 of its specification.
fn check_name(name: &str, place: &Place) -> Result<(), Problem> {
    if is_name(name) {
        return Ok(());
    }
    let hint = "a name is made of letters, digits and underscores; no digit comes first, and no two \
                underscores do";
    Err(Problem::at(place.clone(), format!("`{name}` is no name")).with_hint(hint))
}
