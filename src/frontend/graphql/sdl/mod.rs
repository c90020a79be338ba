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

mod change;
mod definitions;
mod join;
mod key;
mod lists;
mod literal;
mod parts;
mod path;
mod prune;
mod read;
mod request;
mod root;
mod text;
mod types;

pub use definitions::TEXT as DIRECTIVES;

use std::sync::Arc;

use crate::config::{Place, Problem, Problems};
use crate::contract::graphql::Model;
use crate::contract::view::{JsonNames, View};
use crate::contract::{Contract, Operation};

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
    operations: &'a [Arc<Operation>],
    /// The contract's own names.
    view: View,
}

/// Changes `model`, which was made of `contract`, as `files` say. Calls go to `operations`, which
/// are those that clients may reach. What is wrong is told, with its place, and left out.
pub fn apply(
    model: &mut Model,
    contract: &Contract,
    operations: &[Arc<Operation>],
    files: &[File],
) -> Problems {
    let mut problems = Problems::default();
    if files.is_empty() {
        return problems;
    }
    let view = View::json(contract.shapes().clone(), JsonNames::default());
    let scope = Scope { contract, operations, view };
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
    prune::prune(model);
    problems.sort();
    problems
}

/// Sees that a schema may define `name`: GraphQL, section 2.1.9 of its specification.
fn check_name(name: &str, place: &Place) -> Result<(), Problem> {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name =
        name.starts_with(begins) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        let message = format!("`{name}` is no name");
        let hint = "a name is made of letters, digits and underscores, and no digit comes first";
        return Err(Problem::at(place.clone(), message).with_hint(hint));
    }
    if name.starts_with("__") {
        let message =
            format!("`{name}` starts with two underscores, which GraphQL keeps for itself");
        return Err(Problem::at(place.clone(), message));
    }
    Ok(())
}
