//! What a query may cost, and the error that says which limit it has passed.

use std::collections::HashMap;
use std::fmt;

use async_graphql::parser::types::{
    ExecutableDocument, FragmentDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};

/// What a query may cost. Every limit is finite.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a document.
    pub document: usize,
    /// Tokens of a document.
    pub tokens: usize,
    /// Fields within fields.
    pub depth: usize,
    /// Fields with an alias, fragments counted wherever they are spread.
    pub aliases: usize,
    /// Fields of the root.
    pub root_fields: usize,
    /// The cost of a query; see the user's documentation for how it is reckoned.
    pub complexity: u64,
    /// Calls under way at once for one request.
    pub calls: usize,
    /// How many documents are kept with their plans.
    pub plans: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: 64 << 10,
            tokens: 4000,
            depth: 15,
            aliases: 30,
            root_fields: 20,
            complexity: 10_000,
            calls: 16,
            plans: 1000,
        }
    }
}

/// A limit that a query has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    limit: &'static str,
    unit: &'static str,
    most: u64,
    found: u64,
}

impl Exceeded {
    /// `found` of `unit` where `limit` allows `most`.
    pub fn new(limit: &'static str, unit: &'static str, most: usize, found: usize) -> Self {
        let number = |value| u64::try_from(value).unwrap_or(u64::MAX);
        Self { limit, unit, most: number(most), found: number(found) }
    }

    /// The same of a cost.
    pub fn complexity(most: u64, found: u64) -> Self {
        Self { limit: "complexity", unit: "units of cost", most, found }
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, unit, most, found } = self;
        write!(f, "the document has {found} {unit}, and the limit `{limit}` is {most}")
    }
}

/// Why a document is not even validated.
#[derive(Debug, PartialEq, Eq)]
pub enum Unbounded {
    /// A limit is passed.
    Exceeded(Exceeded),
    /// A fragment leads back to itself.
    Cycle(String),
    /// Fragments lead to fragments too often.
    Chain,
}

/// Fragments that lead to fragments: each is a level of recursion for whoever follows them.
const LONGEST_CHAIN: usize = 64;

/// Sees that no operation of the document passes a limit, fragments counted wherever they are
/// spread. Takes time in proportion to the document, whatever it expands to.
pub fn bound(document: &ExecutableDocument, limits: &Limits) -> Result<(), Unbounded> {
    let mut measure = Measure { fragments: &document.fragments, known: HashMap::new() };
    for (_, operation) in document.operations.iter() {
        let size = measure.set(&operation.node.selection_set.node, 0)?;
        for (limit, unit, most, found) in [
            ("root_fields", "fields at its root", limits.root_fields, size.roots),
            ("depth", "levels of fields", limits.depth, size.depth),
            ("aliases", "aliases", limits.aliases, size.aliases),
        ] {
            if found > most {
                return Err(Unbounded::Exceeded(Exceeded::new(limit, unit, most, found)));
            }
        }
        // Each field costs at least one.
        if size.fields > limits.complexity {
            return Err(Unbounded::Exceeded(Exceeded::complexity(limits.complexity, size.fields)));
        }
    }
    // Those that no operation spreads are validated, too.
    for name in document.fragments.keys() {
        measure.fragment(name, 0)?;
    }
    Ok(())
}

/// What a selection set comes to.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    roots: usize,
    depth: usize,
    aliases: usize,
    fields: u64,
}

struct Measure<'d> {
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None` while it is being measured.
    known: HashMap<&'d str, Option<Size>>,
}

impl<'d> Measure<'d> {
    fn set(&mut self, set: &'d SelectionSet, chain: usize) -> Result<Size, Unbounded> {
        let mut size = Size::default();
        for selection in &set.items {
            let part = match &selection.node {
                Selection::Field(field) => {
                    let below = self.set(&field.node.selection_set.node, chain)?;
                    Size {
                        roots: 1,
                        depth: below.depth + 1,
                        aliases: below
                            .aliases
                            .saturating_add(usize::from(field.node.alias.is_some())),
                        fields: below.fields.saturating_add(1),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.set(&fragment.node.selection_set.node, chain)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, chain)?
                }
            };
            size = Size {
                roots: size.roots.saturating_add(part.roots),
                depth: size.depth.max(part.depth),
                aliases: size.aliases.saturating_add(part.aliases),
                fields: size.fields.saturating_add(part.fields),
            };
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &Name, chain: usize) -> Result<Size, Unbounded> {
        match self.known.get(name.as_str()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Unbounded::Cycle(name.to_string())),
            None => {}
        }
        // One that does not exist is for the validation to tell.
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        if chain == LONGEST_CHAIN {
            return Err(Unbounded::Chain);
        }
        self.known.insert(name, None);
        let size = self.set(&fragment.node.selection_set.node, chain + 1)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

impl fmt::Display for Unbounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exceeded(exceeded) => exceeded.fmt(f),
            Self::Cycle(name) => write!(f, "fragment {name} spreads itself"),
            Self::Chain => write!(f, "more than {LONGEST_CHAIN} fragments spread one another"),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::{Limits, bound};

    fn refusal(document: &str) -> Option<String> {
        let limits =
            Limits { depth: 4, aliases: 3, root_fields: 3, complexity: 1000, ..Limits::default() };
        bound(&parse_query(document).unwrap(), &limits).err().map(|refused| refused.to_string())
    }

    #[test]
    fn each_limit_says_its_name_and_what_was_found() {
        for (document, expected) in [
            ("{a{b{c{d}}}}", None),
            (
                "{a{b{c{d{e}}}}}",
                Some("the document has 5 levels of fields, and the limit `depth` is 4"),
            ),
            (
                "{a b c d}",
                Some("the document has 4 fields at its root, and the limit `root_fields` is 3"),
            ),
            (
                "{a{w:b x:b y:b z:b}}",
                Some("the document has 4 aliases, and the limit `aliases` is 3"),
            ),
            (
                "{a{...F ...F}} fragment F on T {x:b y:b}",
                Some("the document has 4 aliases, and the limit `aliases` is 3"),
            ),
            ("{a{...F}} fragment F on T {b{...F}}", Some("fragment F spreads itself")),
            ("{a} fragment F on T {b{...G}} fragment G on T {...F}", Some("spreads itself")),
            ("{a{...Nowhere}}", None),
        ] {
            let refused = refusal(document);
            match expected {
                None => assert_eq!(refused, None, "{document}"),
                Some(part) => assert!(refused.unwrap().contains(part), "{document}"),
            }
        }
    }

    #[test]
    fn fragments_that_double_are_measured_at_once() {
        let mut document = String::from("{a{...F0}}");
        for index in 0..60 {
            let next = index + 1;
            document += &format!(" fragment F{index} on T {{...F{next} ...F{next}}}");
        }
        document += " fragment F60 on T {b}";
        let refused = refusal(&document).unwrap();
        assert!(refused.contains("the limit `complexity` is 1000"), "{refused}");
    }

    #[test]
    fn chain_of_fragments_is_refused() {
        let mut document = String::from("{a{...F0}}");
        for index in 0..70 {
            document += &format!(" fragment F{index} on T {{...F{}}}", index + 1);
        }
        document += " fragment F70 on T {b}";
        assert_eq!(refusal(&document).unwrap(), "more than 64 fragments spread one another");
    }
}
