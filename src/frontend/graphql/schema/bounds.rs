//! What a document may cost before it is checked: fragments that spread fragments unfold to far
//! more than was sent.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Pos, Positioned, ServerError};

use super::Options;

/// Refuses a document that is too large or too deep with its fragments unfolded, or whose fragments
/// have no end. Each fragment is walked once.
pub fn check(document: &ExecutableDocument, options: Options) -> Result<(), ServerError> {
    let mut walk = Walk { document, options, known: HashMap::new(), open: Vec::new() };
    let mut total = 0usize;
    for (_, operation) in document.operations.iter() {
        let unfolded = walk.unfold(&operation.node.selection_set, 0)?;
        total = total.saturating_add(unfolded.selections);
    }
    match total > options.selections {
        true => Err(too_many(total, options.selections, None)),
        false => Ok(()),
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Unfolded {
    selections: usize,
    depth: usize,
}

struct Walk<'d> {
    document: &'d ExecutableDocument,
    options: Options,
    known: HashMap<&'d Name, Unfolded>,
    open: Vec<&'d Name>,
}

impl<'d> Walk<'d> {
    fn unfold(
        &mut self,
        set: &'d Positioned<SelectionSet>,
        depth: usize,
    ) -> Result<Unfolded, ServerError> {
        self.deep_enough(depth, set.pos)?;
        let mut unfolded = Unfolded::default();
        for selection in &set.node.items {
            let below = match &selection.node {
                Selection::Field(field) if field.node.selection_set.node.items.is_empty() => {
                    Unfolded::default()
                }
                Selection::Field(field) => self.unfold(&field.node.selection_set, depth + 1)?,
                Selection::InlineFragment(inline) => {
                    self.unfold(&inline.node.selection_set, depth + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let below = self.fragment(name, spread.pos, depth + 1)?;
                    // It may have been walked nearer to the top.
                    self.deep_enough(depth + 1 + below.depth, spread.pos)?;
                    below
                }
            };
            let selections = unfolded.selections.saturating_add(below.selections);
            unfolded.selections = selections.saturating_add(1);
            unfolded.depth = unfolded.depth.max(below.depth + 1);
        }
        Ok(unfolded)
    }

    fn fragment(
        &mut self,
        name: &'d Name,
        pos: Pos,
        depth: usize,
    ) -> Result<Unfolded, ServerError> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        // That it is missing is told by the rules.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Unfolded::default());
        };
        if self.open.contains(&name) {
            let message = format!("Cannot spread fragment \"{name}\" within itself");
            return Err(ServerError::new(message, Some(pos)));
        }
        self.open.push(name);
        let unfolded = self.unfold(&fragment.node.selection_set, depth)?;
        self.open.pop();
        if unfolded.selections > self.options.selections {
            return Err(too_many(unfolded.selections, self.options.selections, Some(pos)));
        }
        self.known.insert(name, unfolded);
        Ok(unfolded)
    }

    fn deep_enough(&self, depth: usize, pos: Pos) -> Result<(), ServerError> {
        let most = self.options.depth;
        match depth > most {
            true => {
                let message = format!("the document is more than {most} selection sets deep");
                Err(ServerError::new(message, Some(pos)))
            }
            false => Ok(()),
        }
    }
}

fn too_many(count: usize, most: usize, pos: Option<Pos>) -> ServerError {
    let message = format!("the document has {count} selections, and {most} are the most");
    ServerError::new(message, pos)
}
