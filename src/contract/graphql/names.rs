//! Names: how those of the contract are written in GraphQL, and what happens where two are one.

use std::collections::{HashMap, HashSet};

/// Type names that messages and enums cannot have: those of roots, of scalars, and what the
/// execution of queries brings.
pub const RESERVED: &[&str] = &[
    "Query",
    "Mutation",
    "Subscription",
    "Int",
    "Float",
    "String",
    "Boolean",
    "ID",
    "Int64",
    "UInt64",
    "UInt32",
    "Bytes",
    "DateTime",
    "Duration",
    "JSON",
    "Upload",
    "Any",
    "FieldSet",
];

/// Whether GraphQL (section 2.1.9 of its specification) takes `text` for a name that a schema may
/// define.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !text.starts_with("__")
}

/// `product_id`, `ProductID` and `HTTPStatus` as `productId`, `productID` and `httpStatus`.
pub fn lower_camel(text: &str) -> String {
    let camel = join_words(text);
    let capitals = camel.chars().take_while(char::is_ascii_uppercase).count();
    // Of `HTTPStatus` the last capital begins the next word.
    let is_next = |c: char| c.is_ascii_lowercase();
    let lowered = match camel.chars().nth(capitals) {
        Some(c) if capitals > 1 && is_next(c) => capitals - 1,
        _ => capitals,
    };
    let lower = camel.chars().take(lowered).map(|c| c.to_ascii_lowercase());
    startable(lower.chain(camel.chars().skip(lowered)).collect())
}

/// `shop` and `price_change` as `Shop` and `PriceChange`.
pub fn upper_camel(text: &str) -> String {
    startable(capitalized(&join_words(text)))
}

/// What stands behind another name in one word.
pub fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Underscores gone, each letter behind one a capital.
fn join_words(text: &str) -> String {
    let mut words = text.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |joined, word| joined + &capitalized(word))
}

fn startable(text: String) -> String {
    match text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => text,
        false => format!("_{text}"),
    }
}

/// Names in one place, each given once.
#[derive(Debug, Default)]
pub struct Taken(HashSet<String>);

impl Taken {
    /// With names that nothing gets.
    pub fn with(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The first of `candidates` that is free; where none is, the last with underscores behind it.
    pub fn claim(&mut self, candidates: impl IntoIterator<Item = String>) -> String {
        let mut last = String::new();
        for candidate in candidates {
            if self.0.insert(candidate.clone()) {
                return candidate;
            }
            last = candidate;
        }
        loop {
            last.push('_');
            if self.0.insert(last.clone()) {
                return last;
            }
        }
    }
}

/// How long each thing's names must be for all to differ, as an index into its levels: `levels` has
/// for each thing the names that it takes at each level, the shortest first. Whatever clashes goes
/// up a level together, so that no name depends on what comes first.
pub fn settle(levels: &[Vec<Vec<String>>], is_reserved: impl Fn(&str) -> bool) -> Vec<usize> {
    let mut chosen = vec![0usize; levels.len()];
    loop {
        let mut users: HashMap<&str, Vec<usize>> = HashMap::new();
        for (thing, (names, level)) in levels.iter().zip(&chosen).enumerate() {
            for name in names.get(*level).into_iter().flatten() {
                users.entry(name).or_default().push(thing);
            }
        }
        let clashing =
            users.into_iter().filter(|(name, users)| users.len() > 1 || is_reserved(name));
        let clashing: HashSet<usize> = clashing.flat_map(|(_, users)| users).collect();
        let mut changed = false;
        for (thing, level) in chosen.iter_mut().enumerate() {
            let last = levels.get(thing).map_or(0, |names| names.len().saturating_sub(1));
            if clashing.contains(&thing) && *level < last {
                *level += 1;
                changed = true;
            }
        }
        if !changed {
            return chosen;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_as_people_would() {
        for (text, lower, upper) in [
            ("GetProduct", "getProduct", "GetProduct"),
            ("HTTPStatus", "httpStatus", "HTTPStatus"),
            ("GET", "get", "GET"),
            ("A", "a", "A"),
            ("ATeam", "aTeam", "ATeam"),
            ("product_id", "productId", "ProductId"),
            ("_private__thing_", "privateThing", "PrivateThing"),
            ("__type", "type", "Type"),
            ("_1st", "_1st", "_1st"),
            ("_", "_", "_"),
        ] {
            assert_eq!((lower_camel(text), upper_camel(text)), (lower.into(), upper.into()));
        }
    }

    #[test]
    fn graphql_keeps_two_underscores_for_itself() {
        assert!(is_name("_x") && is_name("x1") && is_name("_"));
        assert!(!is_name("__x") && !is_name("1x") && !is_name("") && !is_name("a-b"));
    }

    #[test]
    fn what_clashes_gets_longer_together() {
        let names = |levels: &[&str]| levels.iter().map(|name| vec![(*name).to_owned()]).collect();
        let levels = [names(&["a", "xa"]), names(&["a", "ya"]), names(&["b"]), names(&["q", "xq"])];
        assert_eq!(settle(&levels, |name| name == "q"), [1, 1, 0, 1]);
    }

    #[test]
    fn there_is_always_a_free_name() {
        let mut taken = Taken::with(&["a"]);
        let mut claim = |names: &[&str]| taken.claim(names.iter().map(|name| (*name).to_owned()));
        assert_eq!(claim(&["a", "b"]), "b");
        assert_eq!(claim(&["a", "b"]), "b_");
        assert_eq!(claim(&["a", "b"]), "b__");
    }
}
